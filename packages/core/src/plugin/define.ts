import type { OptionSchemas } from './options.ts';
import type { Method, MethodSpec, Metric, MetricSpec, Need } from './types.ts';

/** A method as a plugin: the default export of its module. The types of `needs` and `options` reach `explain`. */
export const defineMethod = <const N extends Need, const O extends OptionSchemas>(
  spec: MethodSpec<N, O>,
): Method<N, O> => ({
  kind: 'method',
  ...spec,
});

/** A metric as a plugin: the default export of its module. */
export const defineMetric = <const N extends Need, const O extends OptionSchemas>(
  spec: MetricSpec<N, O>,
): Metric<N, O> => ({
  kind: 'metric',
  ...spec,
});
