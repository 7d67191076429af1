import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Engine, SightlineError, tensor, type ErrorCode, type Progress } from '@sightline/core';
import { defineMethod } from '@sightline/core/plugin';
import { drawPair, drawScene, preprocessing, classNames } from '@sightline/scenes';
import deletion from '../packages/metrics/deletion/src/index.ts';
import gradCam from '../packages/methods/grad-cam/src/index.ts';
import liftCam from '../packages/methods/lift-cam/src/index.ts';
import rise from '../packages/methods/rise/src/index.ts';

const bytes = readFileSync(new URL('../packages/scenes/model/scenes.onnx', import.meta.url));
const fails = (code: ErrorCode, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SightlineError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, pattern);
  return true;
};

describe('the engine on the embedded model', () => {
  const engine = new Engine();
  before(async () => {
    for (const plugin of [gradCam, liftCam, rise, deletion]) engine.register(plugin);
    await engine.load(bytes, { preprocessing, labels: classNames });
  });
  after(() => engine.dispose());

  it('a map of the right class lies on the object far more than chance would have it', async () => {
    let inside = 0;
    let area = 0;
    const seeds = Array.from({ length: 24 }, (_, i) => i);
    for (const seed of seeds) {
      const { picture, label, mask } = drawScene(seed);
      const { heat } = await engine.explain(picture, { method: 'lift-cam', target: label });
      const total = heat.data.reduce((a, b) => a + b, 0);
      inside += heat.data.reduce((sum, v, i) => sum + v * mask[i]!, 0) / total / seeds.length;
      area += mask.reduce((a, b) => a + b, 0) / mask.length / seeds.length;
    }
    assert.ok(inside > 2.5 * area, `${inside} of the heat on ${area} of the picture`);
  });

  it('of two objects the map prefers the one whose class is explained', async () => {
    let right = 0;
    const seeds = Array.from({ length: 12 }, (_, i) => 500 + i);
    for (const seed of seeds) {
      const { picture, labels, masks } = drawPair(seed);
      const on = async (target: number): Promise<number[]> => {
        const { heat } = await engine.explain(picture, { method: 'lift-cam', target });
        return masks.map((mask) => heat.data.reduce((sum, v, i) => sum + v * mask[i]!, 0));
      };
      const [first, second] = [await on(labels[0]), await on(labels[1])];
      right += Number(first[0]! > first[1]!) + Number(second[1]! > second[0]!);
    }
    assert.ok(right >= 0.8 * 2 * seeds.length, `${right} of ${2 * seeds.length}`);
  });

  it('another class compiles nothing', async () => {
    const { input } = engine.prepare(drawScene(3).picture);
    await engine.explain(input, { method: 'grad-cam', target: 0 });
    const compiled = engine.network.programs.compiled;
    const [a, b] = [
      await engine.explain(input, { method: 'grad-cam', target: 1 }),
      await engine.explain(input, { method: 'grad-cam', target: 2 }),
    ];
    assert.equal(engine.network.programs.compiled, compiled);
    assert.notDeepEqual(a.map.data, b.map.data);
  });

  it('the same seed gives the same map, another seed another', async () => {
    const { picture } = drawScene(4);
    const run = async (seed: number): Promise<Float32Array> =>
      (await engine.explain(picture, { method: 'rise', target: 4, options: { masks: 24, seed } })).map.data;
    assert.deepEqual(await run(1), await run(1));
    assert.notDeepEqual(await run(1), await run(2));
  });

  it('reports progress that never goes back and ends at one', async () => {
    const seen: Progress[] = [];
    await engine.explain(
      drawScene(4).picture,
      { method: 'rise', options: { masks: 64 } },
      { onProgress: (p) => seen.push(p) },
    );
    assert.ok(seen.length > 2);
    seen.slice(1).forEach((p, i) => assert.ok(p.fraction >= seen[i]!.fraction));
    assert.equal(seen.at(-1)!.fraction, 1);
  });

  it('stops between two batches when told to, and takes the next job', async () => {
    const controller = new AbortController();
    const job = engine.explain(
      drawScene(4).picture,
      { method: 'rise', options: { masks: 4000 } },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await assert.rejects(job, { name: 'AbortError' });
    const { map } = await engine.explain(drawScene(4).picture, { method: 'grad-cam' });
    assert.equal(map.data.length, 64);
  });

  it('says how the picture became the input', async () => {
    const { picture } = drawScene(5);
    assert.deepEqual((await engine.explain(picture, { method: 'grad-cam' })).preprocessing, preprocessing);
    const { input } = engine.prepare(picture);
    assert.equal((await engine.explain(input, { method: 'grad-cam' })).preprocessing, undefined);
  });

  it('measures a map [1, h, w] as it does [h, w]', async () => {
    const { map } = await engine.explain(drawScene(5).picture, { method: 'grad-cam' });
    const measured = async (dims: readonly number[]): Promise<number> =>
      (await engine.evaluate({ metric: 'deletion', input: drawScene(5).picture, map: tensor(dims, map.data) })).value;
    assert.equal(await measured([1, ...map.dims]), await measured(map.dims));
  });

  it('names the plugin that hands back no map', async () => {
    const empty = defineMethod({
      ...{ name: 'empty', title: 'Empty', paper: '', needs: [], claims: [], options: {}, display: 'positive' },
      explain: () => Promise.resolve(undefined as never),
    });
    engine.register(empty);
    await assert.rejects(
      engine.explain(drawScene(5).picture, { method: 'empty' }),
      fails('bad-plugin', /empty must hand back/),
    );
  });

  it('keeps the model that was there when another does not load', async () => {
    await assert.rejects(engine.load(new Uint8Array(9)));
    const [top] = await engine.classify(drawScene(5).picture);
    assert.equal(top!.label, classNames[5]);
  });
});
