import { expect, test } from 'vitest';
import { FakeShard } from '../testing/fake-shard.js';
import { H264_INTER, H264_KEY } from '../testing/media.js';
import { KeyFrameEnd } from './key-frame-end.js';
import { isKeyPicture } from './key-picture.js';
import type { BlockReturn } from './packet-block.js';

test('media ends before the next key frame after it was asked for, and is told of once', () => {
  const shard = new FakeShard();
  const owner: BlockReturn = { returnBlock: ({ index }) => shard.returnBlock(index) };
  let reached = 0;
  const end = new KeyFrameEnd(
    (packet, block) => isKeyPicture(shard.pool, packet, block),
    () => reached++,
  );
  const isBehind = (picture: Uint8Array): boolean => {
    const { descriptor, block } = shard.video(owner, picture, 0);
    const behind = end.isBehind(descriptor, block);
    block.release();
    return behind;
  };
  expect([H264_KEY, H264_INTER].map(isBehind)).toEqual([false, false]);
  end.begin();
  expect([H264_INTER, H264_INTER, H264_KEY, H264_INTER, H264_KEY].map(isBehind)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  end.begin();
  expect([isBehind(H264_INTER), reached]).toEqual([true, 1]);
});
