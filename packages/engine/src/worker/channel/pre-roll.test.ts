import { expect, test } from 'vitest';
import { Command, PacketFlag } from '../../memory/ring.js';
import type { PacketBlock } from './packet-block.js';
import { PreRoll } from './pre-roll.js';

const BLOCK = {} as PacketBlock;
const KEY = PacketFlag.keyFrameKnown | PacketFlag.keyFrame;

function stage(length: number) {
  const gone: number[] = [];
  const preRoll = new PreRoll(
    length,
    ({ pts }) => gone.push(pts),
    // Of a picture that nobody says anything of.
    ({ pts }) => pts % 1000 === 0,
  );
  const add = (command: Command, flags: number, pts: number) =>
    preRoll.add(
      { command, codec: 0, flags, bytes: 1, dts: Number.NaN, pts, configuration: undefined },
      BLOCK,
    );
  return {
    gone,
    preRoll,
    key: (pts: number) => add(Command.video, KEY, pts),
    picture: (pts: number) => add(Command.video, PacketFlag.keyFrameKnown, pts),
    unknown: (pts: number) => add(Command.video, 0, pts),
    sound: (pts: number) => add(Command.audio, 0, pts),
    kept: () => preRoll.takeAll().map(({ pts }) => pts),
  };
}

test('what is kept reaches back at least as far as it must, and begins with a key frame', () => {
  const { key, picture, sound, kept, gone } = stage(2000);
  for (let second = 0; second < 10; second++) {
    key(second * 1000);
    sound(second * 1000 + 100);
    picture(second * 1000 + 500);
  }
  expect(kept()).toEqual([7000, 7100, 7500, 8000, 8100, 8500, 9000, 9100, 9500]);
  expect(gone).toHaveLength(21);
  expect(gone).toEqual([...gone].sort((a, b) => a - b));
});

test('where the source does not say, the picture itself is looked into', () => {
  const { unknown, kept } = stage(1000);
  for (let pts = 500; pts <= 3500; pts += 500) unknown(pts);
  expect(kept()).toEqual([2000, 2500, 3000, 3500]);
});

test('pictures and sound in front of the first key frame are given up', () => {
  const { key, picture, sound, kept, gone } = stage(5000);
  sound(0);
  picture(40);
  key(80);
  sound(100);
  expect(kept()).toEqual([80, 100]);
  expect(gone).toEqual([0, 40]);
});

test('without a key frame nothing is handed over, and nothing grows without end', () => {
  const { picture, kept, gone, key } = stage(1000);
  key(0);
  for (let at = 40; at < 100_000; at += 40) picture(at);
  expect(gone.length).toBeGreaterThan(1500);
  expect(kept()).toEqual([]);
});

test('sound alone may begin anywhere', () => {
  const { sound, kept } = stage(100);
  for (let at = 0; at <= 1000; at += 50) sound(at);
  expect(kept()).toEqual([900, 950, 1000]);
});

test('a pool that is short of room gets all but the latest group of pictures', () => {
  const { key, picture, preRoll, kept } = stage(10_000);
  for (const at of [0, 1000, 2000]) {
    key(at);
    picture(at + 500);
  }
  preRoll.relieve();
  expect(kept()).toEqual([2000, 2500]);
});

test('with no length it holds the group of pictures that is under way', () => {
  const { key, picture, kept } = stage(0);
  key(0);
  picture(40);
  key(80);
  picture(120);
  expect(kept()).toEqual([80, 120]);
});
