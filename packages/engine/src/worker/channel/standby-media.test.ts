import { expect, test } from 'vitest';
import { FakeShard } from '../testing/fake-shard.js';
import { H264_INTER, H264_KEY } from '../testing/media.js';
import { pictureId } from './key-picture.js';
import type { BlockReturn } from './packet-block.js';
import { StandbyMedia, type WaitEnd } from './standby-media.js';

/** No two are alike. */
const keyFrame = (second: number): Buffer => Buffer.concat([H264_KEY, Buffer.from([second + 1])]);

/** A channel that stands by for some seconds, with a key frame each second, and a picture behind each. */
function standBy(seconds: number) {
  const shard = new FakeShard();
  const owner: BlockReturn = { returnBlock: ({ index }) => shard.returnBlock(index) };
  const media = new StandbyMedia(shard.pool, ({ block }) => block.release());
  const add = (picture: Buffer, pts: number): void => {
    const { descriptor, block } = shard.video(owner, picture, pts);
    media.add(descriptor, block);
  };
  const group = (second: number): void => {
    add(keyFrame(second), second * 1000);
    add(H264_INTER, second * 1000 + 500);
  };
  for (let second = 0; second < seconds; second++) group(second);
  const idOf = (second: number): string => {
    const { descriptor, block } = shard.video(owner, keyFrame(second), 0);
    const id = pictureId(shard.pool, descriptor, block)!;
    block.release();
    return id;
  };
  const take = (end: WaitEnd): readonly number[] => {
    const kept = media.take(end);
    for (const { block } of kept) block.release();
    expect(shard.blocksInUse).toBe(0);
    return kept.map(({ pts }) => pts);
  };
  return { media, group, idOf, take };
}

test('without a word of where to begin, the first destination begins with the latest key frame', () => {
  const { media, take } = standBy(8);
  expect([media.isReady, take('found')]).toEqual([true, [7000, 7500]]);
});

test.each([
  ['is the latest', 11, 11],
  ['has come a while ago', 5, 5],
  ['is not kept any more: the oldest is', 1, 3],
])('a key frame to begin with that %s', (_, second, first) => {
  const { media, idOf, take } = standBy(12);
  media.await(idOf(second));
  const times = Array.from({ length: 2 * (12 - first) }, (_, index) => first * 1000 + index * 500);
  expect([media.isReady, take('found')]).toEqual([true, times]);
});

test('a key frame to begin with that has yet to come is waited for', () => {
  const { media, group, idOf, take } = standBy(3);
  media.await(idOf(4));
  const seen = [media.isReady];
  for (const second of [3, 4]) {
    group(second);
    seen.push(media.isReady);
  }
  // Media behind it is kept, too, until somebody looks.
  group(5);
  expect([seen, take('found')]).toEqual([
    [false, false, true],
    [4000, 4500, 5000, 5500],
  ]);
});

test('where it does not come, the latest one is begun with; where the wait is broken off, nothing that is kept', () => {
  for (const [end, times] of [
    ['late', [3000, 3500]],
    ['brokenOff', []],
  ] as const) {
    const { media, take } = standBy(4);
    media.await('of another camera');
    expect([media.isReady, take(end)]).toEqual([false, times]);
  }
});

test('the latest group of pictures is left when the pool is short, and is found all the same', () => {
  const { media, idOf, take } = standBy(8);
  media.await(idOf(5));
  media.relieve();
  expect([media.isReady, take('found')]).toEqual([true, [7000, 7500]]);
});
