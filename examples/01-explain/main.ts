import { createExplainer } from '@sightline/core';
import liftCam from '@sightline/method-lift-cam';
import deletion from '@sightline/metric-deletion';
import { classNames, drawPair, modelUrl, preprocessing } from '@sightline/scenes';

const explainer = await createExplainer({
  model: modelUrl,
  plugins: [liftCam, deletion],
  loadOptions: { preprocessing, labels: classNames },
  engine: { runtime: { url: new URL('./ort/ort.wasm.min.mjs', import.meta.url).href } },
});
const { picture } = drawPair(5);
const attribution = await explainer.explain(picture, { method: 'lift-cam', target: 'top' });
const { value } = await explainer.evaluate(attribution, 'deletion');

const canvas = document.querySelector<HTMLCanvasElement>('#heat')!;
canvas.getContext('2d')!.putImageData(attribution.toImageData({ over: picture }), 0, 0);
document.querySelector('#words')!.textContent =
  `${attribution.class?.label}, explained by ${attribution.title}; deletion ${value.toFixed(3)} (lower is better)`;
