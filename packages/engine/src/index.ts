export {
  type AudioPacketOptions,
  Channel,
  type ChannelState,
  type PacketTimes,
  type VideoPacketOptions,
} from './channel.js';
export type {
  ChannelEvents,
  CloseReport,
  Disconnection,
  PacketProblem,
  ServerCommand,
} from './channel-events.js';
export { PushEngine } from './engine.js';
export { CloudPushError, type ErrorClass } from './errors.js';
export type { ChannelOptions, PushEngineOptions } from './options.js';
export type { ReconnectPolicy } from './shard/backoff.js';
export type { ConnectionOptions, Watermark } from './shard/protocol.js';
export type { LatencySummary } from './stats/latency.js';
export type { ChannelStats, EngineStats } from './stats/stats.js';
