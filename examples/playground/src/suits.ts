import type { ModelSummary, PluginInfo } from '@sightline/core';

/** Verbs that run the network many times, or runs that are long. */
const asksOften: ReadonlySet<string> = new Set(['score', 'maskedScore', 'maskedSum', 'tail', 'tapAtSize']);

/** Such a method waits for its button. */
export const isSlow = ({ needs }: PluginInfo): boolean => needs.some((need) => asksOften.has(need));

/** What only runs the network, and so suits any that runs. */
const blackBox: ReadonlySet<string> = new Set(['score', 'maskedScore', 'maskedSum']);

/** Why a method cannot explain this network, as far as its summary tells. */
export function reasonAgainst({ needs }: PluginInfo, model: ModelSummary): string | undefined {
  const { undifferentiable, layers } = model;
  const inside = needs.filter((need) => !blackBox.has(need));
  // Integrated gradients and their like need no layer, but a way back through all of the network.
  if (inside.includes('gradient') && undifferentiable) return undifferentiable;
  if (layers.length > 0 || inside.every((need) => need === 'gradient')) return undefined;
  return undifferentiable ?? 'no layer of it keeps height and width';
}

/** Quick ones first; the last of them explains whatever runs. */
const preferred = ['lift-cam', 'grad-cam', 'rise'];

/** The method to begin with: the one that is wanted, where it suits the network. */
export function choose(suitable: readonly PluginInfo[], wanted: string | undefined): PluginInfo | undefined {
  const found = [wanted, ...preferred].map((name) => suitable.find((method) => method.name === name));
  return found.find((method) => method !== undefined) ?? suitable[0];
}
