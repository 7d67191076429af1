import type { Node, Shaped } from '@sightline/core/graph';

/** The output of a node in ops that WebNN runs, and runs right; undefined where it runs the node itself. */
export type Lowering = (node: Node, inputs: readonly Shaped[]) => Shaped | undefined;
export type Lowerings = Readonly<Record<string, Lowering>>;

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** The axes behind batch and channels. */
export const spatialAxes = (x: Shaped): number[] => range(x.dims.length).slice(2);
