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
  DestinationEvents,
  Disconnection,
  PacketProblem,
  ServerCommand,
} from './channel-events.js';
export { Destination, type DestinationState } from './destination.js';
export { PushEngine } from './engine.js';
export { CloudPushError, type ErrorClass } from './errors.js';
export type { ChannelOptions, DestinationOptions, PushEngineOptions } from './options.js';
export type { ReconnectPolicy } from './shard/backoff.js';
export type { ConnectionOptions, Watermark } from './shard/protocol.js';
export type { LatencySummary } from './stats/latency.js';
export type { ChannelStats, DestinationStats, EngineStats } from './stats/stats.js';
