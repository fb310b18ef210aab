/**
 * Codecs of the video track. H.264 and H.265 come as access units, in Annex-B or length-prefixed
 * (`MediaPacket.configuration`), AV1 as temporal units of the low-overhead byte stream (AV1 §5.2), VP9 as
 * frames or superframes.
 */
export type VideoCodec = 'h264' | 'h265' | 'av1' | 'vp9';

/**
 * Codecs of the audio track. AAC comes with ADTS headers, or raw (`MediaPacket.configuration`); MP3,
 * AC-3 and E-AC-3 as their frames are; Opus and FLAC as one packet or frame each, with the stream's
 * `OpusHead` or `fLaC` header as a packet of its own before them; G.711 (A-law `g711a`, µ-law `g711u`) as
 * samples of 8 kHz and one channel, a byte each.
 */
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'flac' | 'ac3' | 'eac3' | 'g711a' | 'g711u';

/**
 * A packet of media as the caller hands it to the muxer. The object may be reused for the next packet: the
 * muxer keeps no reference to it, only tags that refer to `data`.
 */
export interface MediaPacket {
  /**
   * One access unit, one or more audio frames, or a script data body. May be backed by a SharedArrayBuffer.
   */
  data: Uint8Array;
  /**
   * More than 0: the muxer may overwrite `data` and that many bytes in front of it, and makes the tag in
   * place. 0: `data` is read only, and tags refer to slices of it.
   */
  headroom: number;
  /**
   * Decoding time in ms on the caller's clock, of any origin, possibly fractional. NaN: derive it from `pts`.
   */
  dts: number;
  /** Presentation time in ms on the same clock. NaN: the same as `dts`. */
  pts: number;
  /**
   * The decoder configuration of a packet in the form that RTSP, MP4 and Matroska have; undefined: Annex-B
   * and ADTS.
   *
   * - H.264, H.265: the `avcC` or `hvcC` record (ISO/IEC 14496-15 §5.3.3.1, §8.3.3.1). `data` is an access
   *   unit of NAL units with their lengths in front. Parameter sets in the samples are taken, too.
   * - AAC: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). `data` is one raw access unit.
   * - AV1: the `av1C` record. Opus, FLAC: the `OpusHead` or `fLaC` header, in the place of a packet of its
   *   own. Other codecs have none.
   *
   * The stream changes with it: another array with other bytes is another configuration. The same array costs
   * nothing more than a comparison; it must not be written to.
   */
  configuration?: Uint8Array | undefined;
  /**
   * True for a picture that decoding can start with. It is a hint: what is in the picture counts, and a
   * contradiction is told once (`onWarning`). For a picture that is `encrypted`, the hint decides.
   */
  keyFrame?: boolean | undefined;
  /**
   * The caller has encrypted the bodies of the NAL units or frames: nothing inside them is looked at. A video
   * packet that does not begin with a start code, or whose NAL unit headers are none, becomes one NAL unit as
   * it is.
   */
  encrypted?: boolean | undefined;
}
