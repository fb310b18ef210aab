import { expect, test } from 'vitest';
import { BlockFramer, type SampleBlock } from './block-framer.js';

const RATE = 8000;

function bench(channels = 1) {
  const blocks: SampleBlock[] = [];
  const framer = new BlockFramer(RATE, channels, (block) => blocks.push(block));
  /** So many samples of 1, from a time on. */
  const add = (count: number, pts: number): void => framer.add(new Int16Array(count * channels).fill(1), pts);
  const shape = () => blocks.map(({ samples, pts }) => [pts, samples.reduce((sum, one) => sum + one, 0)]);
  return { framer, add, blocks, shape };
}

test('frames that follow each other become blocks of 1024 samples, each with the time of its first one', () => {
  const { add, shape } = bench();
  for (let index = 0; index < 20; index++) add(160, 1000 + index * 20);
  expect(shape()).toEqual([
    [1000, 1024],
    [1128, 1024],
    [1256, 1024],
  ]);
});

test('times that are a little off are followed, and nothing is put in between', () => {
  const { add, shape } = bench();
  add(1000, 0);
  add(1000, 125 + 10);
  add(1000, 250 - 5);
  expect(shape()).toEqual([
    [0, 1024],
    [138, 1024],
  ]);
});

test('a gap shorter than the rest of a block is filled with silence of its length', () => {
  const { add, shape, blocks } = bench();
  add(400, 0);
  add(1000, 50 + 40);
  expect(shape()).toEqual([[0, 1024 - 320]]);
  expect([...blocks[0]!.samples.subarray(400, 720)].every((sample) => sample === 0)).toBe(true);
  add(400, 90 + 125);
  expect(shape()[1]![0]).toBe(90 + (1024 - 720) / 8);
});

test('a longer gap ends the block, and the next one begins where the samples go on', () => {
  const { add, shape } = bench();
  add(400, 0);
  add(1024, 5000);
  expect(shape()).toEqual([
    [0, 400],
    [5000, 1024],
  ]);
});

test('a clock that is set back ends the block, too', () => {
  const { add, shape } = bench();
  add(400, 5000);
  add(1024, 100);
  expect(shape()).toEqual([
    [5000, 400],
    [100, 1024],
  ]);
});

test('the last block ends in silence, and channels stay together', () => {
  const { framer, add, shape, blocks } = bench(2);
  add(1100, 0);
  framer.end();
  framer.end();
  expect(shape()).toEqual([
    [0, 2048],
    [128, 152],
  ]);
  expect(blocks[1]!.samples).toHaveLength(2048);
});
