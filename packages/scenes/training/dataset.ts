/**
 * Dumps the pictures that train.py reads: npx tsx --conditions=@sightline/source packages/scenes/training/dataset.ts DIR [SPLIT …]
 *
 * For each split, SPLIT.pictures holds bytes [N, 3, 64, 64] and SPLIT.labels bytes [N, 2]: both labels of a pair, twice that of a scene.
 * Seeds below 1,000,000 are never trained on: they are for tests, examples and figures.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { drawPair, drawScene } from '../src/index.ts';
import type { Picture } from '../src/index.ts';

const firstTrainingSeed = 1_000_000;

const splits: Record<string, { first: number; count: number; pairs: boolean }> = {
  'train-scenes': { first: firstTrainingSeed, count: 24_000, pairs: false },
  'train-pairs': { first: firstTrainingSeed, count: 6_000, pairs: true },
  'heldout-scenes': { first: 0, count: 2_000, pairs: false },
  'heldout-pairs': { first: 0, count: 500, pairs: true },
};

function planes({ width, height, data }: Picture): Uint8Array {
  const size = width * height;
  return Uint8Array.from({ length: 3 * size }, (_, i) => data[4 * (i % size) + Math.floor(i / size)]!);
}

function draw(seed: number, pairs: boolean): { picture: Picture; labels: readonly number[] } {
  if (pairs) return drawPair(seed);
  const { picture, label } = drawScene(seed);
  return { picture, labels: [label, label] };
}

const [directory, ...chosen] = process.argv.slice(2);
if (!directory) throw new Error('usage: dataset.ts DIR [SPLIT …]');
mkdirSync(directory, { recursive: true });
for (const name of chosen.length ? chosen : Object.keys(splits)) {
  const split = splits[name];
  if (!split) throw new Error(`unknown split ${name}; there are ${Object.keys(splits).join(', ')}`);
  const labels: number[] = [];
  const file = openSync(join(directory, `${name}.pictures`), 'w');
  for (let seed = split.first; seed < split.first + split.count; seed++) {
    const drawn = draw(seed, split.pairs);
    writeSync(file, planes(drawn.picture));
    labels.push(...drawn.labels);
  }
  closeSync(file);
  writeFileSync(join(directory, `${name}.labels`), Uint8Array.from(labels));
  console.log(`${name}: ${split.count}`);
}
