import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Engine } from '../../packages/core/src/engine/engine.ts';
import type { AttributionData } from '../../packages/core/src/engine/types.ts';
import { presentable } from '../../packages/core/src/engine/maps.ts';
import { readOnnx } from '../../packages/core/src/graph/index.ts';
import { cpu } from '../../packages/core/src/index.ts';
import { bindModel } from '../../packages/core/src/model/bind.ts';
import { Job } from '../../packages/core/src/model/job.ts';
import { Network } from '../../packages/core/src/model/network.ts';
import { resolveOptions } from '../../packages/core/src/plugin/options.ts';
import type { Model } from '../../packages/core/src/model/model.ts';
import { classTarget } from '../../packages/core/src/model/target.ts';
import type { Method, ModelWith, Need, Tensor } from '../../packages/core/src/plugin/index.ts';
import ablationCam from '../../packages/methods/ablation-cam/src/index.ts';
import cam from '../../packages/methods/cam/src/index.ts';
import cameras from '../../packages/methods/cameras/src/index.ts';
import cexCnn from '../../packages/methods/cex-cnn/src/index.ts';
import gradCamPlusPlus from '../../packages/methods/grad-cam-plus-plus/src/index.ts';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import groupCam from '../../packages/methods/group-cam/src/index.ts';
import layerCam from '../../packages/methods/layer-cam/src/index.ts';
import liftCam from '../../packages/methods/lift-cam/src/index.ts';
import normGrad from '../../packages/methods/norm-grad/src/index.ts';
import scoreCam from '../../packages/methods/score-cam/src/index.ts';
import shapCam from '../../packages/methods/shap-cam/src/index.ts';
import wgradCam from '../../packages/methods/wgrad-cam/src/index.ts';
import xgradCam from '../../packages/methods/xgrad-cam/src/index.ts';
import { contextOf } from '../suites/harness.ts';
import { compare, goldenNet, skip, type GoldenCase, type GoldenNet } from './cases.ts';

/** Every CAM against the papers' own code in PyTorch on whole networks: each class, each layer, each number that is stored. */
const names = ['squeezenet1.1-catdog', 'resnet18-val1', 'mobilenetv2-val4'];

/** Which arrays of a layer a method must make, with which options, and where they are in what it hands back. */
interface Check {
  readonly method: Method;
  readonly options?: (golden: GoldenCase, layer: string) => Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, (result: Result) => ArrayLike<number>>>;
  /** What the model is said to answer, instead of asking it. */
  readonly tap?: (golden: GoldenCase, layer: string) => Awaited<ReturnType<Model['tap']>> | undefined;
}
type Options = Readonly<Record<string, unknown>>;
type Result = Pick<AttributionData, 'map' | 'coefficients' | 'extras'> & { readonly heat?: Tensor };
const coefficients = ({ coefficients: values }: Result): ArrayLike<number> => values!.data;
const map = ({ map: values }: Result): ArrayLike<number> => values.data;
const heat = ({ heat: values }: Result): ArrayLike<number> => values!.data;
const extra =
  (name: string) =>
  ({ extras }: Result): ArrayLike<number> =>
    (extras![name] as Tensor).data;
const variant = (value: string) => () => ({ variant: value });

// pytorch-grad-cam (…_pgc_final) also scales the map before it is resized, which the scaling afterwards undoes.
const checks: readonly Check[] = [
  {
    method: gradCam,
    arrays: { gradcam_weights: coefficients, gradcam_raw: map, gradcam_final: heat, gradcam_pgc_final: heat },
  },
  {
    method: gradCamPlusPlus,
    arrays: { gradcampp_official_weights: coefficients, gradcampp_official_raw: map },
  },
  {
    method: gradCamPlusPlus,
    options: variant('unnormalised'),
    arrays: { gradcampp_pgc_weights: coefficients, gradcampp_pgc_raw: map, gradcampp_pgc_final: heat },
  },
  // Its denominators pass through zero: what float32 leaves open in a gradient (1e-6) moves these weights by 1 %. So the formula is
  // held to the stored gradient, and only where none is stored (it is constant there) to the network's.
  {
    method: gradCamPlusPlus,
    options: variant('torch-cam'),
    arrays: { gradcampp_torchcam_weights: coefficients },
    tap: storedTap,
  },
  { method: xgradCam, arrays: { xgradcam_weights: coefficients, xgradcam_raw: map } },
  {
    method: xgradCam,
    options: () => ({ epsilon: 1e-7 }),
    arrays: { xgradcam_pgc_weights: coefficients, xgradcam_pgc_final: heat },
  },
  { method: wgradCam, arrays: { wgradcam_weights: coefficients } },
  { method: layerCam, arrays: { layercam_raw: map, layercam_pgc_final: heat } },
  { method: normGrad, arrays: { normgrad: map } },
  { method: normGrad, options: variant('selective'), arrays: { normgrad_selective: map } },
  { method: cam, arrays: { cam_raw: map } },
  { method: liftCam, arrays: { lift_weights: coefficients, lift_raw: map, lift_final_official: heat } },
  { method: ablationCam, arrays: { ablation_weights: coefficients, ablation_raw: map } },
  { method: cexCnn, arrays: { cexcnn_delta: extra('delta') } },
  {
    method: shapCam,
    options: (golden, layer) => ({ permutations: golden.tensor(`${layer}/shap_permutations`) }),
    arrays: { shap_weights: coefficients, shap_raw: map },
  },
  { method: scoreCam, arrays: { scorecam_weights: coefficients, scorecam_raw: map, scorecam_final: heat } },
  {
    method: groupCam,
    arrays: {
      groupcam_scores: extra('scores'),
      groupcam_final: heat,
      groupcam_guarded_scores: extra('scores'),
      groupcam_guarded_final: heat,
    },
  },
  { method: cameras, options: () => ({ sizes: 3, step: 100 }), arrays: { cameras_final: heat } },
];

