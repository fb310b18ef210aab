import { type FlvTag, Muxer } from '@cloudpush/muxer';
import type { BenchPacket } from '../engine/media.js';

/** The input of a task and its result: everything is copied from thread to thread. */
export interface MuxTask {
  readonly channel: number;
  readonly kind: BenchPacket['kind'];
  readonly data: Uint8Array;
  readonly pts: number;
}
export interface MuxedTag {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

const muxers: Muxer[] = [];

/** The piscina task: muxes one packet. */
export function muxPacket({ channel, kind, data, pts }: MuxTask): MuxedTag[] {
  muxers[channel] ??= new Muxer();
  const muxer = muxers[channel];
  const tags: FlvTag[] = [];
  const packet = { data, headroom: 0, dts: pts, pts };
  if (kind === 'video') muxer.video('h264', packet, tags);
  else muxer.audio('aac', packet, tags);
  return tags.map(({ type, timestamp, parts }) => ({ type, timestamp, body: Buffer.concat(parts) }));
}
