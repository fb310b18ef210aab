/** Message type ids (RTMP 1.0 §5.4, §6.2, §7.1). */
export const MessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  dataAmf0: 18,
  sharedObjectAmf0: 19,
  commandAmf0: 20,
  aggregate: 22,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** The chunk streams that we send on. nginx-rtmp takes commands only below 32; all of these fit one byte. */
export const ChunkStreamId = {
  /** Protocol and user control (RTMP 1.0 §5.4: must be 2). */
  control: 2,
  command: 3,
  audio: 4,
  data: 5,
  video: 6,
  /** Commands of a message stream, as ffmpeg and librtmp send them. */
  streamCommand: 8,
} as const;

/** The chunk stream for a media or data message: one for each kind, as most publishers have it. */
export function chunkStreamIdFor(messageType: number): number {
  if (messageType === MessageType.video) return ChunkStreamId.video;
  return messageType === MessageType.audio ? ChunkStreamId.audio : ChunkStreamId.data;
}

/**
 * Media as a publisher takes it: an FLV tag body is a message payload, and the tag types 8, 9 and 18 are
 * message types.
 */
export interface MediaMessage {
  /** 8 audio, 9 video, 18 script data. */
  readonly type: number;
  /** Milliseconds, an integer 0 … 2^32 − 1. */
  readonly timestamp: number;
  /** The payload in order; may be views of shared memory. */
  readonly parts: readonly Uint8Array[];
  /** Sum of the parts' lengths. */
  readonly size: number;
  /**
   * Writable bytes directly in front of `parts[0]` in the same buffer; 0 when there are none or the memory is
   * shared.
   */
  readonly headroom: number;
}
