import {
  Engine,
  SightlineError,
  type AttributionData,
  type Backend,
  type BackendModule,
  type Tensor,
} from '@sightline/core';
import type { Method } from '../../../packages/core/src/plugin/types.ts';
import type { Runner, Subject, Tolerance } from '../backend.ts';
import { check } from '../harness.ts';

/** A network and a picture of it, and which methods explain it. */
export interface Net {
  readonly name: string;
  load(): Promise<{ readonly model: Uint8Array; readonly picture: Tensor }>;
  readonly methods: readonly Method[];
  /** Why it is not there. */
  readonly missing?: string | undefined;
}
/** What differs from backend to backend; titles are those of a net, or of a net and a method ("scenes: rise"). */
export interface NetsPlan {
  readonly tolerances?: Readonly<Record<string, Tolerance>>;
  readonly skips?: Readonly<Record<string, string>>;
  readonly refused?: Readonly<Record<string, RegExp>>;
}

/**
 * Maps of a layer by their largest difference, as a share of the largest number (1e-4 is normal in float32). Maps of pixels by the relative length of the
 * difference, within what is stored with the reference numbers of such maps: a unit whose input is 0 but for rounding is on in one
 * backend and off in the other, which moves single pixels by much and the map by little.
 */
const measures = {
  layer: { limit: 1e-4, apart: largestApart, of: 'the largest number' },
  pixels: { limit: 5e-3, apart: lengthApart, of: 'the map’s length' },
} as const;
const measureOf = ({ dims }: Tensor) => (dims.length === 3 ? measures.pixels : measures.layer);

/** All maps of a net on this backend and on the CPU, which are the same map. */
export function methodsSuite(subject: Subject, net: Net, plan: NetsPlan, { describe, it, after }: Runner): void {
  const { tolerances = {}, skips = {}, refused = {} } = plan;
  describe(`${net.name} on ${subject.name}`, () => {
    let engines: Promise<Loaded> | undefined;
    const loaded = (): Promise<Loaded> => (engines ??= load(subject, net));
    after(async () => {
      const opened = await engines?.catch(() => undefined);
      await Promise.all([opened?.ours.dispose(), opened?.reference.dispose()]);
    });
    for (const method of net.methods) {
      const title = `${net.name}: ${method.name}`;
      const skip = net.missing ?? skips[title] ?? skips[net.name];
      const tolerance = tolerances[title] ?? tolerances[net.name];
      const reason = tolerance ? `, within ${tolerance.limit}: ${tolerance.reason}` : '';
      if (skip !== undefined) it.skip(`${method.name}: left out: ${skip}`);
      else
        it(`${method.name} gives the CPU’s map, or refuses the network as there${reason}`, async () =>
          same(await loaded(), method, tolerance?.limit, refused[title]));
    }
  });
}

interface Loaded {
  readonly ours: Engine;
  readonly reference: Engine;
  readonly picture: Tensor;
  readonly name: string;
}
async function load(subject: Subject, net: Net): Promise<Loaded> {
  const { model, picture } = await net.load();
  const made = async (engine: Engine): Promise<Engine> => {
    for (const method of net.methods) engine.register(method);
    await engine.load(model);
    return engine;
  };
  // The first to be opened decides which build of the runtime both run on.
  const ours = await made(new Engine({ backends: [chosen(subject)] }));
  const reference = await made(new Engine());
  return { ours, reference, picture, name: subject.name };
}

async function same(
  { ours, reference, picture, name }: Loaded,
  method: Method,
  limit: number | undefined,
  refused?: RegExp,
): Promise<void> {
  const request = { method: method.name, target: 'top' as const, options: cheap(method) };
  const [got, expected] = [await answer(ours, picture, request), await answer(reference, picture, request)];
  if (got instanceof SightlineError || expected instanceof SightlineError) {
    const said = (it: typeof got): string => (it instanceof SightlineError ? it.message : 'a map');
    return check(said(got) === said(expected), `${said(got)}, and on the CPU ${said(expected)}`);
  }
  where(got, name, refused);
  check(
    got.map.dims.join() === expected.map.dims.join(),
    `a map [${got.map.dims.join()}], not [${expected.map.dims.join()}]`,
  );
  check(
    expected.map.data.some((v) => v !== 0),
    'the CPU’s map is empty: nothing is compared',
  );
  const measure = measureOf(expected.map);
  const [apart, allowed] = [measure.apart(got.map.data, expected.map.data), limit ?? measure.limit];
  check(apart <= allowed, `${apart.toExponential(1)} of ${measure.of} apart, ${allowed} allowed`);
}

/** A map, or why the method does not take this network: not every head is one that it is defined for. */
async function answer(
  engine: Engine,
  picture: Tensor,
  request: Parameters<Engine['explain']>[1],
): Promise<AttributionData | SightlineError> {
  try {
    return await engine.explain(picture, request);
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'unsupported') return error;
    throw error;
  }
}

const orInfinite = (difference: number): number => (Number.isNaN(difference) ? Infinity : difference);
function largestApart(got: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return expected.reduce((m, v, i) => Math.max(m, orInfinite(Math.abs(got[i]! - v))), 0) / largest;
}
function lengthApart(got: Float32Array, expected: Float32Array): number {
  const squares = (f: (v: number, i: number) => number): number =>
    expected.reduce((sum, v, i) => sum + f(v, i) ** 2, 0);
  return orInfinite(Math.sqrt(squares((v, i) => got[i]! - v) / squares((v) => v)));
}

/** Where it says that it ran. */
function where({ backend, refusals }: AttributionData, name: string, refused: RegExp | undefined): void {
  const reasons = Object.entries(refusals).map(([by, reason]) => `${by}: ${reason}`);
  if (!refused) check(backend === name && reasons.length === 0, `it ran on ${backend} (${reasons.join('; ')})`);
  else {
    check(backend !== name && backend.includes('cpu'), `it ran on ${backend}, though some of it should be refused`);
    check(refused.test(refusals[name] ?? ''), `the refusal says: ${refusals[name]}`);
  }
}

/** Defaults that ask for many runs, brought down: here it matters that each run is right, not how well a sum converges. */
function cheap({ options }: Method): Record<string, unknown> {
  const counts = Object.entries(options).flatMap(([name, schema]) => {
    if (schema.kind !== 'integer' || name === 'seed' || schema.default <= 16) return [];
    return [[name, Math.max(schema.min, 8)] as const];
  });
  return Object.fromEntries(counts);
}

/** The subject as what an engine's `backends` take. */
function chosen({ name, open }: Subject): BackendModule & { readonly options: Readonly<Record<string, unknown>> } {
  return {
    kind: 'backend',
    name,
    title: name,
    options: {},
    probe: () => Promise.resolve(undefined),
    open: (): Promise<Backend> => open(),
  };
}
