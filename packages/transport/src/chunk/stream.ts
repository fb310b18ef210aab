/** The fields that a chunk stream remembers from header to header (RTMP 1.0 §5.3.1.2). */
export class ChunkStream {
  timestamp = 0;
  /** The last timestamp field, extended or not: absolute after format 0, a delta after 1 and 2. */
  field = 0;
  extended = false;
  length = 0;
  type = 0;
  messageStreamId = 0;
  /** A message has begun and has not ended. */
  open = false;
  received = 0;
  payload: Uint8Array | undefined = undefined;
}
