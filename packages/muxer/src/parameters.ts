import type { AudioCodec, VideoCodec } from './media-packet.js';

/**
 * The parameters of a video track, by its active parameter sets. `Muxer.videoParameters` and
 * `Muxer.audioParameters` are the same object until something in it changes, and then a new one: comparing by
 * identity is enough.
 */
export interface VideoParameters {
  readonly codec: VideoCodec;
  /** Pixels after cropping. */
  readonly width: number;
  readonly height: number;
  /** Frames a second, when the stream tells. */
  readonly frameRate: number | undefined;
  /** profile_idc, general_profile_idc or seq_profile. */
  readonly profile: number;
  /** level_idc, general_level_idc or seq_level_idx. */
  readonly level: number;
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepth: number;
  /**
   * Pictures that may precede a picture in decoding order and follow it in output order, when the stream
   * tells.
   */
  readonly reorderDepth: number | undefined;
  /** The codec as onMetaData's `videocodecid` wants it: 7, 12, or the FourCC as a number. */
  readonly videoCodecId: number;
  /** The codec by its RFC 6381 name, such as `avc1.64001f`. */
  readonly codecString: string;
}

/** The parameters of an audio track, by its configuration. */
export interface AudioParameters {
  readonly codec: AudioCodec;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Bits; 16 for the codecs that have no sample size of their own. */
  readonly sampleSize: number;
  /**
   * AAC: the audio object type (ISO/IEC 14496-3 §1.5.1.1), 2 for AAC LC, 5 and 29 for HE-AAC that says so;
   * undefined for other codecs.
   */
  readonly objectType: number | undefined;
  /**
   * The codec as onMetaData's `audiocodecid` wants it: 10 (AAC), 2 (MP3), 7 and 8 (G.711), or the FourCC as a
   * number.
   */
  readonly audioCodecId: number;
  /** Samples of one channel in a frame, when every frame has the same number. */
  readonly samplesPerFrame: number | undefined;
}

/**
 * `next`, or `current` when it says the same: parameters keep their identity while nothing in them changes.
 */
export function unlessSame<T extends VideoParameters | AudioParameters>(current: T | undefined, next: T): T {
  if (current === undefined || current === next) return next;
  for (const key of Object.keys(next) as (keyof T)[]) if (!Object.is(current[key], next[key])) return next;
  return current;
}
