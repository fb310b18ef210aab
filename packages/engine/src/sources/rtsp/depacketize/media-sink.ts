/**
 * Takes the media of one track, a piece at a time, so that each byte is copied once: from the packet to where
 * it stays. Calls come as `begin`, then `append` (for video after `beginNalUnit`), then `end` or `abort`.
 */
export interface MediaSink {
  /** AAC only: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) of the frames that follow. */
  configure(audioSpecificConfig: Uint8Array): void;
  /** An access unit, or an audio frame, begins. */
  begin(): void;
  /** Video only: a NAL unit begins, and the one before is complete. */
  beginNalUnit(): void;
  /** The next bytes are `bytes` from `start` to `end`; they are gone after the call. */
  append(bytes: Uint8Array, start: number, end: number): void;
  /**
   * The access unit is complete.
   *
   * @param pts presentation time in ms on the timeline that all tracks share
   * @param keyFrame decoding can start here; true for audio
   */
  end(pts: number, keyFrame: boolean): void;
  /** The access unit is to be forgotten: it is damaged or too large. */
  abort(): void;
}
