import { cpu, type Backend } from '@sightline/core';
import { contractSuite } from './backend/contract.ts';
import { kernelsSuite } from './backend/kernels.ts';
import { goldenSuite } from './backend/golden.ts';
import { methodsSuite, type NetsPlan } from './backend/methods.ts';
import { allMethods, scenes, sharedMissing, stored, tiny, tinyNames } from './backend/nets.ts';
import { opsSuite } from './backend/ops.ts';

export type { NetsPlan } from './backend/methods.ts';

/** Mocha's own, or whatever does the same: handed in. */
export interface Runner {
  describe(title: string, body: () => void): void;
  it: {
    (title: string, body: () => void | Promise<void>): void;
    skip(title: string): void;
  };
  after(body: () => void | Promise<void>): void;
}

/** How far apart numbers may be, as a share of the largest (at least of 1), and why it is not the default. */
export interface Tolerance {
  readonly limit: number;
  readonly reason: string;
}

/** A backend that goes through the suite. */
export interface Subject {
  readonly name: string;
  /** Throws where this browser has no such device. */
  open(): Promise<Backend>;
  /** By title of a case ("Conv in one dimension"), or of a case and a pass ("Conv in one dimension, gradient"). */
  readonly tolerances?: Readonly<Record<string, Tolerance>>;
  /** What is left out though the backend takes it, with the reason: same titles. */
  readonly skips?: Readonly<Record<string, string>>;
  /** How many windows of drawn shapes go through the same, beyond the cases of the rules; none unless told. */
  readonly draws?: number;
  /** Makes the next run of a program on this backend fail: how differs from device to device. Left out where nothing can. */
  breakNextRun?(): void;
}

/** In float32 sums of these small cases differ from float64 by some 1e-7 an addition. */
export const defaultTolerance = 1e-5;

/**
 * What every backend must do. Top-level code awaits it, because what a backend refuses is known once it is open, and is told in
 * the titles: a refusal is a skip that anyone can see.
 */
export async function backendSuite(subject: Subject, runner: Runner): Promise<void> {
  const opened = await openOrWhy(subject);
  if (typeof opened === 'string') {
    runner.describe(`backend ${subject.name}`, () => absent(opened, runner));
    return;
  }
  const reference = await cpu();
  runner.describe(`backend ${subject.name}`, () => {
    opsSuite(subject, opened, runner);
    contractSuite(subject, opened, reference, runner);
    kernelsSuite(opened, runner);
    runner.after(async () => {
      await opened.dispose();
      await reference.dispose();
    });
  });
}

/**
 * Every method on networks, against the CPU: all methods that are there on the project's own network, some on whole networks; and
 * tiny networks against PyTorch. `plan` says what is left out on a slow device.
 */
export async function netsSuite(subject: Subject, runner: Runner, plan: NetsPlan = {}): Promise<void> {
  const opened = await openOrWhy(subject);
  if (typeof opened === 'string') {
    runner.describe(`networks on ${subject.name}`, () => absent(opened, runner));
    return;
  }
  const [methods, missing] = [await allMethods(), await sharedMissing()];
  const nets = [
    scenes(methods),
    ...tinyNames.map((name) => tiny(name, methods, missing)),
    stored('squeezenet1.1', 'squeezenet1.1.onnx', 'squeezenet1.1-catdog', methods, missing),
    stored('resnet18', 'resnet18_pqf.onnx', 'resnet18-val1', methods, missing),
  ];
  runner.describe(`networks on ${subject.name}`, () => {
    goldenSuite(opened, missing ?? plan.skips?.['tiny'], runner);
    const skips = { ...emptyMaps, ...plan.skips };
    for (const net of nets) methodsSuite(subject, net, { ...plan, skips }, runner);
    runner.after(() => opened.dispose());
  });
}

/** Where there is nothing to compare. */
const emptyMaps = { 'tiny-vgg: group-cam': 'no group raises the probability there, so its map is empty by definition' };

/** A suite that finds nothing to test has failed: the browser that npm brings has every backend. */
const absent = (why: string, { it }: Runner): void =>
  it('is there', () => {
    throw new Error(why);
  });

async function openOrWhy(subject: Subject): Promise<Backend | string> {
  try {
    return await subject.open();
  } catch (error) {
    return (error as Error).message;
  }
}
