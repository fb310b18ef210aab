export type {
  AudioCodec,
  AudioParameters,
  EncryptionKey,
  EncryptionMode,
  EncryptionSettings,
  HevcForm,
  InputClock,
  MuxerErrorCode,
  NonceSource,
  VideoCodec,
  VideoParameters,
} from '@cloudpush/muxer';
export type {
  AmfObject,
  AmfValue,
  ConnectTimings,
  EcmaArray,
  PublisherOptions,
  PublisherTimeouts,
  PublisherTlsOptions,
  RtmpErrorCode,
  ServerProfileName,
  SessionTimeouts,
  TokenPlacement,
  TransportLimits,
  TypedObject,
  XmlDocument,
} from '@cloudpush/transport';
export { Channel, type ChannelState } from './channel.js';
export type {
  Advice,
  ChannelEvents,
  CloseReport,
  DestinationEvents,
  Disconnection,
  PacketProblem,
  SegmentReport,
  SegmentStream,
  ServerCommand,
} from './channel-events.js';
export { Destination, type DestinationState } from './destination.js';
export type { DiagnosticEvents } from './diagnostics.js';
export type { EncryptionOptions } from './encryption-options.js';
export { PushEngine } from './engine.js';
export { type CloudPushErrorCode, ErrorCode, errorCode, errorNumber } from './error-codes.js';
export {
  CloudPushError,
  type CloudPushErrorOptions,
  type EngineErrorCode,
  type ErrorClass,
  type ErrorData,
} from './errors.js';
export type { AudioTrackReport } from './inspect/audio-track.js';
export type { BitRateReport } from './inspect/bit-rate-meter.js';
export type { ListReport } from './inspect/bounded-list.js';
export type { AudioConfiguration, VideoConfiguration } from './inspect/configuration.js';
export type { ConfigurationChange } from './inspect/configuration-log.js';
export type { Damage } from './inspect/damage-log.js';
export type { EncryptionKeyReport, EncryptionReport } from './inspect/encryption-counter.js';
export type { FileFormat } from './inspect/file-format.js';
export type { FilePiecesOptions, InspectProgress } from './inspect/file-pieces.js';
export type { ContentReport, FileReport, TrackReport } from './inspect/file-report.js';
export type { Gap, GapReport } from './inspect/gap-finder.js';
export type { GopReport } from './inspect/gop-counter.js';
export { type InspectOptions, inspectFile } from './inspect/inspect-file.js';
export type { PlainObject, PlainValue } from './inspect/plain-value.js';
export type { SampleClockReport } from './inspect/sample-clock.js';
export type { DataMessage, EventReport } from './inspect/script-data.js';
export type { SpreadReport } from './inspect/spread.js';
export type { SynchronizationReport } from './inspect/synchronization.js';
export type { TagForm } from './inspect/tag-form.js';
export type { StepBack, TimestampReport } from './inspect/timestamp-tracker.js';
export type { TrackMeasures } from './inspect/track-meter.js';
export type { PictureCounts, VideoTrackReport } from './inspect/video-track.js';
export { createLogger, type EngineLog } from './logging/create-logger.js';
export type { EngineLogger } from './logging/engine-logger.js';
export type { LogLevel } from './logging/log-level.js';
export type { LoggerOptions } from './logging/logger-options.js';
export {
  type AppDisconnect,
  type EncryptionChange,
  type MediaEncryption,
  type ReportedBitrate,
  type ReportedDropFrames,
  type SentMetadata,
  type StreamEnd,
  type StreamMetadata,
  type StreamStart,
  type TriggerChange,
  type TriggerType,
  triggerTypes,
} from './metadata.js';
export type {
  ChannelOptions,
  ChannelSettings,
  DestinationOptions,
  DestinationPlace,
  DestinationSettings,
  PushEngineOptions,
  TargetPlace,
  UrlPlace,
} from './options.js';
export type { AudioPacketOptions, PacketTimes, VideoPacketOptions, WaitOptions } from './packet-options.js';
export type { AudioPacket, PacketStreamOptions, VideoPacket } from './packet-stream.js';
export type { ReconnectPolicy } from './shard/backoff.js';
export type { BitrateAdvice } from './shard/bitrate-advisor.js';
export type { ConnectionOptions, Watermark } from './shard/protocol.js';
export type { CloseOptions } from './signals.js';
export type { SourceErrorCode } from './sources/errors.js';
export type { LatencySummary } from './stats/latency.js';
export type {
  ChannelStats,
  ChannelTotals,
  DestinationStats,
  DestinationTotals,
  EngineStats,
} from './stats/stats.js';
export type { Clock } from './token/clock.js';
export type { IssuedToken } from './token/issued-tokens.js';
export type { PushTarget, TargetReason, TokenProvider, TokenProviderContext } from './token/push-target.js';
export {
  ReferenceTokenServer,
  type ReferenceTokenServerOptions,
  type TokenRequestReport,
} from './token/reference-token-server.js';
export type { TokenRetryPolicy } from './token/retry.js';
export { TargetCache, type TargetCacheOptions } from './token/target-cache.js';
export type { TargetQuery } from './token/target-entry.js';
export type {
  DeviceRequest,
  DeviceTokenRequest,
  LiveRequest,
  StreamNames,
  TargetRequest,
  UrlRequest,
} from './token/target-request.js';
export type { TokenAuthorityOptions } from './token/token-authority.js';
export { TokenServer } from './token/token-server.js';
export type { TokenServerOptions, TokenTimeouts, TokenTlsOptions } from './token/token-server-options.js';
