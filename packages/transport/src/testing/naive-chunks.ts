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
    let id = input.readUInt8(at) & 63;
    at += 1;
    if (id === 0) {
      id = input.readUInt8(at) + 64;
      at += 1;
    } else if (id === 1) {
      id = input.readUInt8(at + 1) * 256 + input.readUInt8(at) + 64;
      at += 2;
    }
    streams[id] ??= {
      timestamp: 0,
      field: 0,
      extended: false,
      length: 0,
      type: 0,
      messageStreamId: 0,
      payload: Buffer.alloc(0),
      open: false,
    };
    const stream = streams[id]!;
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
