import type { Explanation, Method, Need } from '../../packages/core/src/plugin/types.ts';
import { resolveOptions } from '../../packages/core/src/plugin/options.ts';
import type { Target } from '../../packages/core/src/model/target.ts';
import type { ClosedForm } from '../nets/closed-form.ts';
import { contextOf, only } from './harness.ts';

/** What the tests of the CAMs share: an explanation of a closed-form net, and the numbers that others are held to. */

export const logit = (index: number): Target => ({ weights: [[index, 1]], of: 'logit' });

export async function explained(
  method: Method,
  { model, input }: ClosedForm,
  target: Target,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Explanation> {
  const resolved = resolveOptions(method.name, method.options, options);
  const needs: readonly Need[] = method.needs;
  return method.explain(
    only(model, needs),
    input,
    target,
    resolved,
    contextOf('seed' in method.options ? 1 : undefined),
  );
}

/** The coefficients as plain numbers. */
export const coefficientsOf = async (...given: Parameters<typeof explained>): Promise<number[]> => [
  ...(await explained(...given)).coefficients!.data,
];

export const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** The largest difference of two lists. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers and ${b.length}`);
  return Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)));
}

/** F with only these channels of the layer left. */
export async function scoreWith({ model, input, head }: ClosedForm, target: Target, channels: readonly number[]) {
  const { data, dims } = await model.activation(input, 'auto');
  const plane = dims[2]! * dims[3]!;
  return head(
    data.map((v, i) => (channels.includes(Math.floor(i / plane)) ? v : 0)),
    target,
  );
}

/** All orders of three channels. */
export const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** The Shapley values of three channels, by all orders in which they can come. */
export async function shapley(net: ClosedForm, target: Target): Promise<number[]> {
  const values = [0, 0, 0];
  for (const order of orders) {
    for (const [i, k] of order.entries()) {
      const [after, before] = [order.slice(0, i + 1), order.slice(0, i)];
      values[k]! += ((await scoreWith(net, target, after)) - (await scoreWith(net, target, before))) / orders.length;
    }
  }
  return values;
}
