import type { AudioCodec, VideoCodec } from '../media-packet.js';

/** A tag of a file, or a received message, as the demuxer needs it. */
export interface DemuxableTag {
  readonly type: number;
  /** ms, 0 to 2^32 − 1. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** Fields that every demuxed unit has. */
export interface UnitTimes {
  /** `'config'`: parameter sets or decoder configuration, without a picture or sound. */
  readonly kind: 'config' | 'sample';
  /** ms, as the tag has it. */
  readonly dts: number;
  /** dts + composition offset, ms. */
  readonly pts: number;
  readonly keyFrame: boolean;
  /**
   * The bytes as an elementary stream, and the muxer, have them: Annex-B for H.264 and H.265, an ADTS frame
   * for AAC, frames as they are for the others. Of a config: parameter sets in Annex-B, the
   * AudioSpecificConfig, the sequence header OBU, the `vpcC`, the `OpusHead` or the `fLaC` header.
   */
  readonly data: Uint8Array;
  /** The NAL units of an H.264 or H.265 unit, as views of the tag; empty for other codecs. */
  readonly nalUnits: readonly Uint8Array[];
}

export interface DemuxedVideo extends UnitTimes {
  readonly track: 'video';
  readonly codec: VideoCodec;
}

export interface DemuxedAudio extends UnitTimes {
  readonly track: 'audio';
  readonly codec: AudioCodec;
}

/** A configuration or a sample of a track, as an elementary stream has it. */
export type DemuxedUnit = DemuxedVideo | DemuxedAudio;

export const noNalUnits: readonly Uint8Array[] = [];
