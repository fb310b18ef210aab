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
  DialOptions,
  DialTimeouts,
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
export type { ChannelCloseOptions, CloseOptions } from './base/abort-signals.js';
export type { ReconnectPolicy } from './base/backoff.js';
export { type CloudPushErrorCode, ErrorCode, errorCode, errorNumber } from './base/error-codes.js';
export {
  CloudPushError,
  type CloudPushErrorOptions,
  type EngineErrorCode,
  type ErrorClass,
  type ErrorData,
} from './base/errors.js';
export type { RtspErrorCode } from './base/rtsp-error-codes.js';
export type { SourceErrorCode } from './base/source-error-codes.js';
export { Channel } from './engine/channel/channel.js';
export type { ChannelState } from './engine/channel/channel-control.js';
export type { AudioPacket, PacketStreamOptions, VideoPacket } from './engine/channel/writable-stream.js';
export type { CloseReport } from './engine/close-report.js';
export {
  type Advice,
  Destination,
  type DestinationEvents,
  type DestinationState,
  type Disconnection,
  type ServerCommand,
  type SpoolGap,
} from './engine/destination/destination.js';
export type { DiagnosticEvents } from './engine/diagnostics.js';
export { PushEngine } from './engine/engine.js';
export type {
  ChannelEvents,
  PacketProblem,
  SegmentReport,
  SegmentStream,
  SourceConnection,
  SourceLoss,
  SourceStall,
  SourceWarning,
} from './engine/events.js';
export type { AudioTrackReport } from './inspect/audio-track-inspection.js';
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
export type { PictureCounts, VideoTrackReport } from './inspect/video-track-inspection.js';
export { createLogger, type EngineLog, loggerTo } from './logging/create-logger.js';
export type { EngineLogger } from './logging/engine-logger.js';
export type { LogLevel } from './logging/log-level.js';
export type { LoggerOptions } from './logging/logger-options.js';
export { Fence, type FenceLimits } from './memory/fence.js';
export type { LatencySummary } from './memory/latency-histogram.js';
export { MAX_POOL_SIZE, MIN_POOL_SIZE } from './memory/pool.js';
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
} from './metadata/types.js';
export type { ConnectionOptions } from './options/connection-options.js';
export type { EncryptionOptions } from './options/encryption-options.js';
export type {
  ChannelOptions,
  ChannelSettings,
  DestinationOptions,
  DestinationPlace,
  DestinationSettings,
  PushEngineOptions,
  StandbyOptions,
  TargetPlace,
  UrlPlace,
  Watermark,
} from './options/options.js';
export type {
  AudioPacketOptions,
  PacketTimes,
  VideoPacketOptions,
  WaitOptions,
} from './options/packet-options.js';
export type { SourceAudio, SourceRetry } from './options/source-config.js';
export type {
  AudioTranscodeOptions,
  CommandSource,
  FileSource,
  ModuleSource,
  RtspSource,
  SourceFallback,
  SourceOptions,
  SourceSettings,
} from './options/source-options.js';
export type { SpoolOptions, SpoolSeriesNames, SpoolStoreOptions } from './options/spool-options.js';
export type { SourceTrack, SourceTracks } from './protocol/source-messages.js';
export type { GapOutcome } from './protocol/spool-messages.js';
export type { BitrateAdvice } from './protocol/stream.js';
export type { SourceState, SourceStats } from './stats/source-stats.js';
export type { SpoolState, SpoolStats } from './stats/spool-stats.js';
export type {
  ChannelStats,
  ChannelTotals,
  DestinationStats,
  DestinationTotals,
  EngineStats,
} from './stats/stats.js';
export type { Clock } from './targets/clock.js';
export type { IssuedToken } from './targets/issued-tokens.js';
export type { PushTarget, TargetReason, TokenProvider, TokenProviderContext } from './targets/push-target.js';
export {
  ReferenceTokenServer,
  type ReferenceTokenServerOptions,
  type TokenRequestReport,
} from './targets/reference-token-server.js';
export type { TokenRetryPolicy } from './targets/retry-after.js';
export { TargetCache, type TargetCacheOptions } from './targets/target-cache.js';
export type { TargetQuery } from './targets/target-entry.js';
export type {
  AskedRequest,
  DeviceRequest,
  DeviceTokenRequest,
  LiveRequest,
  StreamNames,
  TargetRequest,
  UrlRequest,
} from './targets/target-request.js';
export type { TokenAuthorityOptions } from './targets/token-authority.js';
export { TokenServer } from './targets/token-server.js';
export type { TokenServerOptions, TokenTimeouts, TokenTlsOptions } from './targets/token-server-options.js';
export type {
  OpenSourceModule,
  SourceModuleContext,
  SourceModulePacket,
  SourceModuleStream,
} from './worker/source/source-module.js';
export type {
  AudioTranscoderContext,
  SourceAudioFrame,
  TranscodeAudio,
  TranscodedFrame,
} from './worker/source/transcoder-module.js';
