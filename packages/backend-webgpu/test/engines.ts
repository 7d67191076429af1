/** Engines with the tiny net, on WebGPU and without it. */
import { Engine, type Backend } from '@sightline/core';
import gradCam from '@sightline/method-grad-cam';
import integratedGradients from '@sightline/method-integrated-gradients';
import liftCam from '@sightline/method-lift-cam';
import rise from '@sightline/method-rise';
import type { BackendChoice } from '../../core/src/backend/define.ts';
import webgpu, { isWebGpuBackend, type WebGpuBackend, type WebGpuOptions } from '../src/index.ts';
import { tinyNet } from './tiny-net.ts';

export interface Opened {
  readonly engine: Engine;
  readonly backend: WebGpuBackend;
}
/** An engine with the tiny net on WebGPU, and the backend that it opened. */
export async function opened(options: WebGpuOptions = {}): Promise<Opened> {
  const choice = webgpu(options);
  let backend: Backend | undefined;
  const seen: BackendChoice = {
    ...choice,
    open: async (given, host) => (backend = await choice.open(given, host)),
  };
  const engine = await loaded([seen]);
  if (!backend || !isWebGpuBackend(backend)) throw new Error('WebGPU did not open');
  return { engine, backend };
}
export async function loaded(backends: readonly BackendChoice[]): Promise<Engine> {
  const engine = new Engine({ backends });
  [gradCam, integratedGradients, liftCam, rise].forEach((plugin) => engine.register(plugin));
  await engine.load(tinyNet());
  return engine;
}
