import type { Node } from '@sightline/core/graph';

/** A node in a message: by its name in the model where it has one; those of a gradient have none. */
export function named({ name, op, domain, outputs }: Node): string {
  const known = name || outputs.find((output) => output.name)?.name;
  const full = domain === '' ? op : `${domain}:${op}`;
  return known ? `node '${known}' (${full})` : `a node without a name (${full})`;
}
