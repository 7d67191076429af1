export * from './tensor.ts';
export { random, type Random } from './random.ts';
