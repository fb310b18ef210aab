/**
 * The chunk stream read in the slowest and most obvious way, from whole input, word by word after RTMP 1.0
 * §5.3: the oracle for the real reader.
 */
export interface NaiveMessage {
  type: number;
  messageStreamId: number;
  timestamp: number;
  payload: Buffer;
}

interface NaiveStream {
  timestamp: number;
  field: number;
  extended: boolean;
  length: number;
  type: number;
  messageStreamId: number;
  payload: Buffer;
  open: boolean;
}

export function readNaively(input: Buffer): NaiveMessage[] {
  const streams: Record<number, NaiveStream> = {};
  const messages: NaiveMessage[] = [];
  let chunkSize = 128;
  let at = 0;
  while (at < input.length) {
    const format = input.readUInt8(at) >> 6;
    const { id, length } = readBasicHeader(input, at);
    at += length;
    streams[id] ??= newStream();
    const stream = streams[id];
    at = readMessageHeader(input, at, format, stream);
    if (!stream.open) {
      stream.timestamp = format === 0 ? stream.field : (stream.timestamp + stream.field) % 2 ** 32;
      stream.payload = Buffer.alloc(0);
    }
    const take = Math.min(chunkSize, stream.length - stream.payload.length);
    stream.payload = Buffer.concat([stream.payload, input.subarray(at, at + take)]);
    at += take;
    stream.open = stream.payload.length < stream.length;
    if (stream.open) continue;
    const { type, messageStreamId, timestamp, payload } = stream;
    if (type === 1) chunkSize = payload.readUInt32BE(0);
    else messages.push({ type, messageStreamId, timestamp, payload });
  }
  return messages;
}

/** RTMP 1.0 §5.3.1.2 and §5.3.1.3; returns where the payload begins. */
function readMessageHeader(input: Buffer, start: number, format: number, stream: NaiveStream): number {
  let at = start;
  if (format <= 2) {
    stream.field = input.readUIntBE(at, 3);
    at += 3;
  }
  if (format <= 1) {
    stream.length = input.readUIntBE(at, 3);
    stream.type = input.readUInt8(at + 3);
    at += 4;
  }
  if (format === 0) {
    stream.messageStreamId = input.readUInt32LE(at);
    at += 4;
  }
  if (format <= 2) stream.extended = stream.field === 0xffffff;
  if (stream.extended) {
    stream.field = input.readUInt32BE(at);
    at += 4;
  }
  return at;
}

/** RTMP 1.0 §5.3.1.1. */
function readBasicHeader(input: Buffer, at: number): { id: number; length: number } {
  const id = input.readUInt8(at) & 63;
  if (id === 0) return { id: input.readUInt8(at + 1) + 64, length: 2 };
  if (id === 1) return { id: input.readUInt8(at + 2) * 256 + input.readUInt8(at + 1) + 64, length: 3 };
  return { id, length: 1 };
}

function newStream(): NaiveStream {
  return {
    timestamp: 0,
    field: 0,
    extended: false,
    length: 0,
    type: 0,
    messageStreamId: 0,
    payload: Buffer.alloc(0),
    open: false,
  };
}
