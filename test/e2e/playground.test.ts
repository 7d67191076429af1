import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { serve, type Served } from '../../scripts/serve.mjs';
import { Attribution } from '@sightline/core';
import { engines, type Page } from '../browsers.ts';
import { dist, Playground, root } from './playground.ts';

let served: Served;
let folder: string;
before(async () => {
  served = await serve({ '/': dist }, 0);
  folder = mkdtempSync(join(tmpdir(), 'sightline-'));
});
after(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const engine of engines()) {
  if (engine.skip !== undefined) {
    test(`playground in ${engine.name}`, { skip: engine.skip }, () => undefined);
    continue;
  }
  describe(`playground in ${engine.name}`, () => {
    let page: Page;
    let playground: Playground;
    before(async () => {
      page = await engine.launch();
      playground = new Playground(page, engine.name);
      await page.goto(`${served.url}/`);
    });
    after(() => page?.close());

    test('opens with a picture explained and measured', async () => {
      await playground.idle();
      await playground.screenshot('1-opened');
      assert.equal(await playground.text('#message-text'), '');
      const predictions = await page.evaluate(() =>
        [...document.querySelectorAll('#predictions button')].map((button) => button.textContent),
      );
      assert.equal(predictions.length, 5);
      assert.match(predictions[0] ?? '', /^[a-z]+\d/);
      assert.ok((await playground.canvas()).colours > 100, 'the canvas shows a picture');
      for (const metric of ['deletion', 'insertion', 'average-drop']) {
        const value = await page.evaluate(
          (name) => document.querySelector<HTMLElement>(`[data-testid="metric-${name}"] .value`)?.dataset['value'],
          metric,
        );
        assert.ok(Number.isFinite(Number(value)) && value !== undefined, `${metric}: ${value}`);
      }
      assert.equal(await page.evaluate(() => document.querySelectorAll('.metric svg path.line').length >= 2), true);
      assert.match(
        await playground.text('[data-testid="metric-average-drop"] p'),
        /the class has \d+ % in the whole picture/,
      );
      const chosen = await page.evaluate(() => document.querySelector<HTMLSelectElement>('#method')?.value);
      assert.equal(chosen, 'lift-cam', 'a quick one to begin with');
      assert.deepEqual(page.errors, []);
    });

    test('another class gives another map', async () => {
      const before = await playground.canvas();
      const name = await page.evaluate(() => {
        const button = document.querySelectorAll<HTMLButtonElement>('#predictions button')[1]!;
        button.click();
        return button.querySelector('span')?.textContent ?? '';
      });
      await page.waitFor(
        'the second class to be marked',
        () => document.querySelectorAll('#predictions button')[1]?.getAttribute('aria-pressed') === 'true',
      );
      await playground.idle();
      assert.match(await playground.text('#caption'), new RegExp(`^${name}`));
      assert.notEqual((await playground.canvas()).sum, before.sum);
      await playground.set('#class-index', '3');
      await page.click('#explain-class');
      await page.waitFor('class 3', () => document.querySelector<HTMLElement>('#view')?.dataset['class'] === '3');
      await playground.idle();
    });

    test('every method explains', async () => {
      await playground.check('#auto-measure', false);
      const methods = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLOptionElement>('#method option')].map(({ value }) => value),
      );
      for (const name of ['grad-cam', 'lift-cam', 'integrated-gradients', 'rise'])
        assert.ok(methods.includes(name), `${name} in ${methods.join()}`);
      await page.click('#predictions button');
      // Its run would end amid the first method's, with a status of its own.
      await page.waitFor(
        'the first class to be marked',
        () => document.querySelector('#predictions button')?.getAttribute('aria-pressed') === 'true',
      );
      await playground.idle();
      const sums = new Set<number>();
      for (const method of methods) {
        await playground.set('#method', method);
        if (method === 'rise') await playground.set('#option-masks', '256');
        if (/press Explain/.test(await playground.text('#status'))) await page.click('#explain');
        await playground.idle(method);
        sums.add((await playground.canvas()).sum);
        await playground.screenshot(`2-${method}`);
      }
      // Where the head is linear, several methods are one and the same by their definitions.
      assert.ok(sums.size > methods.length / 2, `${methods.length} methods draw ${sums.size} maps`);
      assert.equal(await playground.text('#message-text'), '');
    });

    test('a method that takes long waits for its button, whatever else changes', async () => {
      await playground.set('#method', 'rise');
      await page.click('#draw-pair');
      await playground.waiting();
      await page.click('#preprocessing summary');
      await page.click('#apply');
      await playground.waiting();
      await playground.set('#option-masks', '256');
      await page.click('#explain');
      await playground.idle('rise');
    });

    test('a long run leaves the page alive, and can be cancelled', async () => {
      await playground.set('#method', 'rise');
      await playground.set('#option-masks', '100000');
      const shown = (): Promise<string | undefined> =>
        page.evaluate(() => document.querySelector<HTMLElement>('#view')?.dataset['class']);
      const before = await shown();
      await page.click('#predictions li:nth-child(3) button');
      await page.waitFor('progress', () => document.querySelector<HTMLProgressElement>('#progress')!.value > 0, [], {
        timeout: 60_000,
      });
      const { count, longest } = await playground.frames(2000);
      assert.ok(count > 8 && longest < 750, `${count} frames, the longest took ${longest} ms`);
      await playground.screenshot('3-running');
      await page.click('#cancel');
      await page.waitFor('the run to end', () => document.body.dataset['state'] === 'idle');
      assert.match(await playground.text('#status'), /cancelled/);
      assert.equal(await playground.text('#message-text'), '');
      await playground.set('#method', 'grad-cam');
      await playground.idle('grad-cam');
      assert.equal(await shown(), before, 'a class that was cancelled is not the next one explained');
    });

    test('shows where it can run, why not elsewhere, and moves there', { timeout: 240_000 }, async () => {
      await page.waitFor('every probe', () =>
        [...document.querySelectorAll('#backends small')].every((note) => note.textContent !== 'looking …'),
      );
      const backends = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLInputElement>('#backends input')].map(({ value, disabled }) => ({
          name: value,
          disabled,
          note: document.querySelector(`#backend-${value}-note`)?.textContent ?? '',
        })),
      );
      assert.deepEqual(backends.map(({ name }) => name).sort(), ['cpu', 'webgpu', 'webnn']);
      for (const { name, disabled, note } of backends) {
        if (disabled) assert.match(note, /\w+ \w+/, `${name} says why it is not there`);
      }
      await playground.screenshot('5-backends');
      if (engine.name === 'chromium') {
        const off = backends.filter(({ disabled }) => disabled).map(({ name, note }) => `${name}: ${note}`);
        assert.deepEqual(off, [], 'this browser has them all');
      }
      for (const { name } of backends.filter(({ name, disabled }) => name !== 'cpu' && !disabled)) {
        await page.click(`[data-testid="backend-${name}"]`);
        await page.waitFor(
          `an explanation on ${name}`,
          (wanted) =>
            document.querySelector('#backend-about')?.textContent?.startsWith(`This one ran on ${wanted}.`) === true,
          [name],
          { timeout: 90_000 },
        );
        await playground.idle('grad-cam');
      }
      await page.click('[data-testid="backend-cpu"]');
      await page.waitFor(
        'the CPU again',
        () => document.querySelector('#backend-about')?.textContent?.startsWith('This one ran on cpu.') === true,
      );
      await playground.idle('grad-cam');
      assert.equal(await playground.text('#message-text'), '');
    });

    test('saves a PNG and JSON', async () => {
      await page.click('#measure');
      await playground.idle('grad-cam');
      const png = await playground.saved('#save-png');
      assert.match(png.name, /^grad-cam-[\w-]+\.png$/);
      assert.deepEqual([...png.bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      assert.ok(png.bytes.readUInt32BE(16) >= 512 && png.bytes.length > 5000, 'a picture of some size');
      const json = await playground.saved('#save-json');
      assert.match(json.name, /\.json$/);
      const saved = JSON.parse(json.bytes.toString()) as { evaluations: { metric: string; value: number }[] };
      const attribution = Attribution.fromJSON(saved);
      assert.equal(attribution.method, 'grad-cam');
      assert.deepEqual(attribution.saliency.dims, [64, 64]);
      assert.ok(attribution.map.data.length > 1 && attribution.map.data.every(Number.isFinite));
      const measured = saved.evaluations.map(({ metric }) => metric);
      // The last of them wants to be told where the object is, which is known of a picture that was drawn here.
      for (const metric of ['average-drop', 'deletion', 'insertion', 'energy-pointing-game'])
        assert.ok(measured.includes(metric), `${metric} in ${measured.join()}`);
    });

    test('a file that is no model, or no picture, is told and changes nothing', async () => {
      const junk = join(folder, 'junk.onnx');
      writeFileSync(junk, 'This is a shopping list: bread, olives, tea.');
      await page.setFile('#model-file', junk);
      await page.waitFor('a message', () => !document.querySelector<HTMLElement>('#message')!.hidden);
      assert.match(await playground.text('#message-text'), /junk\.onnx: \w+ \w+/);
      assert.doesNotMatch(await playground.text('#status'), /junk/, 'what is still on show is not of that file');
      await playground.screenshot('4-not-a-model');
      const picture = join(folder, 'broken.png');
      writeFileSync(picture, 'no picture either');
      await page.setFile('#picture-file', picture);
      await page.waitFor('the other message', () =>
        /broken\.png/.test(document.querySelector('#message-text')?.textContent ?? ''),
      );
      await page.click('#message-close');
      await page.click('#draw-pair');
      await page.waitFor(
        'the new picture',
        () => document.querySelector('#view')?.getAttribute('aria-label')?.startsWith('pair') === true,
      );
      await playground.idle('grad-cam');
      assert.equal(await playground.text('#message-text'), '');
    });

    test("takes the user's own picture and model", async () => {
      const { bytes } = await playground.saved('#save-png');
      const picture = join(folder, 'own.png');
      writeFileSync(picture, bytes);
      await page.setFile('#picture-file', picture);
      await page.waitFor(
        'the picture',
        () => document.querySelector('#view')?.getAttribute('aria-label')?.startsWith('own.png') === true,
      );
      await playground.idle('grad-cam');
      await page.setFile('#model-file', join(root, 'packages/scenes/model/scenes.onnx'));
      await page.waitFor(
        'the model',
        () => document.querySelector('#model-about')?.textContent?.startsWith('scenes.onnx') === true,
      );
      await playground.idle('grad-cam');
      assert.match((await playground.text('#predictions')).trim(), /^class \d/);
      assert.equal(await playground.text('#message-text'), '');
      assert.equal(await page.evaluate(() => document.querySelector<HTMLDetailsElement>('#preprocessing')?.open), true);
      await playground.set('#mean', 'three, of, these');
      await page.click('#apply');
      await page.waitFor('a message', () => !document.querySelector<HTMLElement>('#message')!.hidden);
      await page.click('#embedded');
      await page.waitFor(
        'the embedded model',
        () => document.querySelector('#model-about')?.textContent?.startsWith('the embedded model') === true,
      );
      await playground.idle('grad-cam');
    });
  });
}
