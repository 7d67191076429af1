/** One JSON object on stdout. Tensors that were handed over are told by their shape, not printed. */
export function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, plain)}\n`);
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && value !== null && 'dims' in value && 'data' in value && 'type' in value) {
    return { type: value.type, dims: value.dims };
  }
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
}

/** Six digits that matter, without an exponent where that can be read. */
export const digits = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
export const milliseconds = (value: number): number => Math.round(value * 10) / 10;
