import { clusterMetrics } from './cluster-metrics.js';
import { destinationMetrics } from './destination-metrics.js';
import { channelMetrics, gatewayMetrics } from './gateway-metrics.js';
import type { MetricFamily } from './metric-family.js';
import { processMetrics } from './process-metrics.js';
import { sourceMetrics } from './source-metrics.js';

/**
 * All metrics with a fixed set of labels, in the order of the documentation; `cloudpush_channel_info` beside
 * them has any.
 */
export const metricFamilies: readonly MetricFamily[] = [
  ...gatewayMetrics,
  ...clusterMetrics,
  ...channelMetrics,
  ...sourceMetrics,
  ...destinationMetrics,
  ...processMetrics,
];
