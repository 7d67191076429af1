import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colourTable } from '../../packages/core/kernels/colour-map/reference.ts';
import { Attribution } from '../../packages/core/src/engine/attribution.ts';
import { SightlineError } from '../../packages/core/src/errors.ts';
import { int64s, tensor } from '../../packages/core/src/tensor/tensor.ts';
import { attribution as data } from './fake-engine.ts';

const plain = data('m', Float32Array.of(-1, 0.1, 3e-40, 2));
const made = new Attribution(plain);
const code = (expected: string) => (error: unknown) => error instanceof SightlineError && error.code === expected;
const picture = (width: number, height: number, byte: (i: number) => number) => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => byte(i)),
});

test('an attribution is its data, and a copy of it is that data', () => {
  assert.deepEqual({ ...made }, plain);
  assert.deepEqual(structuredClone(made), plain);
});

test('alone, the map is drawn in its own size and in full colours', () => {
  const { width, height, data: bytes } = made.toPicture();
  assert.deepEqual([width, height], [2, 2]);
  const table = colourTable('ember');
  assert.deepEqual(
    [...bytes],
    [0, 64, 128, 255].flatMap((entry) => [...table.subarray(4 * entry, 4 * entry + 4)]),
  );
});

test('over a picture it is blended with the part that the network saw, in that size', () => {
  const shown = new Attribution({ ...plain, crop: { x: 1, y: 2, width: 3, height: 2 }, heat: tensor([1, 1]) });
  const over = picture(5, 4, (i) => (i % 4 === 3 ? 255 : Math.floor(i / 4)));
  const { width, height, data: bytes } = shown.toPicture({ over, opacity: 0 });
  assert.deepEqual([width, height], [3, 2]);
  assert.deepEqual(
    Array.from({ length: 6 }, (_, i) => bytes[4 * i]),
    [11, 12, 13, 16, 17, 18],
  );
  const half = shown.toPicture({ over, colours: 'grey' }).data;
  assert.deepEqual([half[0], half[3]], [6, 255]);
});

test('a picture is drawn at the size that is asked for, over white where it is transparent', () => {
  const {
    width,
    height,
    data: bytes,
  } = made.toPicture({ over: picture(2, 2, () => 100), opacity: 0, width: 7, height: 5 });
  assert.deepEqual([width, height, bytes.length], [7, 5, 140]);
  const grey = Math.round(255 + ((100 - 255) * 100) / 255); // its alpha is 100 too
  assert.ok(bytes.every((byte, i) => byte === (i % 4 === 3 ? 255 : grey)));
});

test('what cannot be drawn is refused with the reason', () => {
  assert.throws(() => made.toPicture({ opacity: 2 }), code('bad-option'));
  assert.throws(() => made.toPicture({ width: 0 }), code('bad-option'));
  assert.throws(() => made.toPicture({ colours: 'jet' as 'ember' }), code('bad-option'));
  assert.throws(() => made.toPicture({ over: picture(1, 1, () => 0) }), code('bad-input'));
  assert.throws(() => made.toPicture({ over: { width: 2, height: 2, data: new Uint8Array(3) } }), code('bad-input'));
});

test('a saved attribution is read again bit by bit', () => {
  const odd = new Attribution({
    ...plain,
    logit: -Infinity,
    options: { number: 3, layer: 'auto', shifts: int64s([1, -2]) },
    coefficients: tensor([2], Float32Array.of(NaN, -0)),
    extras: { masks: tensor([1, 1], [0.1]), count: 4 },
    class: undefined,
  });
  const read = Attribution.fromJSON(JSON.stringify(odd));
  assert.ok(read instanceof Attribution);
  assert.deepEqual({ ...read }, { ...odd });
  assert.deepEqual(Attribution.fromJSON(made.toJSON()).map, made.map);
});

test('what is no saved attribution is refused', () => {
  const saved = made.toJSON();
  for (const wrong of ['{', '{}', 7, null, { ...saved, format: 'other' }, { ...saved, map: undefined }]) {
    assert.throws(() => Attribution.fromJSON(wrong), code('bad-input'));
  }
  assert.throws(
    () => Attribution.fromJSON({ ...saved, map: { $tensor: 'float32', dims: [2], base64: 'AAAA' } }),
    code('bad-input'),
  );
  assert.throws(
    () => Attribution.fromJSON({ ...saved, map: { $tensor: 'float32', dims: [1], base64: '?' } }),
    code('bad-input'),
  );
});