if (skip) describe('CAMs on whole networks', { skip }, () => undefined);
else for (const name of names) describe(`CAMs on ${name}`, () => netSuite(name));

function netSuite(name: string): void {
  const net = goldenNet(name);
  const engine = new Engine();
  for (const { method } of checks) engine.register(method);
  before(async () => {
    await engine.load(new Uint8Array(readFileSync(net.model)));
  });
  after(() => engine.dispose());

  for (const golden of net.classes) {
    for (const { method, options, arrays, tap } of checks) {
      for (const layer of new Set(Object.keys(arrays).flatMap((array) => golden.layers(array)))) {
        const given = options?.(golden, layer) ?? {};
        const title = typeof given['variant'] === 'string' ? `${method.name}, ${given['variant']}` : method.name;
        it(`${golden.name}: ${title} at ${layer}`, async (t) => {
          const request = { method: method.name, target: golden.index, options: { layer, ...given } };
          const known = tap?.(golden, layer);
          const otherSizes = method === cameras && name.startsWith('squeezenet');
          const result: Result = known
            ? await replayed(method, known, request.options)
            : otherSizes
              ? await asTrained(method, net, golden.index, request.options)
              : await engine.explain(net.input, request);
          for (const [array, read] of Object.entries(arrays)) {
            if (golden.layers(array).includes(layer)) within(t, golden, `${layer}/${array}`, read(result));
          }
        });
      }
    }
  }
}

/**
 * A method on SqueezeNet as PyTorch has it: its pools round up (ceil_mode), which its .onnx file does not say. On 224 × 224 pictures
 * that is the same network (111, 55 and 27 leave no remainder); on those of 324 and 424 that CAMERAS sees, it is another one.
 */
async function asTrained(method: Method, net: GoldenNet, index: number, options: Options): Promise<Result> {
  const file = readOnnx(new Uint8Array(readFileSync(net.model)));
  const nodes = file.nodes.map((node) =>
    node.op === 'MaxPool' ? { ...node, attributes: { ...node.attributes, ceil_mode: 1 } } : node,
  );
  const backend = await cpu();
  const job = new Job(new Network({ ...file, nodes }, backend), () => Promise.resolve());
  try {
    const resolved = resolveOptions(method.name, method.options, options);
    const result = await method.explain(bindModel(job), net.input, classTarget(index), resolved, contextOf(undefined));
    return { ...result, ...presentable(result.map, method.display, job.info, backend.kernels) };
  } finally {
    await backend.dispose();
  }
}

function storedTap(golden: GoldenCase, layer: string): Awaited<ReturnType<Model['tap']>> | undefined {
  if (!golden.stores(`${layer}/G`)) return undefined;
  return { activation: golden.tensor(`${layer}/A`), gradient: golden.tensor(`${layer}/G`), score: NaN };
}

/** A method on a model that answers with what is stored. */
function replayed(method: Method, known: Awaited<ReturnType<Model['tap']>>, options: Options): Promise<Result> {
  const model = { tap: () => Promise.resolve(known) } as unknown as ModelWith<Need>;
  const { activation } = known;
  return method.explain(model, activation, classTarget(0), options as never, contextOf(undefined));
}

/** Says, visibly, where results.json wants an entry not to be tested. */
function within(t: TestContext, golden: GoldenCase, name: string, actual: ArrayLike<number>): void {
  const { array, tolerance, unusable } = golden.entry(name);
  if (unusable) return t.diagnostic(`${name} left out: ${unusable}`);
  const { difference, allowed, measure } = compare(actual, array.data, tolerance);
  t.diagnostic(`${name}: ${measure} ${difference.toExponential(1)}, allowed ${allowed}`);
  assert.ok(difference <= allowed, `${name}: ${measure} ${difference}, allowed ${allowed}`);
}
