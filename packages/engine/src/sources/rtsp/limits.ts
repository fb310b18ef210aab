/** Bounds on what a camera can make the client hold, each with its reason. */
export interface RtspLimits {
  /** Header fields of one message. A real response has about ten. */
  readonly maxHeaders: number;
  /**
   * Bytes of a start line and all header fields together. Digest challenges and RTP-Info are the long ones.
   */
  readonly maxHeaderBytes: number;
  /** Bytes of a message body. Session descriptions take 1 to 4 KB; ONVIF metadata lines make them longer. */
  readonly maxBodyBytes: number;
  /** Bytes of one access unit or audio frame: an 8K key frame stays below 8 MiB; FLV can carry 16 MiB. */
  readonly maxAccessUnitBytes: number;
  /**
   * NAL units of one access unit. H.265 level 6.2 permits 600 slice segments, with SEI messages beside them.
   */
  readonly maxNalUnits: number;
  /** Packets that wait for a missing one before them: 200 ms of a 15 Mbit/s stream. */
  readonly maxReorderPackets: number;
  /** Bytes of these packets together: what a camera with huge packets can make the client hold. */
  readonly maxReorderBytes: number;
  /** Milliseconds that the oldest of these waits at most: what a late packet costs in latency. */
  readonly maxReorderTime: number;
  /** Bytes of media that are held while PLAY has not been answered yet: 1 s of 8 Mbit/s. */
  readonly maxEarlyMediaBytes: number;
  /** Media descriptions read from a session description; further ones are ignored. */
  readonly maxTracks: number;
  /** Redirects followed in a row. */
  readonly maxRedirects: number;
}

/** The limits that a client has unless it is given others. */
export const rtspLimits: RtspLimits = {
  maxHeaders: 64,
  maxHeaderBytes: 16_384,
  maxBodyBytes: 131_072,
  maxAccessUnitBytes: 8 * 1024 * 1024,
  maxNalUnits: 1024,
  maxReorderPackets: 256,
  maxReorderBytes: 2 * 1024 * 1024,
  maxReorderTime: 200,
  maxEarlyMediaBytes: 1024 * 1024,
  maxTracks: 16,
  maxRedirects: 5,
};
