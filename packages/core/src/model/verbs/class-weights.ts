import { SightlineError } from '../../errors.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { Job } from '../job.ts';
import { linearHead } from '../linear-head.ts';
import type { Model } from '../model.ts';
import { weightsOf } from '../target.ts';

export const classWeights = (job: Job): Model['classWeights'] =>
  async function (target, layer) {
    const { network, info, pause } = job;
    const classes = weightsOf(target, info.classes);
    if (target.of !== 'logit')
      throw new SightlineError('unsupported', 'the weights of a class make its logit: a probability has none');
    await pause();
    const { dims, data } = linearHead(network.classifier(1, network.layer(layer)));
    const [, K] = dims as [number, number];
    const sums = new Float64Array(K);
    classes.forEach((weight, c) => {
      if (weight !== 0) for (let k = 0; k < K; k++) sums[k]! += weight * data[c * K + k]!;
    });
    return tensor([K], Float32Array.from(sums));
  };
