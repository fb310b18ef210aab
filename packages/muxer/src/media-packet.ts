/** Codecs of the video track. H.264 and H.265 come as Annex-B access units. */
export type VideoCodec = 'h264' | 'h265';

/** Codecs of the audio track. AAC comes with ADTS headers. */
export type AudioCodec = 'aac' | 'mp3';

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
  /** Whether decoding can start here; left out, it is detected. */
  keyFrame?: boolean | undefined;
  /** The caller has encrypted the bodies of the NAL units or frames: nothing inside them is looked at. */
  encrypted?: boolean | undefined;
}
