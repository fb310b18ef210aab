import { expect, test } from 'vitest';
import { takeGaps } from '../testing/gap-bench.js';
import { SpoolBench } from '../testing/spool-bench.js';

test.each([44, 48, 52, 56])(
  'of %i big pictures, part of them on disk, none is sent twice where the connection that was left ends well',
  async (count) => {
    const big = 300_000;
    const bench = new SpoolBench({ speed: 100 });
    await bench.settle();
    const publisher = await bench.publish();
    const left = bench.shard.connections.latest;
    await bench.send(1, big);
    // It is late with all that comes.
    publisher.acknowledged = publisher.bytesWritten;
    await bench.send(count - 1, big);
    expect(bench.files).not.toEqual([]);
    bench.destination.moveTo({ url: 'rtmp://other.example/live/a', token: undefined }, false);
    await bench.publish();
    await bench.send(4);
    expect(left.closes).toBe(1);
    await left.lose(undefined);
    await bench.send(8);
    await bench.lose();
    await bench.publish();
    await bench.send(4);
    const again = (await takeGaps(bench)).flat();
    expect(again).not.toEqual([]);
    expect(again.filter((number) => number < count)).toEqual([]);
  },
);
