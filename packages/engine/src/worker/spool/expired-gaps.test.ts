// Media that is removed from disk, as others need the room, while it is being sent.

import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { takeGap } from '../testing/gap-bench.js';
import { FRAME, SpoolBench } from '../testing/spool-bench.js';

/** A bench with a gap of two parts, the first of which was sent. */
async function behindFirstPart(): Promise<SpoolBench> {
  const bench = new SpoolBench({ speed: 100 });
  await bench.settle();
  await bench.send(280);
  await bench.publish();
  await takeGap(bench);
  return bench;
}

test.each(['between two parts', 'while its next part is being sent'] as const)(
  'of a gap that expires %s, what was sent is told once',
  async (when) => {
    const bench = await behindFirstPart();
    const connection = bench.shard.connections.latest;
    expect(connection.isOfGap).toBe(true);
    const fail = async (): Promise<void> => {
      await connection.fail(new RtmpError(RtmpErrorCode.socket, 'connect', 'down'));
      await bench.settle();
    };
    if (when === 'between two parts') await fail();
    bench.destination.expireSpool(1e9, 0);
    await bench.pass(1000);
    if (when !== 'between two parts') await fail();
    await bench.send(20);
    expect(bench.outcomes).toEqual(['opened', 'expired', 'sent']);
    const { ms, streamName } = bench.shard.of('gap').at(-1)!.gap;
    expect([ms, streamName]).toEqual([239 * FRAME, expect.stringContaining('gap')]);
    expect(bench.files).toEqual([]);
  },
);
