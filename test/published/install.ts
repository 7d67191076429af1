import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = new URL('../../', import.meta.url).pathname;
export const run = promisify(execFile);

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package as it would be published: what is in its archive, unpacked into a project's node_modules. */
export interface Published {
  readonly manifest: Manifest;
  readonly dir: string;
  readonly files: readonly string[];
}

/**
 * An empty project with every package of this repository as npm would publish it, and of all others only what those declare: a
 * file that is not published, and a dependency that nobody named, are missing here.
 */
export async function install(): Promise<{ readonly project: string; readonly published: readonly Published[] }> {
  const project = mkdtempSync(join(tmpdir(), 'sightline-published-'));
  process.on('exit', () => rmSync(project, { recursive: true, force: true }));
  const { stdout } = await run('npm', ['pack', '--workspaces', '--json', '--pack-destination', project], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  const packed = JSON.parse(stdout) as { name: string; filename: string; files: { path: string }[] }[];
  const all = await Promise.all(
    packed.map(async ({ name, filename, files }) => {
      const dir = join(project, 'node_modules', name);
      mkdirSync(dir, { recursive: true });
      await run('tar', ['-xzf', join(project, filename), '-C', dir, '--strip-components=1']);
      const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
      return { manifest, dir, files: files.map(({ path }) => path) };
    }),
  );
  const published = all.filter(({ manifest }) => !manifest.private);
  const own = new Set(published.map(({ manifest }) => manifest.name));
  const declared = published.flatMap(({ manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  );
  for (const name of new Set(declared.filter((one) => !own.has(one)))) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'dir');
  }
  return { project, published };
}

/** Every file that the package's `exports` and `bin` name, but for the sources, which stay in the repository. */
export const named = ({ exports = {}, bin = {} }: Manifest): readonly string[] => [
  ...Object.values(exports).flatMap((target) =>
    typeof target === 'string'
      ? [target]
      : Object.entries(target)
          .filter(([condition]) => condition !== '@sightline/source')
          .map(([, file]) => file),
  ),
  ...Object.values(bin),
];
