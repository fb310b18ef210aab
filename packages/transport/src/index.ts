export {
  type AmfLimits,
  type AmfObject,
  type AmfValue,
  type AmfValue as Amf0Value,
  EcmaArray,
  numberProperty,
  propertiesOf,
  property,
  stringProperty,
  TypedObject,
  XmlDocument,
} from './amf/value.js';
export { decodeAmf0 } from './amf0/decoder.js';
export { encodeAmf0 } from './amf0/encoder.js';
export type { SliceSink } from './bits/slice-sink.js';
export { ChunkReader } from './chunk/reader.js';
export { ChunkWriter } from './chunk/writer.js';
export {
  type ErrorClass,
  RtmpError,
  RtmpErrorCode,
  type RtmpErrorDetails,
  type RtmpErrorOptions,
  type RtmpStage,
} from './errors.js';
export type { RandomFill } from './handshake/simple.js';
export { type CertificateFault, certificateFault } from './io/dial/certificate-fault.js';
export type { DialOptions, DialTimeouts, PublisherTlsOptions } from './io/dial/dial-options.js';
export { lookupHost } from './io/dial/names/resolver.js';
export { RtmpPlayer } from './io/player/player.js';
export type { PlayerEvents, PlayerOptions, PlayerTimeouts } from './io/player/player-options.js';
export { RtmpPublisher } from './io/publisher/publisher.js';
export type {
  PublisherEvents,
  PublisherOptions,
  PublisherTimeouts,
  Releasable,
  TokenPlacement,
} from './io/publisher/publisher-options.js';
export { RtmpReceiver } from './io/receiver/receiver.js';
export type {
  ReceiveCounters,
  ReceivedMessage,
  ReceivedStream,
  ReceivedStreamHandler,
  ReceiverBehaviour,
  ReceiverHandlers,
  ReceiverOptions,
} from './io/receiver/receiver-options.js';
export { PUBLISHER_LIMITS, RECEIVER_LIMITS, type TransportLimits } from './limits.js';
export type { MediaKind } from './message/codecs.js';
export { encodeData, encodeMetadata } from './message/data.js';
export type { MessageHandler } from './message/handler.js';
export { readTracks, type TrackOptions, type TrackPacket, withTrack } from './message/multitrack.js';
export { type MediaMessage, MessageType } from './message/type.js';
export { queryValues, redact, withForms } from './redaction/known-secrets.js';
export { redactLine, redactText } from './redaction/text.js';
export { bareUrl, withoutUrlSecrets } from './redaction/urls.js';
export { type ConnectTimings, StageTimer } from './session/client/stage-timer.js';
export type { RtmpStatus } from './session/client/status.js';
export { type Capabilities, CapsEx, takesFourCc } from './session/common/capabilities.js';
export type { MessageChannel } from './session/common/message-channel.js';
export type { PlayTimeouts } from './session/play/play-state.js';
export { type CodecForm, chooseForm } from './session/publish/codec-form.js';
export {
  SERVER_PROFILE_NAMES,
  type ServerProfile,
  type ServerProfileName,
} from './session/publish/profile.js';
export { PublishSession } from './session/publish/publish-session.js';
export type {
  PublishSessionHandler,
  PublishSessionOptions,
  PublishState,
  ReconnectRequest,
  SessionTimeouts,
} from './session/publish/publish-state.js';
export { ReceiveSession } from './session/receive/receive-session.js';
export type {
  ConnectRequest,
  Decision,
  PublishRequest,
  ReceiveSessionHandler,
  ReceiveSessionOptions,
  Refusal,
} from './session/receive/requests.js';
export { displayUrl, parseRtmpUrl, publishedName, type RtmpUrl, type RtmpUrlOptions } from './url.js';
