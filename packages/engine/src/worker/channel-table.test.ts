// Requests to the channels of a shard, through the ring and through the port, at memory speed.

import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CloudPushError, toErrorData } from '../base/errors.js';
import { Command } from '../memory/ring.js';
import { destinationConfig } from '../options/destination-config.js';
import { channelConfig } from '../options/stream-config.js';
import { WorkerChannel } from './channel/worker-channel.js';
import { WorkerDestination } from './destination/worker-destination.js';
import { ShardSources } from './source/shard-sources.js';
import { ADTS, H264_KEY } from './testing/media.js';
import {
  A,
  asking,
  B,
  channel,
  config,
  elsewhere,
  nobody,
  reason,
  settled,
  source,
  TableBench,
  url,
} from './testing/table-bench.js';

let bench: TableBench;

beforeEach(() => {
  bench = new TableBench();
});

afterEach(() => {
  vi.restoreAllMocks();
  bench.table.stop();
});

describe('a channel', () => {
  test('is there from its descriptor on, and is forgotten when its last destination is over', async () => {
    bench.open(A, 0);
    bench.open(B, 1);
    expect(bench.table.size).toBe(2);
    await turn();
    const [connection] = bench.connections.made;
    await connection!.succeed();
    bench.push(Command.close, A);
    bench.flush();
    await settled();
    expect(bench.reported(A)).toEqual(['connected']);
    expect(connection!.closes).toBe(1);
    await connection!.lose(undefined);
    expect(bench.reported(A)).toEqual(['connected', 'detached', 'ended', 'forgotten']);
    // Nothing of it is published once another one may have its number.
    expect(bench.done.slice(-3)).toEqual(['ended', 'publish', 'forgotten']);
    expect(bench.table.size).toBe(1);
  });

  test('that is over before it is told to close is forgotten then, once', async () => {
    bench.open(A, 0);
    bench.table.onRequest({ type: 'abort', channel: A, destination: undefined, error: reason });
    await settled();
    expect(bench.reported(A)).toEqual(['detached', 'ended']);
    expect(bench.table.size).toBe(1);
    bench.push(Command.close, A);
    expect(bench.reported(A)).toEqual(['detached', 'ended', 'forgotten']);
    expect([bench.table.size, bench.done.at(-2)]).toEqual([0, 'publish']);
    bench.table.onEnded(A);
    expect(bench.reported(A)).toHaveLength(3);
  });

  test('takes its packets, and its counters are noted before and behind', async () => {
    bench.open(A, 0);
    await turn();
    const publisher = await bench.connections.latest.succeed();
    bench.send(A, bench.keyFrame(nobody, H264_KEY, 0));
    bench.send(A, bench.audio(nobody, ADTS, 10));
    bench.flush();
    expect(publisher.sent.length).toBeGreaterThan(3);
    expect(bench.blocksInUse).toBe(0);
    expect(bench.touched).toHaveLength(4);
    const take = vi.spyOn(WorkerChannel.prototype, 'accept').mockImplementation(() => {
      bench.touched.push('taken');
    });
    bench.send(A, bench.audio(nobody, ADTS, 30));
    expect(take).toHaveBeenCalledOnce();
    expect(bench.touched.at(-2)).toBe('taken');
    expect(bench.touched).toHaveLength(7);
  });

  test('loses one destination, and keeps the others', async () => {
    bench.open(A, 0, 1);
    bench.push(Command.detach, A, 1);
    await turn();
    expect(bench.reported(A)).toEqual(['detached']);
    expect(bench.of('detached')[0]).toMatchObject({ destination: 1 });
    expect(bench.connections.made).toHaveLength(2);
  });

  test('begins without its second track when the pool has no room for it', async () => {
    const waiting = { ...channel, ...channelConfig({ trackWait: 60_000 }) };
    const open = { ...waiting, encryption: {}, segment: channel.segment, source: undefined };
    bench.post({ type: 'open', channel: A, config: open, resume: undefined });
    bench.push(Command.open, A);
    bench.attach(A, 0);
    await turn();
    const publisher = await bench.connections.latest.succeed();
    bench.send(A, bench.audio(nobody, ADTS, 0));
    bench.flush();
    expect(publisher.sent).toEqual([]);
    const returnBlock = vi.spyOn(bench, 'returnBlock');
    bench.table.onRequest({ type: 'relieve', channel: B });
    expect(returnBlock).not.toHaveBeenCalled();
    bench.table.onRequest({ type: 'relieve', channel: A });
    bench.flush();
    expect(publisher.sent.length).toBeGreaterThan(0);
    expect(bench.reported(B)).toEqual([]);
  });
});

describe('what was posted before a descriptor is known before it:', () => {
  test('an abort before the close', async () => {
    bench.open(A, 0);
    bench.post({ type: 'abort', channel: A, destination: 0, error: reason });
    bench.push(Command.close, A);
    await settled();
    expect(bench.errors).toEqual(['enough']);
  });

  test('an abort before the channel opens, though it has no destination: its source is not opened', () => {
    const open = vi.spyOn(ShardSources.prototype, 'open');
    const standby = { ...channel, standby: true, source };
    bench.post({ type: 'open', channel: A, config: standby, resume: undefined });
    bench.post({ type: 'abort', channel: A, destination: undefined, error: reason });
    bench.push(Command.open, A);
    expect(bench.of('ended')).toEqual([
      expect.objectContaining({ channel: A, error: expect.objectContaining({ message: 'enough' }) }),
    ]);
    expect(open).not.toHaveBeenCalled();
    bench.push(Command.close, A);
    expect([bench.reported(A), bench.table.size]).toEqual([['ended', 'forgotten'], 0]);
  });

  test('an abort before it leaves', async () => {
    bench.open(A);
    bench.attach(A, 0, destinationConfig({ url, reconnect: true }, { maxPacket: 65_536 }));
    await turn();
    await bench.connections.latest.fail(
      new CloudPushError('ERR_CLOUDPUSH_SHARD_EXITED', 'gone', { class: 'retryable' }),
    );
    bench.post({ type: 'abort', channel: A, destination: 0, error: reason });
    bench.push(Command.release, A);
    expect(bench.done.at(-1)).toBe('migrationRefused');
    await settled();
    expect(bench.errors).toEqual(['enough']);
  });

  test('a destination before it leaves', () => {
    bench.open(A);
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    bench.push(Command.release, A);
    expect(bench.reported(A)).toEqual(['migrated']);
    // It belongs to where the channel goes on: were it heard afterwards, it would be kept here.
    bench.receiveRequests();
    bench.open(A);
    bench.push(Command.attach, A, 1);
    expect(bench.of('detached')).toHaveLength(1);
  });
});

