import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** Real networks and pictures, on machines that have them. */
export const shared = join(root, '../shared');
export const hasShared = existsSync(join(shared, 'models/squeezenet1.1.onnx'));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command from its source, as a user would from a shell. `interrupt`: Ctrl-C after so many milliseconds; `deaf`: nobody reads what it prints.
 */
export function sightline(
  words: readonly string[],
  { interrupt, deaf = false }: { interrupt?: number; deaf?: boolean } = {},
): Promise<Outcome> {
  const source = ['--conditions=@sightline/source', '--import', 'tsx', 'packages/cli/src/cli.ts'];
  const child = spawn(process.execPath, [...source, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  if (deaf) child.stdout.destroy();
  if (interrupt !== undefined) setTimeout(() => child.kill('SIGINT'), interrupt);
  return new Promise((done, failed) => {
    child.on('error', failed);
    // A signal that comes before the command listens ends it all the same; a shell then says 128 + its number.
    child.on('close', (code, signal) => done({ code: signal === 'SIGINT' ? 130 : code, stdout, stderr }));
  });
}

/** The same, for a run that must succeed: its JSON. */
export async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await sightline([...words, '--json']);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr.slice(0, 500)}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A folder of its own for a test file, gone afterwards. */
export function folder(): {
  path: (name: string) => string;
  write: (name: string, bytes: Uint8Array | string) => string;
} {
  const place = mkdtempSync(join(tmpdir(), 'sightline-cli-'));
  after(() => rmSync(place, { recursive: true, force: true }));
  const path = (name: string): string => join(place, name);
  return { path, write: (name, bytes) => (writeFileSync(path(name), bytes), path(name)) };
}
