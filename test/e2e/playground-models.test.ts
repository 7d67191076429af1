import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { apply, constant, gemm, input, numbers, relu, writeOnnx } from '@sightline/core/graph';
import { serve, type Served } from '../../scripts/serve.mjs';
import { engines, type Page } from '../browsers.ts';
import { convolution, drawing, gap } from '../nets/layers.ts';
import { dist, Playground, root } from './playground.ts';

const draw = drawing(3);
const scenes = readFileSync(join(root, 'packages/scenes/model/scenes.onnx'));

/** One channel in. */
function gray(): Uint8Array {
  const x = input('x', [1, 1, 16, 16]);
  const A = relu(convolution(x, draw([4, 1, 3, 3])));
  return writeOnnx({ inputs: [x], outputs: { logits: gemm(gap(A), draw([6, 4]), true) } });
}

/** As 8-bit networks are: an op without a gradient, and no layer to look into. */
function quantised(): Uint8Array {
  const x = input('x', [1, 3, 16, 16]);
  const scale = numbers([], new Float32Array([1 / 16]));
  const zero = constant({ type: 'uint8', dims: [], data: new Uint8Array([128]) });
  const bytes = apply('QuantizeLinear', [gap(x), scale, zero]);
  const logits = gemm(apply('DequantizeLinear', [bytes, scale, zero]), draw([6, 3]), true);
  return writeOnnx({ inputs: [x], outputs: { logits } });
}

let served: Served;
before(async () => void (served = await serve({ '/': dist }, 0)));
after(() => served.close());

for (const engine of engines()) {
  if (engine.skip !== undefined) {
    test(`models in ${engine.name}`, { skip: engine.skip }, () => undefined);
    continue;
  }
  describe(`models of the user's own, on a phone with ${engine.name}`, () => {
    let page: Page;
    let playground: Playground;
    before(async () => {
      page = await engine.launch({ width: 375, height: 667 });
      playground = new Playground(page, engine.name);
      await page.goto(`${served.url}/`);
      await playground.idle('lift-cam');
      await playground.check('#auto-measure', false);
    });
    after(() => page?.close());

    const loaded = (name: string): Promise<void> =>
      page.waitFor(
        `the model ${name}`,
        (wanted) => document.querySelector('#model-about')?.textContent?.startsWith(wanted) === true,
        [name],
      );
    const options = (selector: string): Promise<readonly { value: string; disabled: boolean; title: string }[]> =>
      page.evaluate(
        (s) =>
          [...document.querySelectorAll<HTMLOptionElement>(`${s} option`)].map(({ value, disabled, title }) => ({
            ...{ value, disabled, title },
          })),
        selector,
      );

    test('shows what comes of a press below the map', async () => {
      const above = await page.evaluate(() => {
        document.querySelector('#explain')!.scrollIntoView({ behavior: 'instant' });
        return document.querySelector('#status')!.getBoundingClientRect().bottom < 0;
      });
      assert.ok(above, 'the progress is off the screen at first');
      await page.click('#explain');
      await page.waitFor('the progress on the screen', () => {
        const { top, bottom } = document.querySelector('#status')!.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
      await playground.idle('lift-cam');
      await playground.screenshot('6-phone');
    });

    test('outlines the button of a file field, and no other', async () => {
      // So that the focus that comes next is the keyboard's.
      await page.press('Tab');
      const outlined = await page.evaluate(() => {
        document.querySelector<HTMLInputElement>('#picture-file')!.focus();
        return ['label[for="picture-file"]', '#draw-scene'].map(
          (selector) => getComputedStyle(document.querySelector(selector)!).outlineStyle,
        );
      });
      assert.deepEqual(outlined, ['solid', 'none']);
    });

    test('uses a list of class names that has one for each class, and no other', async () => {
      const names = Array.from({ length: 8 }, (_, i) => `name ${i}`);
      await playground.choose('#model-file', {
        'scenes.onnx': scenes,
        'labels.txt': `background\n${names.join('\n')}`,
      });
      await loaded('scenes.onnx');
      await playground.idle('lift-cam');
      assert.match(await playground.text('#message-text'), /9 names for 8 classes: not used/);
      assert.match(await playground.text('#model-about'), /9 names for 8 classes: not used/);
      assert.match((await playground.text('#predictions')).trim(), /^class \d/);
      await playground.screenshot('7-labels');
      // A class without a name keeps its line.
      names[0] = '';
      await playground.choose('#model-file', { 'scenes.onnx': scenes, 'labels.txt': `${names.join('\n')}\n` });
      await page.waitFor('names', () => /name \d/.test(document.querySelector('#predictions')?.textContent ?? ''));
      await playground.idle('lift-cam');
      assert.equal(await playground.text('#message-text'), '');
      await playground.set('#class-index', '7');
      await page.click('#explain-class');
      await page.waitFor('class 7', () => document.querySelector('#caption b')?.textContent === 'name 7');
      await playground.idle('lift-cam');
    });

    test('explains a network of one channel, and offers what fits it', async () => {
      await playground.choose('#model-file', { 'gray.onnx': gray() });
      await loaded('gray.onnx');
      await playground.idle('lift-cam');
      assert.equal(await playground.text('#message-text'), '');
      assert.deepEqual(
        (await options('#order')).map(({ value }) => value),
        ['gray'],
      );
      assert.deepEqual(
        (await options('#preset')).map(({ value }) => value),
        ['unit', 'signed', 'bytes', 'custom'],
      );
      await playground.set('#std', '-1');
      await page.click('#apply');
      await page.waitFor('a message', () =>
        /must be more than 0/.test(document.querySelector('#message-text')?.textContent ?? ''),
      );
      await playground.set('#preset', 'signed');
      await page.click('#apply');
      await playground.idle('lift-cam');
      assert.equal(await playground.text('#message-text'), '');
      // What was set for three channels is not for one.
      await playground.choose('#model-file', { 'scenes.onnx': scenes });
      await loaded('scenes.onnx');
      await playground.idle('lift-cam');
      await playground.set('#preset', 'signed');
      await playground.choose('#model-file', { 'gray.onnx': gray() });
      await loaded('gray.onnx');
      await playground.idle('lift-cam');
      assert.match(await playground.text('#message-text'), /3 channels for a model of 1: not used/);
    });

    test('offers an 8-bit network what can explain it', async () => {
      await playground.choose('#model-file', { 'quantised.onnx': quantised() });
      await loaded('quantised.onnx');
      await playground.waiting();
      const chosen = (): Promise<string | undefined> =>
        page.evaluate(() => document.querySelector<HTMLSelectElement>('#method')?.value);
      assert.equal(await chosen(), 'rise');
      const offered = await options('#method');
      assert.deepEqual(
        offered.filter(({ disabled }) => !disabled).map(({ value }) => value),
        ['rise'],
      );
      for (const { disabled, title, value } of offered)
        if (disabled) assert.match(title, /DequantizeLinear.*no gradient rule/, value);
      const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(width <= room, `the page is ${width} wide on a screen of ${room}`);
      await playground.screenshot('8-quantised');
      await playground.set('#option-masks', '64');
      await page.click('#explain');
      await playground.idle('rise');
      assert.equal(await playground.text('#message-text'), '');
      await page.click('#embedded');
      await loaded('the embedded model');
      await playground.idle('lift-cam');
      assert.deepEqual(page.errors, []);
    });
  });
}
