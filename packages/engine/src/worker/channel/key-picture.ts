import { isKeyFrame } from '@cloudpush/muxer';
import { Command, PacketFlag } from '../../memory/ring.js';
import { VIDEO_CODECS } from '../../options/codecs.js';
import type { PacketDescriptor } from './held-packets.js';
import { type PacketBlock, payloadOf } from './packet-block.js';

/** Whether a packet begins a group of pictures: as its source says, or as its bytes do. */
export function isKeyPicture(pool: SharedArrayBuffer, packet: PacketDescriptor, block: PacketBlock): boolean {
  const { command, codec, flags, bytes, configuration } = packet;
  if (command !== Command.video) return false;
  if ((flags & PacketFlag.keyFrameKnown) !== 0) return (flags & PacketFlag.keyFrame) !== 0;
  return isKeyFrame(VIDEO_CODECS[codec]!, payloadOf(pool, block, bytes), configuration);
}
