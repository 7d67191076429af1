import { randomBytes } from 'node:crypto';
import { constants, rmSync, type Stats } from 'node:fs';
import { access, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from './errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
};
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** Where every file that was read really is, whatever link led there: no output may replace one. */
const inputs = new Set<string>();
/** For files that are not read by `read`. */
export async function noteRead(path: string): Promise<void> {
  if ((await statOf(path))?.isFile()) inputs.add(await placeOf(path));
}
/** A path without links; one that is not there yet is in its folder. */
const placeOf = (path: string): Promise<string> =>
  realpath(path)
    .catch(async () => join(await realpath(dirname(path)), basename(path)))
    .catch(() => resolve(path));

/** A file's bytes; `what` names its part in complaints. */
export async function read(path: string, what: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = codeOf(error);
    throw new UsageError(`cannot read ${what} ${path}: ${reasons[code] ?? code}`, { cause: error });
  });
  await noteRead(path);
  return plain(bytes);
}
export async function readIfThere(path: string, what: string): Promise<Uint8Array | undefined> {
  return (await statOf(path))?.isFile() ? read(path, what) : undefined;
}
/** Node's Buffer is no plain Uint8Array: its slice() shares memory where the standard's copies. */
const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const statOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

/** JSON of a file. The caller checks what is in it. */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (error) {
    throw new UsageError(`${name} is not JSON: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}

/** What a command will write: places are checked before the work, and all files appear together after it or not at all. */
export class Outputs {
  readonly #claimed = new Map<string, string>();
  readonly #bytes = new Map<string, Uint8Array>();

  /** Throws where nothing could be written later. To be called when all inputs are read, which are never written over. */
  async claim(flag: string, path: string): Promise<void> {
    const place = await placeOf(path);
    if (inputs.has(place)) throw new UsageError(`--${flag} ${path} would write over an input`);
    const other = this.#claimed.get(place);
    if (other) throw new UsageError(`--${flag} and --${other} both write ${path}`);
    if ((await statOf(place))?.isDirectory()) throw new UsageError(`--${flag} ${path} is a folder: name a file`);
    const folder = dirname(place);
    if (!(await statOf(folder))?.isDirectory()) throw new UsageError(`--${flag} ${path}: there is no folder ${folder}`);
    await access(folder, constants.W_OK).catch(() => {
      throw new UsageError(`--${flag} ${path}: the folder ${folder} may not be written`);
    });
    this.#claimed.set(place, flag);
  }

  add(path: string, bytes: Uint8Array): void {
    this.#bytes.set(resolve(path), bytes);
  }

  /** Writes beside each place first and renames at the end, so that no half file is ever seen under its name. */
  async commit(): Promise<void> {
    const moves: { from: string; to: string }[] = [];
    const clean = (): void => moves.forEach(({ from }) => rmSync(from, { force: true }));
    process.once('exit', clean);
    try {
      for (const [path, bytes] of this.#bytes) {
        const there = await statOf(path);
        const to = there ? await realpath(path) : path;
        if (there && !there.isFile()) {
          await writeFile(to, bytes); // a pipe or a device, which must not be replaced
          continue;
        }
        const from = join(dirname(to), `.${basename(to)}.${randomBytes(4).toString('hex')}.tmp`);
        moves.push({ from, to });
        await writeFile(from, bytes, { flag: 'wx' });
      }
      const done: string[] = [];
      for (const { from, to } of moves) {
        await rename(from, to).catch(async (error: unknown) => {
          await Promise.all(done.map((path) => rm(path, { force: true })));
          throw error;
        });
        done.push(to);
      }
    } catch (error) {
      throw new UsageError(`nothing was written: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    } finally {
      clean();
      process.off('exit', clean);
    }
  }
}
