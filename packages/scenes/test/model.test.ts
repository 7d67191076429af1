import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import * as ort from 'onnxruntime-web/wasm';
import { classNames, drawPair, drawScene, modelUrl, preprocessing } from '../src/index.ts';
import type { Picture } from '../src/index.ts';

const card = JSON.parse(await readFile(new URL('../model/card.json', import.meta.url), 'utf8')) as {
  labels: string[];
  preprocessing: unknown;
  accuracy: { top1: number };
  data: { training: { firstSeed: number } };
};
const bytes = await readFile(modelUrl);
let session: ort.InferenceSession;

before(async () => {
  ort.env.wasm.numThreads = 1; // the threaded runtime does not start in Node
  session = await ort.InferenceSession.create(bytes);
});

function tensor(pictures: readonly Picture[]): ort.Tensor {
  const [height, width] = preprocessing.size;
  const plane = height * width;
  const values = new Float32Array(pictures.length * 3 * plane);
  pictures.forEach(({ data }, n) => {
    for (let c = 0; c < 3; c++) {
      const [mean, std] = [preprocessing.mean255[c]!, preprocessing.std255[c]!];
      for (let i = 0; i < plane; i++) values[(3 * n + c) * plane + i] = (data[4 * i + c]! - mean) / std;
    }
  });
  return new ort.Tensor('float32', values, [pictures.length, 3, height, width]);
}

/** The classes of each picture, best first. */
async function rank(pictures: readonly Picture[]): Promise<number[][]> {
  const { logits } = await session.run({ input: tensor(pictures) });
  assert.deepEqual(logits!.dims, [pictures.length, classNames.length]);
  const scores = logits!.data as Float32Array;
  return pictures.map((_, n) => {
    const row = scores.subarray(n * classNames.length, (n + 1) * classNames.length);
    return [...row.keys()].sort((a, b) => row[b]! - row[a]!);
  });
}

test('the model is small and has one input and one output', () => {
  assert.ok(bytes.length < 1_000_000);
  assert.deepEqual([session.inputNames, session.outputNames], [['input'], ['logits']]);
});

test('the card says what the code says', () => {
  assert.deepEqual(card.labels, classNames);
  assert.deepEqual(card.preprocessing, preprocessing);
  assert.ok(card.accuracy.top1 >= 0.95);
});

test('it knows at least 95 % of 400 scenes it was not trained on', async () => {
  const scenes = Array.from({ length: 400 }, (_, i) => drawScene(5000 + i));
  assert.ok(scenes.every(({ seed }) => seed < card.data.training.firstSeed));
  const ranks = await rank(scenes.map(({ picture }) => picture));
  const right = scenes.filter(({ label }, n) => ranks[n]![0] === label).length;
  assert.ok(right >= 0.95 * scenes.length, `${right} of ${scenes.length}`);
});

test('it ranks both classes of a pair first, for at least 80 % of 200 pairs', async () => {
  const pairs = Array.from({ length: 200 }, (_, i) => drawPair(5000 + i));
  const ranks = await rank(pairs.map(({ picture }) => picture));
  const right = pairs.filter(({ labels }, n) => labels.every((label) => ranks[n]!.slice(0, 2).includes(label))).length;
  assert.ok(right >= 0.8 * pairs.length, `${right} of ${pairs.length}`);
});
