/**
 * Everything that a peer could make grow, with the reason for its size. Pass a changed copy where an option
 * asks for one.
 */
export interface TransportLimits {
  /**
   * Longest inbound message in bytes. RTMP allows 2^24 − 1 (§5.3.1.2); a 4K key frame stays well under 8 MiB.
   */
  readonly maxMessageBytes: number;
  /**
   * Sum of the declared lengths of all half-received messages of a connection: what interleaving may make us
   * hold.
   */
  readonly maxAssemblyBytes: number;
  /** Chunk streams a peer may open: real peers use fewer than ten. */
  readonly maxChunkStreams: number;
  /** Message streams a peer may create on one connection. */
  readonly maxMessageStreams: number;
  /**
   * Answers (to pings, to commands) that wait because the peer asks on and does not read: a real peer leaves
   * some hundred bytes.
   */
  readonly maxUnreadReplyBytes: number;
  /** Longest command or data message that is parsed as AMF: tokens and metadata stay under 64 KiB. */
  readonly maxCommandBytes: number;
  /** Nesting of AMF objects and arrays: `onMetaData` key-frame indexes need 3. */
  readonly maxAmfDepth: number;
  /** Values in one AMF message: a key-frame index of a long file has thousands. */
  readonly maxAmfValues: number;
}

/** For a publisher: a server has nothing long to say. */
export const PUBLISHER_LIMITS: TransportLimits = {
  maxMessageBytes: 2 ** 20,
  maxAssemblyBytes: 2 * 2 ** 20,
  maxChunkStreams: 64,
  maxMessageStreams: 16,
  maxUnreadReplyBytes: 2 ** 20,
  maxCommandBytes: 2 ** 18,
  maxAmfDepth: 16,
  maxAmfValues: 2 ** 14,
};

/** Pace at which a server may talk to a publisher, and the part of it that goes on to the caller. */
export const SERVER_PACE = {
  /**
   * Commands, data messages and statuses a second that go to the caller, twice as many at once: servers say a
   * handful in a connection's life. What comes beyond is left aside and counted.
   */
  newsPerSecond: 50,
  /** The same in bytes of payload. */
  newsBytesPerSecond: 2 ** 16,
  /** Requests to reconnect a second that go to the caller, eight times as many at once. */
  reconnectRequestsPerSecond: 1,
  /**
   * Bytes a second that are read, as many at once; beyond, the socket rests. Pings, acknowledgements and
   * answers stay under 1 KiB; a flood must not take the thread that other connections share.
   */
  readBytesPerSecond: 2 ** 20,
} as const;

/** For a receiver: whole key frames come in. */
export const RECEIVER_LIMITS: TransportLimits = {
  ...PUBLISHER_LIMITS,
  maxMessageBytes: 8 * 2 ** 20,
  maxAssemblyBytes: 16 * 2 ** 20,
};

/**
 * Longest URL, in characters, that a server may send a publisher to: names with their tokens stay well below,
 * and what is in its query is looked for in every text that is shown.
 */
export const MAX_TARGET_LENGTH = 8192;

/** Longest message body that a chunk header can announce (RTMP 1.0 §5.3.1.2: a 24-bit field). */
export const MAX_MESSAGE_LENGTH = 0xffffff;
/** The chunk size in force until a peer says otherwise (RTMP 1.0 §5.4.1). */
export const DEFAULT_CHUNK_SIZE = 128;
/** A chunk is never longer than a message, so larger chunk sizes mean this one (RTMP 1.0 §5.4.1). */
export const MAX_CHUNK_SIZE = 0xffffff;

/**
 * A publisher asks to be acknowledged at least so often, in bytes (RTMP 1.0 §5.4.4): twice a second at 4
 * Mbit/s. Servers' own proposals of megabytes would tell of a slow path many seconds late.
 */
export const ACKNOWLEDGEMENT_WINDOW = 2 ** 18;
