import { SightlineError } from '@sightline/core/backend';
import type { Gpu } from '../device/gpu.ts';
import { onto } from './shaders.wgsl.ts';
import type { Canvas } from './paint.ts';

/** For which device a canvas was set up: a fresh device wants it done again. */
const configured = new WeakMap<GPUCanvasContext, GPUDevice>();
const pipelines = new WeakMap<GPUDevice, GPURenderPipeline>();

/** Copies RGBA bytes onto a canvas of the same size. */
export function show(gpu: Gpu, canvas: Canvas, pixels: GPUBuffer): void {
  const { device, pool } = gpu;
  const pipeline = pipelineOf(device);
  const width = pool.take(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST, 'sightline paint');
  device.queue.writeBuffer(width, 0, Uint32Array.of(canvas.width, 0, 0, 0));
  const encoder = device.createCommandEncoder({ label: 'sightline paint' });
  const pass = encoder.beginRenderPass({
    colorAttachments: [
      { view: contextOf(device, canvas).getCurrentTexture().createView(), loadOp: 'clear', storeOp: 'store' },
    ],
  });
  pass.setPipeline(pipeline);
  const entries = [width, pixels].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.draw(3);
  pass.end();
  device.queue.submit([encoder.finish()]);
  pool.give(width);
}

function contextOf(device: GPUDevice, canvas: Canvas): GPUCanvasContext {
  const context = canvas.getContext('webgpu');
  if (!context) {
    throw new SightlineError(
      'bad-input',
      'the canvas has a context of another kind already: WebGPU needs one of its own',
    );
  }
  if (configured.get(context) !== device) {
    context.configure({ device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: 'opaque' });
    configured.set(context, device);
  }
  return context;
}

function pipelineOf(device: GPUDevice): GPURenderPipeline {
  let pipeline = pipelines.get(device);
  if (!pipeline) {
    const module = device.createShaderModule({ code: onto });
    pipeline = device.createRenderPipeline({
      layout: 'auto',
      vertex: { module, entryPoint: 'corner' },
      fragment: { module, entryPoint: 'pixel', targets: [{ format: navigator.gpu.getPreferredCanvasFormat() }] },
    });
    pipelines.set(device, pipeline);
  }
  return pipeline;
}
