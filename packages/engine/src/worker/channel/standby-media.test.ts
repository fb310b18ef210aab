import { expect, test } from 'vitest';
import { FakeShard } from '../testing/fake-shard.js';
import { H264_INTER, H264_KEY } from '../testing/media.js';
import { pictureId } from './key-picture.js';
import type { BlockReturn } from './packet-block.js';
import type { KeptPacket } from './pre-roll.js';
import { StandbyMedia } from './standby-media.js';

/** No two are alike. */
const keyFrame = (second: number): Buffer => Buffer.concat([H264_KEY, Buffer.from([second + 1])]);

/** A channel that stands by for some seconds, with a key frame each second, and a picture behind each. */
function standBy(seconds: number) {
  const shard = new FakeShard();
  const owner: BlockReturn = { returnBlock: ({ index }) => shard.returnBlock(index) };
  const late: number[] = [];
  const media = new StandbyMedia({
    pool: shard.pool,
    clock: shard.clock,
    giveUp: ({ block }) => block.release(),
    takeLate: (kept) => void late.push(...timesOf(kept)),
  });
  const add = (picture: Buffer, pts: number): readonly number[] => {
    const { descriptor, block } = shard.video(owner, picture, pts);
    return timesOf(media.add(descriptor, block));
  };
  const group = (second: number): readonly number[] => [
    ...add(keyFrame(second), second * 1000),
    ...add(H264_INTER, second * 1000 + 500),
  ];
  for (let second = 0; second < seconds; second++) group(second);
  const idOf = (second: number): string => {
    const { descriptor, block } = shard.video(owner, keyFrame(second), 0);
    const id = pictureId(shard.pool, descriptor, block)!;
    block.release();
    return id;
  };
  return { shard, media, add, group, idOf, late };
}

/** Lets go of packets. @returns their times */
function timesOf(kept: readonly KeptPacket[]): number[] {
  for (const { block } of kept) block.release();
  return kept.map(({ pts }) => pts);
}

test('without a word of where to begin, the first destination begins with the latest key frame', () => {
  const { shard, media } = standBy(8);
  expect([timesOf(media.begin()), media.isAwaited, shard.blocksInUse]).toEqual([[7000, 7500], false, 0]);
});

test.each([
  ['is the latest', 7, [7000, 7500]],
  ['has come a while ago', 5, [5000, 5500, 6000, 6500, 7000, 7500]],
  ['is not kept any more: the oldest is', 1, [3000, 3500, 4000, 4500, 5000, 5500, 6000, 6500, 7000, 7500]],
])('a key frame to begin with that %s', (_, second, times) => {
  const { shard, media, idOf } = standBy(8);
  media.await(idOf(second));
  expect([timesOf(media.begin()), media.isAwaited, shard.blocksInUse]).toEqual([times, false, 0]);
});

test('a key frame to begin with that has yet to come: nothing goes out before, and all from there on', () => {
  const { shard, media, add, group, idOf, late } = standBy(3);
  media.await(idOf(4));
  expect([media.isAwaited, timesOf(media.begin()), media.isAwaited]).toEqual([false, [], true]);
  shard.clock.pass(1000);
  expect(group(3)).toEqual([]);
  expect(add(keyFrame(4), 4000)).toEqual([4000]);
  expect(media.isAwaited).toBe(false);
  shard.clock.pass(5000);
  expect([late, shard.blocksInUse]).toEqual([[], 0]);
});

test('a key frame to begin with that does not come: after 2 s it is the first one that came meanwhile', () => {
  const { shard, media, group, late } = standBy(3);
  media.await('of another camera');
  media.begin();
  for (const second of [3, 4]) group(second);
  shard.clock.pass(1999);
  expect(late).toEqual([]);
  shard.clock.pass(1);
  expect([late, media.isAwaited, shard.blocksInUse]).toEqual([[3000, 3500, 4000, 4500], false, 0]);
});

test('where no key frame comes at all, it is the latest after 2 s, or when that is asked for before', () => {
  for (const isAsked of [false, true]) {
    const { shard, media, late } = standBy(3);
    media.await('of another camera');
    media.begin();
    if (isAsked) late.push(...timesOf(media.beginAnyway()));
    shard.clock.pass(2000);
    expect([late, shard.blocksInUse]).toEqual([[2000, 2500], 0]);
  }
});

test('what waits when nothing follows comes back, and no timer is left', () => {
  const { shard, media, late } = standBy(3);
  media.await('of another camera');
  media.begin();
  timesOf(media.end());
  shard.clock.pass(5000);
  expect([late, shard.blocksInUse]).toEqual([[], 0]);
});
