import { cpu, type Backend } from '@sightline/core';
import { contractSuite } from './backend/contract.ts';
import { kernelsSuite } from './backend/kernels.ts';
import { opsSuite } from './backend/ops.ts';

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
    runner.describe(`backend ${subject.name}`, () => runner.it.skip(`is not there: ${opened}`));
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

async function openOrWhy(subject: Subject): Promise<Backend | string> {
  try {
    return await subject.open();
  } catch (error) {
    return (error as Error).message;
  }
}
