import { numbersOf, sameDims } from '@sightline/core/graph';
import type { Lowering } from './lowering.ts';

/** A slice that takes everything is nothing: written without axes, the provider leaves it to WebAssembly. */
export const wholeSlice: Lowering = ({ attributes, outputs }, [x]) =>
  sameDims(outputs[0]!.dims!, x!.dims) && numbersOf(attributes, 'steps').every((step) => step === 1) ? x : undefined;
