import { expect, test } from 'vitest';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import { InterleaveReader } from './interleave-reader.js';

test.for(['video', 'audio'] as const)('%s that was read before a failure is given first', async (kind) => {
  const failure = new Error('damaged');
  const packets = [packet(kind, 0), packet(kind, 20)];
  let ended = false;
  const inner: PacketReader = {
    get ended() {
      return ended && packets.length === 0;
    },
    next: () => packets.shift(),
    more: () => {
      ended = true;
      return Promise.reject(failure);
    },
    close: () => Promise.resolve(),
  };
  const reader = new InterleaveReader(inner);
  expect(reader.next()).toBeUndefined();
  await reader.more();
  expect([reader.next()?.dts, reader.next()?.dts, reader.next()]).toEqual([0, 20, undefined]);
  expect(reader.ended).toBe(false);
  await expect(reader.more()).rejects.toBe(failure);
});

test('a failure with nothing before it is told at once', async () => {
  const failure = new Error('damaged');
  const reader = new InterleaveReader({
    ended: false,
    next: () => undefined,
    more: () => Promise.reject(failure),
    close: () => Promise.resolve(),
  });
  await expect(reader.more()).rejects.toBe(failure);
});

function packet(kind: 'video' | 'audio', dts: number): SourcePacket {
  const codec = kind === 'video' ? 'h264' : 'aac';
  return { kind, codec, data: new Uint8Array(1), pts: dts, dts, keyFrame: true, duration: 20 };
}
