import { type FlvTag, Muxer } from '@cloudpush/muxer';
import { BenchPacket } from './packets.js';

/**
 * A muxer that has begun its stream, and gives the tag of `packet` again and again, 40 ms apart.
 * @param prepare makes the packet ready for the next call
 */
export function repeatedMuxing(packet: BenchPacket, prepare: () => void): () => FlvTag {
  const muxer = new Muxer();
  const tags: FlvTag[] = [];
  const reused = { data: BenchPacket.key().data, headroom: 0, dts: 0, pts: 0 };
  muxer.video('h264', reused, tags);
  reused.data = packet.data;
  reused.headroom = packet.headroom;
  return () => {
    prepare();
    reused.dts += 40;
    reused.pts = reused.dts;
    tags.length = 0;
    muxer.video('h264', reused, tags);
    return tags[0]!;
  };
}
