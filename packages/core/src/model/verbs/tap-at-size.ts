import { SightlineError } from '../../errors.ts';
import type { Graph } from '../../graph/value.ts';
import { pictureInput, targetFeed, type Job } from '../job.ts';
import type { Model } from '../model.ts';
import { readTarget } from '../network.ts';
import { targetInput } from '../target.ts';
import { tapGraph } from './tap.ts';

export const tapAtSize = (job: Job): Model['tapAtSize'] =>
  async function (input, target, layer) {
    const { network, info, pause } = job;
    const { weights, feed } = targetFeed(target, info);
    const [, channels, height, width] = input.dims as [number, number, number, number];
    if (input.dims.length !== 4 || input.dims[0] !== 1 || channels !== info.input[0] || !(height >= 1 && width >= 1)) {
      const [found, right] = [input.dims.join(', '), `[1, ${info.input[0]}, H, W]`];
      throw new SightlineError('bad-input', `a picture of another size is ${right}, not [${found}]`);
    }
    const name = network.layer(layer);
    await pause();
    const build = (): Graph => tapGraph(network.classifierAt([height, width], name), target.of);
    const feeds = { [pictureInput(job)]: input, [targetInput]: feed };
    const got = await job.run(`tap ${name} ${target.of} at ${height} ${width}`, build, feeds);
    const [score] = readTarget(got['logits']!, target, weights, 1);
    return { activation: got['activation']!, gradient: got['gradient']!, score: score! };
  };
