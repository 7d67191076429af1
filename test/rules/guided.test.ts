import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backward, deconvnet, guidedBackprop, type Composite } from '../../packages/core/src/backward/index.ts';
import { apply, input } from '../../packages/core/src/graph/build.ts';
import { mul, numbers } from '../../packages/core/src/graph/ops.ts';
import { evaluate } from './differences.ts';

/** What comes back through an activation at x = −1, 2, 3, 7 when 1, −1, 2, 4 arrives. */
function through(op: string, attributes: Record<string, number>, composite: Composite): number[] {
  const x = input('x', [4]);
  const y = apply(op, [mul(x, 1)], attributes);
  const share = backward(new Map([[y, numbers([4], [1, -1, 2, 4])]]), [x], composite).get(x)!;
  return [...evaluate([share], new Map([[x, Float64Array.of(-1, 2, 3, 7)]]))[0]!];
}

describe('Guided backpropagation', () => {
  it('lets positive evidence through active ReLUs', () =>
    assert.deepEqual(through('Relu', {}, guidedBackprop), [0, 0, 2, 4]));
  it('counts a saturated ReLU6 as not active', () =>
    assert.deepEqual(through('Clip', { min: 0, max: 6 }, guidedBackprop), [0, 0, 2, 0]));
  it('leaves other clips to the gradient', () =>
    assert.deepEqual(through('Clip', { min: -2, max: 6 }, guidedBackprop), [1, -1, 2, 0]));
});
describe('Deconvnet', () => {
  it('lets positive evidence through every ReLU', () => assert.deepEqual(through('Relu', {}, deconvnet), [1, 0, 2, 4]));
  it('does so at a ReLU6 too', () => assert.deepEqual(through('Clip', { min: 0, max: 6 }, deconvnet), [1, 0, 2, 4]));
});
