import { byId } from './dom.ts';

export interface Files {
  readonly picture: File | undefined;
  readonly model: File | undefined;
  /** Class names, and weights that lie beside the model. */
  readonly labels: File | undefined;
  readonly data: readonly File[];
}

const isPicture = ({ type, name }: File): boolean =>
  type.startsWith('image/') || /\.(png|jpe?g|webp|gif|avif|bmp)$/i.test(name);
const isLabels = ({ name }: File): boolean => /\.(txt|json)$/i.test(name);

/** What a dropped heap of files is. */
export function sort(list: Iterable<File>, expected: 'any' | 'model' = 'any'): Files {
  const files = [...list];
  // In the field for models, a lone file is meant as one, whatever it is called: the reader will say what it is not.
  const model =
    files.find(({ name }) => /\.(onnx|ort)$/i.test(name)) ??
    (expected === 'model' && files.length === 1 ? files[0] : undefined);
  const others = files.filter((file) => file !== model);
  return {
    model,
    picture: others.find(isPicture),
    labels: others.find(isLabels),
    data: others.filter((file) => !isPicture(file) && !isLabels(file)),
  };
}

/** One a line, or a JSON array, or a JSON object by index. Throws with a sentence for the user. */
export async function readLabels(file: File): Promise<readonly string[]> {
  const text = await file.text();
  // An empty line is the place of a class without a name: dropped, it would shift all names after it.
  const names = /\.json$/i.test(file.name) ? fromJson(text, file.name) : text.replace(/\r?\n$/, '').split(/\r?\n/);
  return names.map((name, index) => name.trim() || `class ${index}`);
}

function fromJson(text: string, file: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON.`);
  }
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  if (entries.length === 0) throw new Error(`${file} holds no list of class names.`);
  if (entries.some(([key], index) => key !== String(index)))
    throw new Error(`${file}: class names go by index, "0" to "${entries.length - 1}", with none left out.`);
  // {"0": ["n01440764", "tench"], …} is how ImageNet's names often come.
  return entries.map(([, value]: [string, unknown]) => (Array.isArray(value) ? String(value.at(-1)) : String(value)));
}

/** Files from the two fields and from anywhere on the page. */
export function listen(got: (files: Files) => void): void {
  for (const [id, expected] of [
    ['picture-file', 'any'],
    ['model-file', 'model'],
  ] as const) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener('change', () => {
      if (input.files?.length) got(sort(input.files, expected));
      // The same file can be chosen again.
      input.value = '';
    });
  }
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) document.body.classList.remove('dragging');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dragging');
    if (event.dataTransfer?.files.length) got(sort(event.dataTransfer.files));
  });
}
