import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '../../scripts/serve.mjs';
import { engines } from '../browsers.ts';
import { root } from './playground.ts';

for (const { name, skip, launch } of engines()) {
  test(`01-explain in ${name}`, { skip: skip ?? false }, async () => {
    const served = await serve({ '/': join(root, 'examples/01-explain/dist') }, 0);
    const page = await launch();
    try {
      await page.goto(`${served.url}/`);
      const done = (): boolean => /lower is better/.test(document.querySelector('#words')?.textContent ?? '');
      await page.waitFor('the explanation', done, [], { timeout: 60_000 });
      const colours = await page.evaluate(() => {
        const { data } = document
          .querySelector<HTMLCanvasElement>('#heat')!
          .getContext('2d')!
          .getImageData(0, 0, 64, 64);
        return new Set(new Uint32Array(data.buffer)).size;
      });
      assert.ok(colours > 500, `${colours} colours`);
      assert.deepEqual(page.errors, []);
    } finally {
      await page.close();
      await served.close();
    }
  });
}
