import { expect, test } from 'vitest';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { ADTS, H264_KEY, H264_SLICE, H265_KEY } from '../testing/media.js';
import { pictureId } from './key-picture.js';
import type { BlockReturn } from './packet-block.js';

const owner: BlockReturn = { returnBlock: () => {} };

test('a picture is the same whatever parameter sets stand before it, and another with any other byte', () => {
  const shard = new FakeShard();
  const idOf = ({ descriptor, block }: FakePacket): string | undefined =>
    pictureId(shard.pool, descriptor, block);
  const id = idOf(shard.keyFrame(owner, H264_KEY, 0));
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(idOf(shard.keyFrame(owner, H264_SLICE, 40))).toBe(id);
  expect(idOf(shard.keyFrame(owner, Buffer.concat([H264_SLICE, Buffer.from([1])]), 40))).not.toBe(id);
  const hevc = idOf(shard.keyFrame(owner, H265_KEY, 0, 'h265'));
  expect(
    idOf(shard.keyFrame(owner, H265_KEY.subarray(H265_KEY.lastIndexOf('00000001', 'hex')), 0, 'h265')),
  ).toBe(hevc);
  expect(idOf(shard.audio(owner, ADTS, 0))).toBeUndefined();
});
