// A fault ends at most the channel that the request or descriptor was for.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChannelCounter } from '../memory/counters.js';
import { Command } from '../memory/ring.js';
import { WorkerChannel } from './channel/worker-channel.js';
import type { FakePacket } from './testing/fake-shard.js';
import { H264_KEY } from './testing/media.js';
import { A, B, config, elsewhere, nobody, settled, TableBench } from './testing/table-bench.js';

let bench: TableBench;

beforeEach(() => {
  bench = new TableBench();
});

afterEach(() => {
  vi.restoreAllMocks();
  bench.table.stop();
});

describe('a descriptor that cannot be handled', () => {
  test.each([
    ['a picture', (): FakePacket => bench.keyFrame(nobody, H264_KEY, 0), false],
    [
      'metadata, which may hold a key',
      (): FakePacket => bench.metadata(nobody, { type: 'streamStart', trigger: 'face', time: 1 } as never),
      true,
    ],
  ])('gives its block back: %s', (_, make, isWiped) => {
    const packet = make();
    const { bytes } = packet.descriptor;
    const returnBlock = vi.spyOn(bench, 'returnBlock');
    bench.send(A, packet);
    // Nobody's counters have moved.
    expect(returnBlock).toHaveBeenCalledExactlyOnceWith(
      packet.block.index,
      expect.objectContaining({ touched: true }),
    );
    expect(bench.blocksInUse).toBe(0);
    expect(bench.payload(packet).equals(Buffer.alloc(bytes))).toBe(isWiped);
    expect(bench.counters.channels.get(A, ChannelCounter.packetsLost)).toBe(1);
    expect(bench.reported(A)).toEqual(['broken']);
  });

  test('is told once for a channel that is not there, and again after its last one', () => {
    for (const command of [Command.detach, Command.open, Command.detach]) bench.push(command, A, 5);
    expect(bench.reported(A)).toEqual(['broken']);
    expect(bench.of('broken')[0]!.error.message).toContain('channel 1 is not on this shard');
    expect(bench.counters.channels.get(A, ChannelCounter.packetsLost)).toBe(0);
    bench.push(Command.close, A);
    expect(bench.done.slice(-2)).toEqual(['publish', 'forgotten']);
    bench.push(Command.detach, A, 5);
    expect(bench.reported(A)).toEqual(['broken', 'forgotten', 'broken']);
  });

  test('leaves a packet to the channel that it was for', () => {
    bench.open(A, 0);
    vi.spyOn(WorkerChannel.prototype, 'accept').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    bench.send(A, bench.keyFrame(nobody, H264_KEY, 0));
    expect(bench.blocksInUse).toBe(1);
  });

  test('of a channel that ends with it is not told behind its end', () => {
    bench.open(A);
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    bench.push(Command.close, A);
    expect(bench.reported(A)).toEqual([]);
    bench.open(A);
    expect(bench.reported(A)).toEqual(['ended', 'forgotten']);
    expect(bench.table.size).toBe(0);
  });

  test('ends its channel alone', async () => {
    bench.open(B, 1);
    bench.open(A, 0);
    bench.open(A);
    await settled();
    expect(bench.reported(A)).toEqual(['detached', 'ended']);
    expect([bench.reported(B), bench.table.size]).toEqual([[], 2]);
    bench.push(Command.close, A);
    expect(bench.table.size).toBe(1);
  });

  test('is told with the end of a channel that has no destination', () => {
    bench.open(A);
    bench.open(A);
    expect(bench.of('ended')).toMatchObject([
      { channel: A, error: { message: expect.stringMatching(/no configuration|opened twice/) } },
    ]);
    bench.open(B);
    bench.push(Command.close, B);
    expect(bench.of('ended')[1]).toMatchObject({ channel: B, error: undefined });
  });

  test('answers whoever waits for a destination', async () => {
    bench.open(A, 0);
    bench.push(Command.attach, A, 5);
    await settled();
    expect(bench.of('detached').map(({ destination }) => destination)).toEqual([5, 0]);
    expect(bench.reported(B)).toEqual([]);
    // Where there is no channel, nobody waits for one of its destinations.
    bench.push(Command.attach, B, 6);
    expect(bench.reported(B)).toEqual(['broken']);
  });

  test('answers whoever waits for a channel to leave', async () => {
    bench.open(A, 0);
    vi.spyOn(WorkerChannel.prototype, 'release').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    bench.push(Command.release, A);
    await settled();
    expect(bench.reported(A)).toEqual(['migrationRefused', 'detached', 'ended']);
    bench.push(Command.release, B);
    expect(bench.reported(B)).toEqual(['broken']);
  });

  test('leaves nothing of a channel that cannot even be ended', () => {
    bench.open(A, 0);
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    bench.receiveRequests();
    vi.spyOn(WorkerChannel.prototype, 'fail').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    bench.open(A);
    expect([bench.reported(A), bench.table.size]).toEqual([['broken'], 0]);
    vi.restoreAllMocks();
    bench.push(Command.close, A);
    bench.open(A, 0);
    bench.push(Command.attach, A, 1);
    expect(bench.errors[0]).toContain('destination 1 has no configuration');
  });

  test('does not count a channel twice that fails once more behind its end', () => {
    bench.open(A);
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    bench.push(Command.close, A);
    bench.open(B, 1);
    const { fail } = WorkerChannel.prototype;
    vi.spyOn(WorkerChannel.prototype, 'fail').mockImplementation(function (this: WorkerChannel, error) {
      fail.call(this, error);
      throw new TypeError('no such field');
    });
    bench.open(A);
    expect([bench.reported(A), bench.table.size]).toEqual([['ended', 'forgotten'], 1]);
  });

  test('of a request ends the channel that it names, and the others go on', async () => {
    bench.open(A, 0);
    bench.open(B, 1);
    vi.spyOn(WorkerChannel.prototype, 'find').mockImplementationOnce(() => {
      throw new TypeError('no such field');
    });
    bench.table.onRequest({ type: 'target', channel: A, destination: 0, answer: { target: elsewhere } });
    await settled();
    expect(bench.reported(A)).toEqual(['detached', 'ended']);
    expect(bench.reported(B)).toEqual([]);
  });
});
