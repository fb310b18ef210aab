import { writeUint32 } from '../bits/bytes.js';
import type { ColorInfo } from '../colour/color-info.js';
import { allocateBody } from './tag-body.js';
import { EX_VIDEO_HEADER, FrameType, VideoPacketType, type VideoTagFormat } from './video-tag-header.js';

/** AMF0 markers (AMF 0 §2.1): the four that this one object needs. */
const AMF_NUMBER = 0;
const AMF_STRING = 2;
const AMF_OBJECT = 3;
const amfObjectEnd = Buffer.from([0, 0, 9]);

/**
 * A video tag body of `VideoPacketType.Metadata` with the pair `["colorInfo", object]` (Enhanced RTMP,
 * "Metadata Frame"). Its frame type means nothing; "inter" keeps servers from taking it for a place to start
 * at.
 */
export function colorInfoBody(format: VideoTagFormat, info: ColorInfo): Uint8Array {
  const metadata = encodeColorInfo(info);
  const body = allocateBody(5 + metadata.length);
  body[0] = EX_VIDEO_HEADER | (FrameType.inter << 4) | VideoPacketType.metadata;
  writeUint32(body, 1, format.videoCodecId);
  body.set(metadata, 5);
  return body;
}

function encodeColorInfo(info: ColorInfo): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from([AMF_STRING]), text('colorInfo'), Buffer.from([AMF_OBJECT])];
  for (const [name, section] of Object.entries(info)) {
    if (section !== undefined) parts.push(text(name), ...encodeSection(section));
  }
  parts.push(amfObjectEnd);
  return Buffer.concat(parts);
}

function encodeSection(section: object): Uint8Array[] {
  const parts: Uint8Array[] = [Buffer.from([AMF_OBJECT])];
  for (const [name, value] of Object.entries(section)) {
    if (typeof value === 'number') parts.push(text(name), number(value));
  }
  parts.push(amfObjectEnd);
  return parts;
}

/** A name, or a string behind its marker: 16-bit length and UTF-8. */
function text(value: string): Buffer {
  const bytes = Buffer.alloc(2 + value.length);
  bytes.writeUInt16BE(value.length);
  bytes.write(value, 2, 'latin1');
  return bytes;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = AMF_NUMBER;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}
