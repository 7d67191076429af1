import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import rise from '../../packages/methods/rise/src/index.ts';
import insertion from '../../packages/metrics/insertion/src/index.ts';
import type { Masks } from '../../packages/core/src/model/model.ts';
import { classTarget } from '../../packages/core/src/model/target.ts';
import { items, tensor, type Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { contextOf } from '../suites/harness.ts';
import { compare, goldenNet, skip, type GoldenCase } from './cases.ts';

/** Plugins on the answers that the networks gave in PyTorch: what is wrong here is wrong in the plugin, not in the model. */
const names = ['squeezenet1.1-catdog', 'resnet18-val1', 'mobilenetv2-val4'];
const info = { input: [3, 224, 224], classes: 1000, layers: [] } as const;
const context = contextOf(1);

if (skip) describe('plugins on recorded answers', { skip }, () => undefined);
else
  for (const net of names.map(goldenNet))
    for (const golden of net.classes) {
      describe(`plugins on the recorded answers of ${golden.name}`, () => {
        const target = classTarget(golden.index);

        for (const layer of golden.layers('G').filter((layer) => layer !== 'relu25')) {
          // relu25/G is a constant and not stored
          it(`Grad-CAM at ${layer}`, async () => {
            const tap = async () => ({
              activation: golden.tensor(`${layer}/A`),
              gradient: golden.tensor(`${layer}/G`),
              score: 0,
            });
            const { map, coefficients } = await gradCam.explain({ tap, info }, net.input, target, { layer }, context);
            within(golden, `${layer}/gradcam_raw`, map.data);
            within(golden, `${layer}/gradcam_weights`, coefficients!.data);
          });
        }

        it('RISE’s masks, and its map of the recorded scores', async () => {
          const scores = golden.tensor('rise_scores').data;
          const written: Float32Array[] = [];
          const sum = tensor(net.input.dims.slice(2));
          let asked = 0;
          const maskedSum = async () => ({
            async add(masks: Masks) {
              for (let m = 0; m < masks.grid.dims[0]!; m++) {
                const mask = multiplied(masks, m);
                if (written.length < 2) written.push(mask);
                const value = scores[asked++]!;
                mask.forEach((v, i) => (sum.data[i]! += value * v));
              }
            },
            read: async () => ({ sum, scores: scores.slice(0, asked) }),
            close: () => undefined,
          });
          const fixed = { bits: golden.tensor('rise_bits'), shifts: golden.tensor('rise_shifts') };
          const options = { masks: 1, cells: 7, probability: 0.5, score: 'probability', seed: 0, ...fixed } as const;
          const { map } = await rise.explain({ maskedSum, info }, net.input, target, options, context);
          within(golden, 'rise_masks_first4', [...written[0]!, ...written[1]!]);
          within(golden, 'rise_map', map.data);
        });
      });

      describe(`metrics on the recorded answers of ${net.name}`, () => {
        it('insertion’s blur is RISE’s kernel', async () => {
          let start: Float32Array | undefined;
          const score = async (batch: Tensor) => {
            start ??= items(batch, 0, 1).data.slice();
            return new Float32Array(batch.dims[0]!);
          };
          const picture = tensor([1, 1, 31, 31]);
          picture.data[15 * 31 + 15] = 1;
          const options = { variant: 'rise', step: 0, blur: 'rise11' } as const;
          await insertion.evaluate({ score, info }, picture, classTarget(0), tensor([31, 31]), options, context);
          const kernel = Array.from({ length: 121 }, (_, i) => start![(Math.floor(i / 11) + 10) * 31 + (i % 11) + 10]!);
          const { difference } = compare(kernel, net.metrics.curve('rise_kernel11').data, 'max abs <= 1e-6');
          assert.ok(difference <= 1e-6, `${difference}`);
        });
      });
    }

function within(golden: GoldenCase, name: string, actual: ArrayLike<number>): void {
  const { array, tolerance } = golden.entry(name);
  const { difference, allowed, measure } = compare(actual, array.data, tolerance);
  assert.ok(difference <= allowed, `${name}: ${measure} ${difference}, allowed ${allowed}`);
}

/** rows · grid · columns of one mask. */
function multiplied({ grid, rows, columns }: Masks, n: number): Float32Array {
  const [[H, s], W] = [rows.dims.slice(1) as [number, number], columns.dims[2]!];
  const [R, g, C] = [rows, grid, columns].map((t) => items(t, n, n + 1).data) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return new Float32Array(H * W).map((_, i) => {
    let sum = 0;
    for (let a = 0; a < s; a++)
      for (let b = 0; b < s; b++) sum += R[Math.floor(i / W) * s + a]! * g[a * s + b]! * C[b * W + (i % W)]!;
    return sum;
  });
}
