import { SightlineError, type LoadOptions, type ModelSummary } from '@sightline/core';

export interface Fitted {
  readonly summary: ModelSummary;
  /** What was asked for, as far as it fits the model. */
  readonly options: LoadOptions;
  /** What does not, in sentences for the user. */
  readonly unused: readonly string[];
}

/**
 * Loads a model with class names and preprocessing that may be another model's: what these must be like, only the loaded model
 * tells. Loads once where all of it fits; what does not is left out, for a wrong name or value is worse than none.
 */
export async function loadFitting(
  load: (options: LoadOptions) => Promise<ModelSummary>,
  asked: LoadOptions,
): Promise<Fitted> {
  let refused: SightlineError | undefined;
  try {
    const summary = await load(asked);
    if (misfits(asked, summary).length === 0) return { summary, options: asked, unused: [] };
  } catch (error) {
    if (!(error instanceof SightlineError && error.code === 'bad-option')) throw error;
    refused = error;
  }
  const { labels, preprocessing, ...plain } = asked;
  const summary = await load(plain);
  const wrong = misfits(asked, summary);
  // It was not for one of these that it was refused.
  if (refused && wrong.length === 0) throw refused;
  const left = (part: Misfit['part']): boolean => asked[part] !== undefined && !wrong.some((one) => one.part === part);
  const options: LoadOptions = {
    ...plain,
    ...(labels && left('labels') && { labels }),
    ...(preprocessing && left('preprocessing') && { preprocessing }),
  };
  return {
    summary: left('labels') || left('preprocessing') ? await load(options) : summary,
    options,
    unused: wrong.map(({ why }) => why),
  };
}

interface Misfit {
  readonly part: 'labels' | 'preprocessing';
  readonly why: string;
}

function misfits({ labels, preprocessing }: LoadOptions, { classes, input: [channels] }: ModelSummary): Misfit[] {
  const found: Misfit[] = [];
  if (labels && labels.length !== classes)
    found.push({ part: 'labels', why: `${labels.length} names for ${classes} classes: not used.` });
  const values = preprocessing?.mean255?.length ?? channels;
  if (values !== channels)
    found.push({
      part: 'preprocessing',
      why: `Mean and deviation of ${values} channels for a model of ${channels}: not used.`,
    });
  return found;
}
