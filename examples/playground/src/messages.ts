import { byId } from './dom.ts';

const box = byId('message', HTMLDivElement);
const text = byId('message-text', HTMLParagraphElement);
const status = byId('status', HTMLParagraphElement);

byId('message-close', HTMLButtonElement).addEventListener('click', () => quiet());

/** An error, where the user sees it, with the name of what it is about. */
export function tell(error: unknown, about?: string): void {
  const message = error instanceof Error ? error.message : String(error);
  text.textContent = about === undefined ? message : `${about}: ${message}`;
  box.hidden = false;
  box.scrollIntoView({ block: 'nearest' });
}

export function quiet(): void {
  box.hidden = true;
  text.textContent = '';
}

/** What is going on. */
export function say(what: string): void {
  status.textContent = what;
}
