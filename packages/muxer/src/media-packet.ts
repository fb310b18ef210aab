/**
 * Codecs of the video track. H.264 and H.265 come as Annex-B access units, AV1 as temporal units of the low-overhead
 * byte stream (AV1 §5.2), VP9 as frames or superframes.
 */
export type VideoCodec = 'h264' | 'h265' | 'av1' | 'vp9';

/**
 * Codecs of the audio track. AAC comes with ADTS headers; MP3, AC-3 and E-AC-3 as their frames are; Opus and FLAC as
 * one packet or frame each, with the stream's `OpusHead` or `fLaC` header as a packet of its own before them.
 */
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'flac' | 'ac3' | 'eac3';

/**
 * What a caller hands to the muxer. The object may be reused for the next packet: the muxer keeps no reference to it,
 * only tags that refer to `data`.
 */
export interface MediaPacket {
  /** One access unit, one or more audio frames, or a script data body. May be backed by a SharedArrayBuffer. */
  data: Uint8Array;
  /**
   * More than 0: the muxer may overwrite `data` and that many bytes in front of it, and makes the tag in place.
   * 0: `data` is read only, and tags refer to slices of it.
   */
  headroom: number;
  /** Decoding time in ms on the caller's clock, of any origin, possibly fractional. NaN: derive it from `pts`. */
  dts: number;
  /** Presentation time in ms on the same clock. NaN: the same as `dts`. */
  pts: number;
  /**
   * Whether decoding can start here, as a hint: what is in the picture counts, and a contradiction is told once
   * (`onWarning`). It decides for a picture that is `encrypted`.
   */
  keyFrame?: boolean | undefined;
  /**
   * The caller has encrypted the bodies of the NAL units or frames: nothing inside them is looked at. A video packet that
   * does not begin with a start code, or whose NAL unit headers are none, becomes one NAL unit as it is.
   */
  encrypted?: boolean | undefined;
}
