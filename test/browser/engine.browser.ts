/** The engine in a browser's page, on the sources: no build, no worker. */
import { Engine } from '@sightline/core';
import gradCam from '@sightline/method-grad-cam';
import deletion from '@sightline/metric-deletion';
import { classNames, drawScene, modelUrl, preprocessing } from '@sightline/scenes';

/** The runner's own (mocha). */
declare function it(name: string, work: () => Promise<void> | void): void;
const holds = (fact: boolean, what: string): void => {
  if (!fact) throw new Error(what);
};

it('is cross-origin isolated, which threads need', () => {
  holds(globalThis.crossOriginIsolated, 'crossOriginIsolated is false');
});

it('explains the embedded model’s own class where the object is', async () => {
  const engine = new Engine();
  engine.register(gradCam);
  engine.register(deletion);
  const bytes = new Uint8Array(await (await fetch(modelUrl)).arrayBuffer());
  await engine.load(bytes, { preprocessing, labels: classNames });
  const { picture, label, box } = drawScene(4);
  const [top] = await engine.classify(picture, 1);
  holds(top?.index === label, `${top?.label}, not ${classNames[label]}`);
  const { heat, input, saliency } = await engine.explain(picture, { method: 'grad-cam', target: label });
  const peak = heat.data.indexOf(Math.max(...heat.data));
  const [x, y] = [peak % 64, Math.floor(peak / 64)];
  const [left, upper, right, lower] = box;
  holds(x >= left && x <= right && y >= upper && y <= lower, `the peak ${x}, ${y} is outside of ${box.join(' ')}`);
  const { value } = await engine.evaluate({ metric: 'deletion', input, map: saliency, target: label });
  holds(value > 0 && value < 0.5, `deletion ${value}`);
  await engine.dispose();
});
