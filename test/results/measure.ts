import type { AttributionData } from '../../packages/core/src/engine/types.ts';
import type { Engine } from '../../packages/core/src/engine/engine.ts';
import type { Picture, Tensor } from '@sightline/core';

/** A method in the comparison: its row's name, the plugin and the options that make it. */
export interface Contestant {
  readonly row: string;
  readonly method: string;
  readonly options?: Readonly<Record<string, number | boolean | string>>;
}

/** What one row gets on one picture. */
export interface Scores {
  /** Cosine of the coefficients and the reference's; absent where a method has none. */
  readonly cosine?: number;
  readonly drop?: number;
  readonly increase?: number;
  readonly add?: number;
  readonly insertion?: number;
  readonly deletion?: number;
  /** Absent where the network's top class is not the picture's label, whose the boxes are, or where it sees nothing of them. */
  readonly energy?: number;
  /** The mean of the map in 0 … 1: how much of the picture it shows as a mask. */
  readonly area: number;
  readonly milliseconds: number;
}

/** One line of the file of results: one picture, done. */
export interface Line extends Measured {
  readonly file: string;
  readonly label: number;
}

export interface Measured {
  readonly top: number;
  readonly probability: number;
  /** Where the explanations ran. */
  readonly backends: readonly string[];
  readonly rows: Readonly<Record<string, Scores>>;
}

export interface Plan {
  readonly contestants: readonly Contestant[];
  /** SHAP-CAM with this many orders is what coefficients are held to. */
  readonly reference: number;
  readonly layer: string;
  readonly seed: number;
  /** Deletion and insertion cost 82 forward passes a row; without them a picture takes seconds. */
  readonly curves: boolean;
}

/** Everything that is measured on one picture, of the network's top class. */
export async function measure(
  engine: Engine,
  picture: Picture,
  index: number,
  truth: Tensor | undefined,
  plan: Plan,
): Promise<Measured> {
  const { input } = engine.prepare(picture);
  const [best] = await engine.classify(input, 1);
  const target = best!.index;
  const explain = (method: string, options: Readonly<Record<string, unknown>>): Promise<AttributionData> =>
    engine.explain(input, { method, target, options: { layer: plan.layer, ...options } });

  // Chance of its own: an estimate must not be held to orders that it was made of.
  const reference = await explain('shap-cam', {
    orderings: plan.reference,
    antithetic: true,
    seed: plan.seed + 1_000_000 + index,
  });
  const rows: Record<string, Scores> = {};
  const backends = new Set<string>();
  for (const { row, method, options = {} } of plan.contestants) {
    const seeded = ['shap-cam', 'lime-cam'].includes(method) ? { seed: plan.seed + index } : {};
    const { saliency: map, coefficients, milliseconds, backend } = await explain(method, { ...options, ...seeded });
    backends.add(backend);
    const evaluate = (metric: string, given: Readonly<Record<string, unknown>> = {}) =>
      engine.evaluate({ metric, input, map, target, options: given });
    const part = (await evaluate('average-drop')).details as Readonly<Record<string, number>>;
    // Without a truth only the map's area is read off it.
    const everywhere = { ...map, data: map.data.map(() => 1) };
    const energy = await evaluate('energy-pointing-game', { truth: truth ?? everywhere });
    rows[row] = {
      ...(coefficients && { cosine: cosine(coefficients.data, reference.coefficients!.data) }),
      ...{ drop: part['drop']!, increase: part['increase']!, add: part['add']! },
      ...(plan.curves && {
        insertion: (await evaluate('insertion', { variant: 'lift' })).value,
        deletion: (await evaluate('deletion', { variant: 'lift' })).value,
      }),
      ...(truth && { energy: energy.value }),
      area: (energy.details['total'] as number) / map.data.length,
      milliseconds,
    };
  }
  return { top: target, probability: best!.probability, backends: [...backends], rows };
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [both, squaresA, squaresB] = [0, 0, 0];
  a.forEach((v, i) => {
    both += v * b[i]!;
    squaresA += v * v;
    squaresB += b[i]! ** 2;
  });
  return both === 0 ? 0 : both / Math.sqrt(squaresA * squaresB);
}
