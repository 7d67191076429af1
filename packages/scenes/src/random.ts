/** The one place that reaches into core: the project's seeded generator. Its `normal()` is not used, since Math.log and Math.cos differ between engines. */
export { random } from '@sightline/core/tensor';
export type { Random } from '@sightline/core/tensor';
