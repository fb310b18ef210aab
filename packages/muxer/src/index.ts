export { SyncFrame, type WrongField } from './ac3/sync-frame.js';
export { copyBytes } from './bits/native-memory.js';
export type { ColorConfig, ColorInfo, ColorInfoOption, HdrCll, HdrMdcv } from './colour/color-info.js';
export { type AccessUnit, AccessUnitSplitter } from './elementary/access-unit-splitter.js';
export { AdtsSplitter } from './elementary/adts-splitter.js';
export type { AudioFrame } from './elementary/audio-frame.js';
export { type FrameFormat, FrameSplitter } from './elementary/frame-splitter.js';
export { Mp3Splitter } from './elementary/mp3-splitter.js';
export type { DecryptionCounts } from './encryption/decryption-log.js';
export type { EncryptionKey } from './encryption/encryption-key.js';
export type {
  AesCtrEncryption,
  CallerEncryption,
  EncryptedTrack,
  EncryptionMode,
  EncryptionParameters,
  NoEncryption,
} from './encryption/encryption-parameters.js';
export {
  type DecryptableTag,
  type DecryptedTag,
  FlvDecryptor,
  type FlvDecryptorOptions,
} from './encryption/flv-decryptor.js';
export { readSampleHeader, type SampleHeader } from './encryption/read-sample-header.js';
export type { NonceSource } from './encryption/sample-cipher.js';
export { type EncryptionSettings, SampleEncryptor } from './encryption/sample-encryptor.js';
export type { DecryptionFailure, DecryptionFailureReason } from './encryption/sample-run.js';
export {
  MuxerError,
  type MuxerErrorCode,
  type MuxerErrorDetails,
  type MuxerFault,
  muxerErrors,
} from './errors.js';
export { type AudioTagHeader, readAudioTagHeader } from './flv/audio-tag-header.js';
export type { DemuxableTag, DemuxedAudio, DemuxedUnit, DemuxedVideo, UnitTimes } from './flv/demuxed-unit.js';
export { endOfSequenceTag } from './flv/end-of-sequence.js';
export { FlvDemuxer } from './flv/flv-demuxer.js';
export type { FlvFileHeader } from './flv/flv-file.js';
export { type FlvEnd, type FlvFileTag, FlvReader } from './flv/flv-reader.js';
export { FlvTag, type TagBody, TagRole, TagType } from './flv/flv-tag.js';
export { FlvWriter, type WritableTag } from './flv/flv-writer.js';
export type { TagContent } from './flv/tag-content.js';
export { type HevcForm, readVideoTagHeader, type VideoTagHeader } from './flv/video-tag-header.js';
export { type FourCcCodec, fourCcOf, fourCcs } from './four-cc.js';
export type { FrameReader, FrameSync } from './frames/frame-sync.js';
export { AvcNalUnitType, avcNalUnitType, isAvcParameterSet } from './h264/nal-unit.js';
export {
  HevcNalUnitType,
  hevcNalUnitType,
  isHevcIrap,
  isHevcParameterSet,
  isHevcVcl,
} from './h265/nal-unit.js';
export type { AudioCodec, MediaPacket, VideoCodec } from './media-packet.js';
export { Muxer } from './muxer/muxer.js';
export type { MuxerOptions } from './muxer/muxer-options.js';
export type { MuxerResumption, MuxerState, TrackState } from './muxer/muxer-state.js';
export type { AudioParameters, VideoParameters } from './parameters.js';
export type { InputClock } from './timeline/timeline.js';
export { isKeyFrame, slicesOf } from './tracks/key-frame.js';
export type { SliceHandling } from './tracks/picture-assembler.js';
export { isMissedWhenLost } from './tracks/picture-loss.js';
