import { TagRole } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { DestinationCounter, SpoolCounter } from '../../memory/counters.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { takeGap } from '../testing/gap-bench.js';
import { FRAME, GROUP, SpoolBench } from '../testing/spool-bench.js';

const count = ({ shard }: SpoolBench, counter: DestinationCounter): number =>
  shard.counters.destinations.get(0, counter);

function soundsOn({ sent }: FakePublisher): number {
  return sent.filter(({ role }) => role === TagRole.audioFrame).length;
}

/** Sound goes on, and no picture comes. */
async function sendSound(bench: SpoolBench, sounds: number): Promise<void> {
  for (let i = 0; i < sounds; i++) {
    bench.offerSound();
    bench.skip(1);
    await bench.pass(FRAME);
  }
}

test('without pictures, a gap begins with any sound, and lies on disk in groups of a second', async () => {
  const bench = new SpoolBench({ speed: 100 }, {}, false);
  await bench.settle();
  await bench.publish();
  await bench.send(7);
  await bench.lose();
  await bench.send(10);
  await bench.publish();
  await bench.send(1);
  const gap = await takeGap(bench);
  // Nothing was acknowledged: all that was sent may be lost.
  expect(soundsOn(gap)).toBe(17);
  // The wall clock stands in front of each group.
  const clocks = gap.sent.filter(({ role }) => role === TagRole.data).length - 1;
  expect(clocks).toBe(Math.ceil((17 * FRAME) / GROUP));
  expect(count(bench, DestinationCounter.lostAudio)).toBe(0);
});

test('sound that comes before any picture of a segment is not written, and counted where it cannot be sent', async () => {
  const bench = new SpoolBench({ when: 'always', speed: 100 });
  await bench.settle();
  const publisher = await bench.publish();
  await bench.send(8);
  bench.offerBorder({ border: 'end', number: 1 });
  await bench.pass(FRAME);
  bench.startGroup();
  bench.offerBorder({ border: 'start', number: 2 });
  const before = soundsOn(publisher);
  const { length } = bench.files;
  await sendSound(bench, 3);
  expect(soundsOn(publisher) - before).toBe(3);
  expect(bench.files).toHaveLength(length);
  await bench.lose();
  await sendSound(bench, 4);
  expect(count(bench, DestinationCounter.lostAudio)).toBe(4);
  expect(bench.count(SpoolCounter.spooledAudioFrames)).toBe(0);
});

test('where pictures stop in an outage, sound goes to disk until they come again, and live goes on with them', async () => {
  const bench = new SpoolBench({ speed: 100 });
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  await bench.lose();
  await bench.send(4);
  await sendSound(bench, 8);
  const second = await bench.publish();
  await sendSound(bench, 80);
  expect(soundsOn(second)).toBe(0);
  expect(bench.state).toBe('spooling');
  expect(count(bench, DestinationCounter.lostAudio)).toBe(0);
  bench.startGroup();
  await bench.send(2);
  expect(bench.sentOn(second)).toEqual(bench.offered.slice(-2));
  const gap = await takeGap(bench);
  expect(soundsOn(gap)).toBe(88);
});
