import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { install, named, run, type Published } from './install.ts';

const root = new URL('../../', import.meta.url).pathname;
let project = '';
let published: readonly Published[] = [];
before(async () => void ({ project, published } = await install()));

/** The name that an `import` would use, of every entry that has types. */
const entriesOf = ({ manifest }: Published): readonly string[] =>
  Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target !== 'string' && target['types'])
    .map(([key]) => manifest.name + key.slice(1));

describe('the packages as npm would publish them', () => {
  test('hold every file that their exports and commands name, and a README', () => {
    assert.ok(published.length > 20, `${published.length} packages`);
    for (const { manifest, files } of published) {
      const there = new Set(files.map((file) => `./${file}`));
      const missing = [...named(manifest), './README.md'].filter((file) => !there.has(file));
      assert.deepEqual(missing, [], manifest.name);
    }
  });

  for (const [resolution, module] of [
    ['bundler', 'ESNext'],
    ['nodenext', 'NodeNext'],
  ]) {
    test(`type-check in a strict project that resolves by '${resolution}' and knows nothing of this repository`, async () => {
      const lines = published.flatMap(entriesOf).map((name, i) => `import * as m${i} from '${name}';\nvoid m${i};`);
      writeFileSync(join(project, 'everything.ts'), `${lines.join('\n')}\n${readme}`);
      writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
      const compilerOptions = {
        ...{ strict: true, skipLibCheck: false, noEmit: true, types: [] },
        ...{ target: 'ES2022', lib: ['ES2023', 'DOM', 'DOM.Iterable'], module, moduleResolution: resolution },
      };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['everything.ts'] }));
      const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', project], { cwd: project }).catch(
        (failed: { stdout: string }) => failed,
      );
      // What other people's declarations say of one another is not ours to mend.
      const ours = stdout.split('\n').filter((line) => /^(everything\.ts|node_modules\/@sightline)/.test(line));
      assert.deepEqual(ours, []);
    });
  }

  test('explain and evaluate in Node, by what is in the archives alone', async () => {
    writeFileSync(join(project, 'explain.mjs'), explain);
    const { stdout } = await run(process.execPath, ['explain.mjs'], { cwd: project });
    assert.match(stdout, /^64 × 64, top 7; deletion 0\.\d+\n$/); // scene 7 is a heart, the seventh class
  });
});

/** The README's first example, as far as types see it. */
const readme = `
import { createExplainer } from '@sightline/core';
import webgpu from '@sightline/backend-webgpu';
import liftCam from '@sightline/method-lift-cam';
import deletion from '@sightline/metric-deletion';
export async function show(image: HTMLImageElement, canvas: HTMLCanvasElement): Promise<number> {
  const explainer = await createExplainer({
    model: '/models/squeezenet1.1.onnx',
    plugins: [liftCam, deletion, '/plugins/my-method.js'],
    backends: [webgpu()],
  });
  const attribution = await explainer.explain(image, { method: 'lift-cam', target: 'top' });
  const drawn = attribution.toImageData({ over: image });
  [canvas.width, canvas.height] = [drawn.width, drawn.height];
  canvas.getContext('2d')!.putImageData(drawn, 0, 0);
  const { value } = await explainer.evaluate(attribution, 'deletion');
  // @ts-expect-error a value is a number, and types that were not found would be 'any'
  const text: string = value;
  void text;
  return value;
}
`;

const explain = `
import { readFileSync } from 'node:fs';
import { Engine } from '@sightline/core';
import liftCam from '@sightline/method-lift-cam/plugin';
import deletion from '@sightline/metric-deletion/plugin';
import { drawScene, modelUrl } from '@sightline/scenes';
const engine = new Engine();
for (const plugin of [liftCam, deletion]) engine.register(plugin);
await engine.load(new Uint8Array(readFileSync(modelUrl)));
const { picture } = drawScene(7);
const { saliency, class: top, target } = await engine.explain(picture, { method: 'lift-cam' });
const { value } = await engine.evaluate({ metric: 'deletion', input: picture, map: saliency, target: top.index });
console.log(saliency.dims.join(' × ') + ', top ' + top.index + '; deletion ' + value.toFixed(3));
process.exit();
`;
