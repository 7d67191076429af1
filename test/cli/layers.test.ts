import assert from 'node:assert/strict';
import { it } from 'node:test';
import layerCam from '../../packages/methods/layer-cam/src/index.ts';
import gradCam from '../../packages/methods/grad-cam/src/index.ts';
import { word } from '../../packages/cli/src/values.ts';

it('--layer takes several layers with commas where the method fuses them, and one name elsewhere', () => {
  assert.deepEqual(word('a,b', layerCam.options.layer), ['a', 'b']);
  assert.deepEqual(word('a, b', layerCam.options.layer), ['a', 'b']);
  assert.deepEqual(word('a', layerCam.options.layer), ['a']);
  assert.equal(word('a,b', gradCam.options.layer), 'a,b');
});
