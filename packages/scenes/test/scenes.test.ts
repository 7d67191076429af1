import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { classNames, drawPair, drawScene, mostHidden } from '../src/index.ts';
import { figures } from '../src/classes.ts';
import type { Mask } from '../src/index.ts';

const size = 64;
const seeds = Array.from({ length: 160 }, (_, i) => i);
const scenes = seeds.map((seed) => drawScene(seed));
const pairs = seeds.slice(0, 64).map((seed) => drawPair(seed));

function digest(...parts: readonly (Uint8Array | Uint8ClampedArray)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}

const area = (mask: Mask): number => mask.reduce((sum, pixel) => sum + pixel, 0);
const common = (a: Mask, b: Mask): number => a.reduce((sum, pixel, i) => sum + (pixel & b[i]!), 0);

/** The edges of a mask, found by another route than the package's. */
function edges(mask: Mask): number[] {
  const on = Array.from(mask.keys()).filter((i) => mask[i]);
  const [xs, ys] = [on.map((i) => i % size), on.map((i) => Math.floor(i / size))];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

test('a seed always gives the same pixels', () => {
  assert.deepEqual(drawScene(7), scenes[7]);
  // Pinned, so that neither another engine nor an edit moves the pictures that the model was trained on, or their masks.
  const eight = seeds.slice(0, 8);
  assert.deepEqual(
    eight.map((seed) => digest(drawScene(seed).picture.data, drawScene(seed).mask)),
    [
      '85e02180078114c4',
      '2b046c613f4eb7a7',
      '49366063a2651712',
      'de14a27d7b510b9e',
      '209998fe8e56521d',
      '4d42a4820eaa8282',
      '21d4aa2a650bae67',
      '87b8b5feaa11a6cf',
    ],
  );
  assert.deepEqual(
    eight.map((seed) => digest(drawPair(seed).picture.data, ...drawPair(seed).masks)),
    [
      '59ee7f4c48a81870',
      '809b590f924d74a3',
      'b04371716b02e9e9',
      '698c9ed379b578d8',
      'd3b749cbaa410062',
      '147d6363484e1deb',
      '96ad2442341aeb1e',
      '2550e968a93d0131',
    ],
  );
});

test('seeds differ', () => {
  assert.equal(new Set(scenes.map(({ picture }) => digest(picture.data))).size, scenes.length);
  assert.notEqual(digest(drawPair(3).picture.data), digest(drawScene(3).picture.data));
});

test('pictures are opaque and of one size', () => {
  for (const { picture } of [...scenes, ...pairs]) {
    assert.deepEqual([picture.width, picture.height, picture.data.length], [size, size, 4 * size * size]);
    assert.ok(picture.data.every((value, i) => i % 4 !== 3 || value === 255));
  }
});

test('classes are balanced over any run of seeds, and can be chosen', () => {
  const counts = classNames.map((_, label) => scenes.filter((scene) => scene.label === label).length);
  assert.deepEqual(counts, Array(classNames.length).fill(seeds.length / classNames.length));
  assert.equal(drawScene(0, { label: 5 }).label, 5);
  assert.throws(() => drawScene(0, { label: 8 }), /from 0 to 7, not 8/);
});

test('every figure stays within its reach, and fills about as much as a disc of radius 1', () => {
  for (const [name, { inside, reach }] of Object.entries(figures)) {
    let [outside, filled] = [0, 0];
    for (let y = -1.6; y <= 1.6; y += 0.01) {
      for (let x = -1.6; x <= 1.6; x += 0.01) {
        if (!inside(x, y)) continue;
        filled += 0.0001;
        if (x * x + y * y > (reach + 0.001) ** 2) outside++;
      }
    }
    assert.equal(outside, 0, name);
    assert.ok(filled > 1 && filled < 3.3, `${name} fills ${filled}`);
  }
});

test('the mask is the whole object, inside the picture, of the stated size', () => {
  for (const { mask, box, boxes, label, size: diameter, seed } of scenes) {
    assert.ok(diameter >= 14 && diameter < 34);
    assert.ok(mask.every((pixel) => pixel === 0 || pixel === 1));
    assert.deepEqual(edges(mask), [...box], `scene ${seed}`);
    assert.deepEqual(boxes, [box]);
    assert.ok(box[0] > 0 && box[1] > 0 && box[2] < size && box[3] < size, `scene ${seed} leaves the picture`);
    const share = area(mask) / (diameter / 2) ** 2; // in units of the figure
    assert.ok(share > 0.9 && share < 3.4, `scene ${seed}, a ${classNames[label]}, fills ${share}`);
  }
});

test('moving only the distractors leaves object and mask where they are', () => {
  for (const seed of [4, 11, 29]) {
    const [few, many] = [drawScene(seed, { distractors: 0 }), drawScene(seed, { distractors: 8 })];
    assert.deepEqual(few.mask, many.mask);
    assert.equal(few.distractors.length, 0);
    assert.ok(many.distractors.length > 3);
  }
});

test('the mask is what was drawn: two objects on one background differ exactly where their masks say, but for the soft edge', () => {
  const neighbours = [-65, -64, -63, -1, 0, 1, 63, 64, 65];
  for (const seed of seeds.slice(0, 40)) {
    // Another label changes the object alone: the stream of random numbers, and with it the grain, stays in step.
    const [a, b] = [drawScene(seed, { label: 4, distractors: 0 }), drawScene(seed, { label: 5, distractors: 0 })];
    for (let i = 0; i < a.mask.length; i++) {
      const differs = [0, 1, 2].some((c) => a.picture.data[4 * i + c] !== b.picture.data[4 * i + c]);
      const [near, nearOther] = [a, b].map(({ mask }) => neighbours.filter((step) => mask[i + step]).length) as [
        number,
        number,
      ];
      if (near + nearOther === 0) assert.ok(!differs, `scene ${seed}: pixel ${i} was painted outside both masks`);
      if ((near === 9 && nearOther === 0) || (near === 0 && nearOther === 9)) {
        assert.ok(differs, `scene ${seed}: pixel ${i} of a mask was not painted`);
      }
    }
  }
});

test('objects lie on top: no distractor has a pixel of an object, and little of any is hidden', () => {
  for (const { mask, distractors } of scenes) {
    assert.ok(distractors.every((distractor) => common(mask, distractor.mask) === 0 && area(distractor.mask) > 0));
    assert.ok(distractors.every(({ hidden }) => hidden >= 0 && hidden <= mostHidden && mostHidden <= 0.25));
  }
  const counts = scenes.map(({ distractors }) => distractors.length);
  assert.ok(counts.filter((count) => count >= 2).length > 0.95 * scenes.length);
});

test('a pair holds two classes whose masks do not touch', () => {
  for (const { labels, masks, boxes, objects, distractors } of pairs) {
    assert.notEqual(labels[0], labels[1]);
    assert.equal(common(...masks), 0);
    masks.forEach((mask, i) => assert.deepEqual(edges(mask), [...boxes[i]!]));
    assert.deepEqual(
      objects.map(({ label }) => label),
      labels,
    );
    for (const { mask } of distractors) assert.equal(common(mask, masks[0]) + common(mask, masks[1]), 0);
  }
});
