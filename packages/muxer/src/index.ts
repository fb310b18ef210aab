export {
  MuxerError,
  type MuxerErrorCode,
  type MuxerErrorDetails,
  type MuxerFault,
  muxerErrors,
} from './errors.js';
export type { AudioFacts, VideoFacts } from './facts.js';
export { FlvTag, TagRole, TagType } from './flv/flv-tag.js';
export type { AudioCodec, MediaPacket, VideoCodec } from './media-packet.js';
export { Muxer } from './muxer.js';
export type { HevcForm, InputClock, MuxerOptions } from './muxer-options.js';
