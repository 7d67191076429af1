import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/**
 * ResNet-18 in TensorFlow.js on its WebAssembly backend, forward and gradient of a logit to the picture: the same layers and
 * shapes with random weights, BatchNormalization folded, since its time does not depend on the numbers.
 */
export interface TfjsNetwork {
  forward(): Promise<unknown>;
  gradient(): Promise<unknown>;
}

/** The part of tfjs-core that is used here; it is no dependency, so its types are not at hand. */
interface TfTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  randomNormal(dims: readonly number[], mean: number, deviation: number): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  mean(x: TfTensor, axes: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor;
  sum(x: TfTensor): TfTensor;
  conv2d(x: TfTensor, w: TfTensor, stride: number, pad: 'same' | 'valid'): TfTensor;
  maxPool(x: TfTensor, size: number, stride: number, pad: 'same'): TfTensor;
  tidy<T>(work: () => T): T;
  grad(f: (x: TfTensor) => TfTensor): (x: TfTensor) => TfTensor;
}

/** `folder` has @tensorflow/tfjs-core and @tensorflow/tfjs-backend-wasm in its node_modules. Throws where it has not. */
export async function tfjsResNet18(folder: string): Promise<TfjsNetwork> {
  const require = createRequire(join(resolve(folder), 'package.json'));
  const tf = require('@tensorflow/tfjs-core') as Tf;
  require('@tensorflow/tfjs-core/dist/register_all_gradients');
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(prefix: string): void };
  wasm.setWasmPaths(join(resolve(folder), 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
  await tf.setBackend('wasm');
  await tf.ready();

  const kernel = (side: number, from: number, to: number): TfTensor =>
    tf.randomNormal([side, side, from, to], 0, Math.sqrt(2 / (side * side * from)));
  const bias = (channels: number): TfTensor => tf.randomNormal([1, 1, 1, channels], 0, 0.01);
  const conv = (side: number, from: number, to: number, stride: number) => {
    const [w, b] = [kernel(side, from, to), bias(to)];
    return (x: TfTensor): TfTensor => tf.add(tf.conv2d(x, w, stride, 'same'), b);
  };
  const block = (from: number, to: number, stride: number) => {
    const [first, second] = [conv(3, from, to, stride), conv(3, to, to, 1)];
    const shortcut = stride === 1 ? (x: TfTensor): TfTensor => x : conv(1, from, to, stride);
    return (x: TfTensor): TfTensor => tf.relu(tf.add(second(tf.relu(first(x))), shortcut(x)));
  };
  const stem = conv(7, 3, 64, 2);
  const blocks = [64, 128, 256, 512].flatMap((to, i) => {
    const from = i === 0 ? 64 : to / 2;
    return [block(from, to, i === 0 ? 1 : 2), block(to, to, 1)];
  });
  const head = tf.randomNormal([512, 1000], 0, 0.05);
  const logits = (x: TfTensor): TfTensor => {
    const features = blocks.reduce((y, f) => f(y), tf.maxPool(tf.relu(stem(x)), 3, 2, 'same'));
    return tf.matMul(tf.mean(features, [1, 2]), head);
  };
  const picture = tf.randomNormal([1, 224, 224, 3], 0, 1);
  const gradientOf = tf.grad((x) => tf.sum(tf.slice(logits(x), [0, 1], [1, 1])));
  const read = async (make: () => TfTensor): Promise<unknown> => {
    const result = tf.tidy(make);
    const data = await result.data();
    result.dispose();
    return data;
  };
  return { forward: () => read(() => logits(picture)), gradient: () => read(() => gradientOf(picture)) };
}
