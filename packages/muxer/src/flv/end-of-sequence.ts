import type { FlvTag } from './flv-tag.js';

/** IsExHeader (Enhanced RTMP v2). */
const ENHANCED = 0x80;
/** AVCPacketType (FLV E.4.3.1) and VideoPacketType (Enhanced RTMP v2) alike. */
const SEQUENCE_END = 2;

/**
 * The tag that ends a video sequence, in the codec and form of its sequence header: a decoder may show what
 * it holds back. Some servers break on it.
 *
 * @param header the sequence header that the sequence began with
 * @param timestamp ms on the stream's 32-bit clock
 */
export function endOfSequenceTag(header: FlvTag, timestamp: number): FlvTag {
  const body = endOfSequenceBody(header.parts[0]!);
  const tag = header.withBody({ parts: [body], size: body.length, headroom: 0 });
  tag.timestamp = timestamp;
  return tag;
}

/**
 * A legacy header begins with frame type and codec, packet type and composition offset; an Enhanced one with
 * frame and packet type, FourCC.
 */
function endOfSequenceBody(header: Uint8Array): Uint8Array {
  const first = header[0]!;
  if ((first & ENHANCED) === 0) return Uint8Array.of(first, SEQUENCE_END, 0, 0, 0);
  return Uint8Array.of((first & 0xf0) | SEQUENCE_END, ...header.subarray(1, 5));
}
