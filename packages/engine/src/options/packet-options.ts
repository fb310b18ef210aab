import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';

/**
 * A packet's times, in ms on a clock of the caller's choice that is the same for the channel's audio and
 * video.
 */
export interface PacketTimes {
  /** Presentation time. */
  readonly pts: number;
  /**
   * Decoding time. Default: derived from the presentation times and the reorder depth that the stream tells.
   */
  readonly dts?: number | undefined;
}

export interface VideoPacketOptions extends PacketTimes {
  /** Default: the channel's. */
  readonly codec?: VideoCodec | undefined;
  /**
   * True for a picture that decoding can start with. It is a hint: what is in the picture counts. A
   * contradiction is told once, by the event `problem`. For a picture that is `encrypted`, the hint decides.
   */
  readonly keyFrame?: boolean | undefined;
  /**
   * Set when the caller has encrypted the packet: it is passed on as it is. One that is encrypted from its
   * first byte on, without a start code, needs `keyFrame`, and parameter sets that have come in the clear
   * before.
   */
  readonly encrypted?: boolean | undefined;
}

/** The options of an audio packet. */
export interface AudioPacketOptions {
  readonly pts: number;
  /** Default: the channel's. */
  readonly codec?: AudioCodec | undefined;
  readonly encrypted?: boolean | undefined;
}

/** Bound on the time that a packet waits for room. */
export interface WaitOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}
