import { TagRole, TagType } from '@cloudpush/muxer';
import { EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import type { SpoolTag } from '../spool-tag.js';

function tag(type: TagType, role: TagRole, timestamp: number, ...parts: Uint8Array[]): SpoolTag {
  return { type, role, timestamp, parts, size: parts.reduce((sum, { length }) => sum + length, 0) };
}

/** A body whose bytes tell of its timestamp and number. */
function payload(timestamp: number, size: number): Buffer {
  const body = Buffer.alloc(size);
  for (let i = 0; i < size; i++) body[i] = timestamp * 7 + i * 31;
  return body;
}

/** An H.264 key frame in two parts. */
export function keyFrame(timestamp: number, size = 300): SpoolTag {
  const head = Buffer.from([0x17, 1, 0, 0, 0]);
  return tag(TagType.video, TagRole.keyFrame, timestamp, head, payload(timestamp, size));
}

/** An H.264 picture that refers to others. */
export function picture(timestamp: number, size = 100): SpoolTag {
  const head = Buffer.from([0x27, 1, 0, 0, 0]);
  return tag(TagType.video, TagRole.interFrame, timestamp, Buffer.concat([head, payload(timestamp, size)]));
}

/** An AAC frame. */
export function sound(timestamp: number, size = 40): SpoolTag {
  const head = Buffer.from([0xaf, 1]);
  return tag(TagType.audio, TagRole.audioFrame, timestamp, Buffer.concat([head, payload(timestamp, size)]));
}

const metadata = tag(
  TagType.scriptData,
  TagRole.data,
  0,
  encodeAmf0('onMetaData', new EcmaArray({ width: 1920, height: 1080 })),
);
const videoHeader = tag(
  TagType.video,
  TagRole.videoSequenceHeader,
  0,
  Buffer.from('17000000000142001fffe1000467420000', 'hex'),
);
const audioHeader = tag(TagType.audio, TagRole.audioSequenceHeader, 0, Buffer.from('af001210', 'hex'));

/** Headers of a stream with pictures and sound. */
export const HEADERS: readonly SpoolTag[] = [metadata, videoHeader, audioHeader];

/** Headers of a stream with sound alone. */
export const SOUND_HEADERS: readonly SpoolTag[] = [metadata, audioHeader];
