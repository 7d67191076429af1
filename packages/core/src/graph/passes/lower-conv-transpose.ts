import type { Value } from '../value.ts';

export const lowerConvTranspose = (_roots: readonly Value[]): ((value: Value) => Value) => (value) => value;