describe('a destination', () => {
  test('that is aborted before its descriptor has come ends with the reason', async () => {
    bench.open(A, 0);
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    bench.post({ type: 'abort', channel: A, destination: 1, error: reason });
    bench.push(Command.attach, A, 1);
    await settled();
    expect(bench.of('detached')).toEqual([expect.objectContaining({ channel: A, destination: 1 })]);
    expect(bench.errors).toEqual(['enough']);
  });

  test.each([
    ['with that', undefined, 'the channel was over before the destination could be added'],
    ['with the reason for which it was aborted', 1, 'enough'],
  ])('that comes for a channel that is over ends %s', async (_, aborted, message) => {
    bench.open(A, 0);
    bench.table.onRequest({ type: 'abort', channel: A, destination: 0, error: toErrorData(new Error('x')) });
    await settled();
    expect(bench.reported(A)).toEqual(['detached', 'ended']);
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    if (aborted !== undefined) bench.post({ type: 'abort', channel: A, destination: aborted, error: reason });
    const before = bench.connections.made.length;
    bench.push(Command.attach, A, 1);
    expect(bench.of('detached').at(-1)).toMatchObject({ channel: A, destination: 1 });
    expect(bench.errors.at(-1)).toBe(message);
    expect(bench.connections.made).toHaveLength(before);
  });

  test('may be announced before the descriptor of its channel has come, and for no channel that is not there', async () => {
    bench.post({ type: 'attach', channel: A, destination: 1, config, loss: undefined });
    bench.receiveRequests();
    bench.open(A, 0);
    bench.push(Command.attach, A, 1);
    await settled();
    expect(bench.errors).toEqual([
      expect.stringContaining('destination 1 has no configuration'),
      expect.any(String),
    ]);

    bench.post({ type: 'open', channel: B, config: channel, resume: undefined });
    bench.post({ type: 'attach', channel: B, destination: 2, config, loss: undefined });
    bench.push(Command.open, B);
    bench.push(Command.attach, B, 2);
    expect(bench.reported(B)).toEqual([]);
  });

  test('is told its target, or that there is none', async () => {
    bench.open(A);
    bench.attach(A, 0, asking);
    bench.attach(A, 1, asking);
    await turn();
    expect(bench.reported(A)).toEqual(['targetWanted', 'targetWanted']);
    const moveTo = vi.spyOn(WorkerDestination.prototype, 'moveTo');
    for (const [on, destination] of [
      [B, 0],
      [A, 7],
      [A, 0],
    ] as const)
      bench.table.onRequest({ type: 'target', channel: on, destination, answer: { target: elsewhere } });
    await turn();
    expect(bench.connections.made.map(({ target }) => target?.url)).toContain(elsewhere.url);
    expect(moveTo).not.toHaveBeenCalled();
    bench.table.onRequest({ type: 'target', channel: A, destination: 1, answer: { error: reason } });
    await turn();
    expect(bench.errors).toEqual(['enough']);
    expect(bench.reported(B)).toEqual([]);
  });

  test('is led elsewhere, before its descriptor has come or behind it', async () => {
    bench.open(A);
    bench.post({ type: 'attach', channel: A, destination: 0, config, loss: undefined });
    bench.post({ type: 'move', channel: A, destination: 0, target: elsewhere, renewed: false });
    bench.push(Command.attach, A, 0);
    await turn();
    expect(bench.connections.latest.target?.url).toBe(elsewhere.url);
    await bench.connections.latest.succeed();
    const back = { url, token: undefined };
    const relieve = vi.spyOn(WorkerChannel.prototype, 'relieve');
    for (const [on, destination] of [
      [B, 0],
      [A, 7],
      [A, 0],
    ] as const)
      bench.table.onRequest({ type: 'move', channel: on, destination, target: back, renewed: false });
    await turn();
    expect(bench.connections.latest.target?.url).toBe(url);
    expect(relieve).not.toHaveBeenCalled();
    expect(bench.reported(B)).toEqual([]);
  });
});

describe('a channel that is to leave', () => {
  test('has flushed what it had, is published for the last time, and is not there any more', () => {
    bench.open(A);
    const before = bench.done.length;
    bench.push(Command.release, A);
    expect(bench.done.slice(before)).toEqual(['flush', 'publish', 'migrated']);
    expect(bench.table.size).toBe(0);
    // Its announcements are for the shard where it goes on.
    bench.attach(A, 1);
    expect(bench.reported(A)).toEqual(['migrated', 'broken']);
  });

  test('stays while it publishes, and says so', async () => {
    bench.open(A, 0);
    await turn();
    await bench.connections.latest.succeed();
    bench.push(Command.release, A);
    expect(bench.reported(A)).toEqual(['connected', 'migrationRefused']);
    expect(bench.table.size).toBe(1);
  });
});
