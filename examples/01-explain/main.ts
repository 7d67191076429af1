import { createExplainer } from '@sightline/core';
import { classNames, drawPair, modelUrl, preprocessing } from '@sightline/scenes';

const explainer = await createExplainer({
  worker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
  engine: { runtime: { url: new URL('./ort/ort.wasm.min.mjs', import.meta.url).href } },
  model: modelUrl,
  loadOptions: { preprocessing, labels: classNames },
});
const { picture } = drawPair(5);
const attribution = await explainer.explain(picture, { method: 'lift-cam', target: 'top' });
const { value } = await explainer.evaluate({ metric: 'deletion', input: picture, map: attribution.map });

const canvas = document.querySelector<HTMLCanvasElement>('#heat')!;
canvas.getContext('2d')!.putImageData(attribution.toImageData({ over: picture }), 0, 0);
document.querySelector('#words')!.textContent =
  `${attribution.class?.label}, explained by ${attribution.title}; deletion ${value.toFixed(3)} (lower is better)`;
