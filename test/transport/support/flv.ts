import { readFileSync } from 'node:fs';

export interface FlvTagBytes {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Buffer;
}

/** The tags of an FLV file (FLV 10.1, annex E.4.1), read in the plainest way. */
export function readFlv(file: string | URL): FlvTagBytes[] {
  const bytes = readFileSync(file);
  const tags: FlvTagBytes[] = [];
  for (let at = bytes.readUInt32BE(5) + 4; at + 11 <= bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3);
    const timestamp = bytes.readUIntBE(at + 4, 3) + bytes[at + 7]! * 0x1000000;
    tags.push({ type: bytes[at]! & 0x1f, timestamp, body: bytes.subarray(at + 11, at + 11 + size) });
    at += 11 + size + 4;
  }
  return tags;
}
