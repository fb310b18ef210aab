/** The named bounds of everything that an input can make grow, each with its reason. */
export const limits = {
  /** An RTMP message and an FLV tag have a 24-bit length (RTMP 1.0 §5.3.1.2.1, FLV E.4.1). */
  messageSize: 0xff_ff_ff,
  /**
   * A picture of one slice per macroblock at level 6.2 stays far below; an attack of start codes does not.
   */
  nalUnitsPerPacket: 16_384,
  /**
   * The length of a parameter set in `avcC` and `hvcC` is a 16-bit field (ISO/IEC 14496-15 §5.3.3.1,
   * §8.3.3.1).
   */
  parameterSetSize: 0xff_ff,
  /**
   * All parameter sets of a stream together. A sequence header holds a part of them, so it always fits a
   * message.
   */
  parameterSetBytes: 1_048_576,
  /** SEI and the like that came in packets without a picture, kept (copied) for the next picture. */
  pendingNalBytes: 65_536,
  /** Time that another track may begin before the first packet of the stream: its packets are put at 0. */
  earlyStartMs: 1000,
  /**
   * A step back up to this is jitter or a slewed clock; after a longer one the caller's clock has been set.
   */
  smallStepBackMs: 1000,
  /** A longer jump forward would be a step back on FLV's 32-bit clock. */
  longestGapMs: 2 ** 31 - 1,
  /**
   * The same of a caller's 32-bit clock, whose difference after it has been set can be anything. No server
   * keeps a connection that sends nothing for so long.
   */
  longestGap32Ms: 3_600_000,
  /**
   * Tags of one audio packet: 20 seconds of AAC. Each is an object, and an attack can make a frame of 8
   * bytes.
   */
  framesPerAudioPacket: 1024,
  /**
   * Bytes of an unfinished access unit or audio frame that a splitter keeps before it gives up, and of
   * pictures that it looks at before it decides on a reorder depth that the stream does not tell.
   */
  splitterBytes: 0xff_ff_ff + 0x10_00,
} as const;
