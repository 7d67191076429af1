import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from '../browsers.ts';
import { openPage, type PageGlobals, type RealPage } from './real-page.ts';

declare const createExplainer: PageGlobals['createExplainer'];
declare const told: PageGlobals['told'];
declare const input: PageGlobals['input'];
declare const fake: PageGlobals['fake'];

let real: RealPage;
let page: Page;
before(async () => {
  real = await openPage();
  ({ page } = real);
});
after(() => real?.close());

describe('what a page hands over', () => {
  test('what a page shows is the picture that its pixels are: a canvas, an ImageBitmap, an <img>', async () => {
    const shown = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 3, height: 2 });
      const context = canvas.getContext('2d')!;
      context.fillStyle = 'rgb(10, 20, 30)';
      context.fillRect(0, 0, 3, 2);
      const image = new Image();
      const unloaded = new Image();
      image.src = canvas.toDataURL('image/png');
      image.width = 300; // as it is shown, which is not what it is
      await image.decode();
      const explainer = await createExplainer({ ...fake, plugins: ['/plugins/first-pixel.js'] });
      const pixels = [];
      for (const source of [canvas, await createImageBitmap(canvas), image]) {
        const { map } = await explainer.explain(source, { method: 'first-pixel' });
        pixels.push([...map.data]);
      }
      const refused = [unloaded, await (await fetch(image.src)).blob(), '/cat.png', null].map((source) =>
        explainer.explain(source as never, { method: 'first-pixel' }).catch(told),
      );
      const errors = (await Promise.all(refused)) as { message: string; code: string }[];
      explainer.terminate();
      return { pixels, errors: errors.map(({ message, code }) => `${code}: ${message}`) };
    });
    assert.deepEqual(shown.pixels, Array(3).fill([3, 2, 10, 20, 30, 255]));
    assert.match(shown.errors[0]!, /^bad-input: .*has not loaded/);
    assert.match(shown.errors[1]!, /^bad-input: .*createImageBitmap/);
    for (const error of shown.errors.slice(2)) assert.match(error, /^bad-input: the input must be an image, a canvas/);
  });

  test('what createExplainer and explain are given and do not know is refused, with near names', async () => {
    const errors = (await page.evaluate(async () => {
      const explainer = await createExplainer(fake);
      const wrong = [
        () => createExplainer({ ...fake, preprocessing: {} } as never),
        () => createExplainer({ ...fake, plugins: {} } as never),
        () => explainer.explain(input(), { method: 'plain', layer: 'conv' } as never),
        () => explainer.explain(input(), undefined as never),
        () => explainer.evaluate({ metric: 'x', mapp: 1, input: input() } as never),
      ];
      const errors = [];
      for (const one of wrong) errors.push(told(await one().catch((error: unknown) => error)));
      explainer.terminate();
      return errors;
    })) as { message: string; code: string }[];
    assert.deepEqual([...new Set(errors.map(({ code }) => code))], ['bad-option']);
    const messages = [
      /'preprocessing'/,
      /plugins is a list/,
      /no field 'layer'/,
      /is an object/,
      /'mapp': did you mean map/,
    ];
    messages.forEach((message, i) => assert.match(errors[i]!.message, message));
  });
});
