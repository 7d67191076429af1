/** Something to time: one run of it. */
export type Contender = () => Promise<unknown>;

/** Milliseconds of each of `rounds` rounds, by name. Every round runs all once, and starts with another one than the round before. */
export async function interleaved<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { warmup, rounds }: { readonly warmup: number; readonly rounds: number },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmup; round < rounds; round++) {
    const first = (round + warmup) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const start = performance.now();
      await contenders[name]();
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  return times;
}

/** The value below which `part` of the values lie: ½ is the median. */
export function quantile(values: readonly number[], part = 0.5): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}
