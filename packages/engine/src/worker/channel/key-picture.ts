import { createHash } from 'node:crypto';
import { isKeyFrame, slicesOf } from '@cloudpush/muxer';
import { Command, PacketFlag } from '../../memory/ring.js';
import { VIDEO_CODECS } from '../../options/codecs.js';
import type { PacketDescriptor } from './held-packets.js';
import { type PacketBlock, payloadOf } from './packet-block.js';

/** 132 bits. */
const ID_LENGTH = 22;

/** Whether a packet begins a group of pictures: as its source says, or as its bytes do. */
export function isKeyPicture(pool: SharedArrayBuffer, packet: PacketDescriptor, block: PacketBlock): boolean {
  const { command, codec, flags, bytes, configuration } = packet;
  if (command !== Command.video) return false;
  if ((flags & PacketFlag.keyFrameKnown) !== 0) return (flags & PacketFlag.keyFrame) !== 0;
  return isKeyFrame(VIDEO_CODECS[codec]!, payloadOf(pool, block, bytes), configuration);
}

/** Tells a picture from every other one, whoever reads the camera; undefined: it is none. */
export function pictureId(
  pool: SharedArrayBuffer,
  packet: PacketDescriptor,
  block: PacketBlock,
): string | undefined {
  const { command, codec, bytes, configuration } = packet;
  if (command !== Command.video) return undefined;
  const slices = slicesOf(VIDEO_CODECS[codec]!, payloadOf(pool, block, bytes), configuration);
  return createHash('sha256').update(slices).digest('base64url').slice(0, ID_LENGTH);
}
