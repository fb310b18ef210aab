import type { ChannelStatus } from '../state.js';
import { type MetricFamily, ofChannels, single } from './metric-family.js';

const SECONDS = 1000;

/** Of the gateway as a whole. */
export const gatewayMetrics: readonly MetricFamily[] = [
  {
    name: 'cloudpush_build_info',
    type: 'gauge',
    help: 'Always 1; the label tells the version of cloudpush.',
    labels: ['version', 'node_version'],
    *samples({ version }) {
      yield [[version, process.versions.node], 1];
    },
  },
  single({
    name: 'cloudpush_start_time_seconds',
    type: 'gauge',
    help: 'When the gateway began, in seconds since 1970.',
    value: ({ startedAt }) => startedAt / SECONDS,
  }),
  single({
    name: 'cloudpush_ready',
    type: 'gauge',
    help: '1 from the start until the gateway is told to end.',
    value: ({ ready }) => Number(ready),
  }),
  single({
    name: 'cloudpush_config_last_reload_successful',
    type: 'gauge',
    help: '0 when the configuration file was at fault when it was read last: the one before stays in force.',
    value: ({ configuration }) => Number(configuration.lastReload.successful),
  }),
  single({
    name: 'cloudpush_config_last_reload_timestamp_seconds',
    type: 'gauge',
    help: 'When the configuration file was read last, in seconds since 1970.',
    value: ({ configuration }) => configuration.lastReload.at / SECONDS,
  }),
  single({
    name: 'cloudpush_config_restart_needed',
    type: 'gauge',
    help: '1 when the file has changes that need a restart of the program.',
    value: ({ configuration }) => Number(configuration.restartNeeded.length > 0),
  }),
  {
    name: 'cloudpush_channels',
    type: 'gauge',
    help: 'Channels by their state.',
    labels: ['state'],
    *samples({ channels }) {
      const counts: Record<ChannelStatus, number> = {
        starting: 0,
        online: 0,
        degraded: 0,
        offline: 0,
        disabled: 0,
      };
      for (const { state } of channels) counts[state]++;
      for (const [state, count] of Object.entries(counts)) yield [[state], count];
    },
  },
  single({
    name: 'cloudpush_pool_bytes',
    type: 'gauge',
    help: 'Size of the memory pool for media.',
    value: ({ engine }) => engine.poolSize,
  }),
  single({
    name: 'cloudpush_pool_used_bytes',
    type: 'gauge',
    help: 'How much of the pool is in use.',
    value: ({ engine }) => engine.poolBytesInUse,
  }),
  single({
    name: 'cloudpush_max_connections',
    type: 'gauge',
    help: 'The most destinations that the engine was made for.',
    value: ({ engine }) => engine.maxConnections,
  }),
  {
    name: 'cloudpush_shard_channels',
    type: 'gauge',
    help: 'Channels of each worker thread.',
    labels: ['shard'],
    *samples({ engine }) {
      for (const [shard, count] of engine.channelsByShard.entries()) yield [[String(shard)], count];
    },
  },
  {
    name: 'cloudpush_send_latency_seconds',
    type: 'summary',
    help: 'From the arrival of a packet to the acceptance of its last byte by the kernel, since the start.',
    labels: ['quantile'],
    *samples({ engine: { latency } }) {
      for (const [key, quantile] of Object.entries(quantiles)) {
        const value = latency[key];
        if (value !== undefined) yield [[quantile], value / SECONDS];
      }
      yield [[], latency['count'] ?? 0];
    },
  },
];

/** Quantiles, by the engine's names for them; the values are those of Prometheus. */
const quantiles: Readonly<Record<string, string>> = { p50: '0.5', p99: '0.99', p999: '0.999', max: '1' };

/** States in which pictures reach a server, or would if there were an event. */
const upStates: ReadonlySet<ChannelStatus> = new Set(['online', 'degraded']);

/** Of channels. */
export const channelMetrics: readonly MetricFamily[] = [
  ofChannels({
    name: 'cloudpush_channel_up',
    type: 'gauge',
    help: '1 when the channel is online or degraded: pictures reach at least one destination, or would on an event.',
    value: ({ state }) => Number(upStates.has(state)),
  }),
  ofChannels({
    name: 'cloudpush_channel_enabled',
    type: 'gauge',
    help: '0 when the channel was stopped by the operator.',
    value: ({ state }) => Number(state !== 'disabled'),
  }),
  ofChannels({
    name: 'cloudpush_channel_state_timestamp_seconds',
    type: 'gauge',
    help: 'Since when the channel has been in its state, in seconds since 1970.',
    value: ({ since }) => since / SECONDS,
  }),
  ofChannels({
    name: 'cloudpush_channel_events_total',
    type: 'counter',
    help: 'Events that an event-mode channel has recorded.',
    value: ({ events }) => events,
  }),
  ofChannels({
    name: 'cloudpush_channel_recording',
    type: 'gauge',
    help: '1 while an event-mode channel records an event.',
    value: ({ mode, event }) => (mode === 'event' ? Number(event !== undefined) : undefined),
  }),
  ofChannels({
    name: 'cloudpush_channel_pauses_total',
    type: 'counter',
    help: 'How often the channel was paused, as its destinations took less than came.',
    value: ({ pauses }) => pauses,
  }),
  ofChannels({
    name: 'cloudpush_channel_paused_seconds_total',
    type: 'counter',
    help: 'How long the channel was paused.',
    value: ({ pausedMs }) => pausedMs / SECONDS,
  }),
];
