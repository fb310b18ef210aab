import { setImmediate as turn } from 'node:timers/promises';
import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import type { Releasable, RtmpPublisher } from '@cloudpush/transport';
import { beforeEach, expect, test } from 'vitest';
import type { ErrorData } from '../../base/errors.js';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { newCounterMemory, ShardCounters } from '../../memory/counters.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { ShardReport } from '../../protocol/reports.js';
import { HeldPackets } from '../channel/held-packets.js';
import { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import { ConnectLimiter } from '../connection/connect-limiter.js';
import type { ShardContext } from '../shard-context.js';
import { FakeConnections, FakePublisher } from '../testing/fake-connection.js';
import type { DestinationOwner } from './destination-owner.js';
import { StreamHeaders } from './stream-headers.js';
import { WorkerDestination } from './worker-destination.js';

let clock = new FakeClock();
let connections = new FakeConnections();
/** Causes of the errors that destinations have ended with. */
let causes: (string | undefined)[] = [];
/** The error that a destination has ended with last. */
let lastError: ErrorData | undefined;
/** Types of all reports. */
let reports: string[] = [];

beforeEach(() => {
  clock = new FakeClock();
  connections = new FakeConnections();
  causes = [];
  reports = [];
  lastError = undefined;
});

/** A destination whose connection has yet to be made. */
function connecting(): WorkerDestination {
  const owner = {
    number: 0,
    heldPackets: new HeldPackets(clock),
    bitrates: {},
    admission: { refusalOf: () => undefined, onMoved: () => {} },
    isLeftBehind: () => false,
    onSegmentEnd: () => {},
    onPublishing: () => {},
    onLost: () => {},
    onEnded: () => {},
  };
  const context = {
    counters: new ShardCounters(newCounterMemory(1)),
    clock,
    connects: new ConnectLimiter(8),
    createConnection: connections.create,
    report: (report: ShardReport) => {
      reports.push(report.type);
      if (report.type !== 'detached') return;
      lastError = report.error;
      causes.push(report.error?.cause?.message);
    },
    markDirty: () => {},
  };
  const config = {
    target: { url: 'rtmp://127.0.0.1/live/a', token: undefined },
    highWatermark: { bytes: 1e9, ms: 1e9 },
    lowWatermark: { bytes: 1e9, ms: 1e9 },
    overflow: 'reject',
    closeTimeout: 10_000,
    stallTimeout: 0,
    segmentConnection: 'auto',
  };
  const parts = {
    number: 0,
    config: config as unknown as DestinationConfig,
    headers: new StreamHeaders(),
    segment: { number: 1, isOpen: true },
  };
  const one = new WorkerDestination(
    owner as unknown as DestinationOwner,
    context as unknown as ShardContext,
    parts,
  );
  one.connect(undefined);
  return one;
}

async function publishing(): Promise<{
  readonly one: WorkerDestination;
  readonly publisher: FakePublisher;
}> {
  const one = connecting();
  await turn();
  return { one, publisher: await connections.latest.succeed() };
}

/** A frame of sound, or the first or last tag of a segment. */
function offer({ stream }: WorkerDestination, timestamp: number, mark?: SegmentMark): void {
  const role = mark === undefined ? TagRole.audioFrame : TagRole.data;
  const tag = new FlvTag(TagType.audio, role, timestamp, [new Uint8Array(10)], 10, 0);
  const block = new PacketBlock({ returnBlock: () => {} }, 0, 0);
  stream.offer(tag, block, undefined, mark);
  stream.flush();
}

async function toSegment(number: number, to: WorkerDestination): Promise<void> {
  offer(to, 9000, { border: 'end', number: number - 1 });
  offer(to, 0, { border: 'start', number });
  await turn();
}

async function publishingTwo(): Promise<[WorkerDestination, WorkerDestination]> {
  return [(await publishing()).one, (await publishing()).one];
}

test('the one whose stream is further on is ahead, across the wrap of the clock too', async () => {
  const [near, far] = await publishingTwo();
  offer(near, 2 ** 32 - 100);
  offer(far, 50);
  expect([far.stream.isAheadOf(near.stream), near.stream.isAheadOf(far.stream)]).toEqual([true, false]);
  expect(near.stream.isAheadOf(near.stream)).toBe(false);
});

test('one that has sent something is ahead of one that has sent nothing, and that of one without a connection', async () => {
  const [sending, silent] = await publishingTwo();
  const lost = connecting();
  offer(sending, 0);
  expect([sending.stream.isAheadOf(silent.stream), silent.stream.isAheadOf(sending.stream)]).toEqual([
    true,
    false,
  ]);
  expect([silent.stream.isAheadOf(lost.stream), lost.stream.isAheadOf(silent.stream)]).toEqual([true, false]);
});

test('one in a later segment is ahead, though the clock of that segment has only begun', async () => {
  const [slow, fast] = await publishingTwo();
  offer(slow, 8000);
  offer(fast, 8900);
  expect([fast.stream.isAheadOf(slow.stream), slow.stream.isAheadOf(fast.stream)]).toEqual([true, false]);
  await toSegment(2, fast);
  expect([fast.stream.isAheadOf(slow.stream), slow.stream.isAheadOf(fast.stream)]).toEqual([true, false]);
  offer(fast, 40);
  expect([fast.stream.isAheadOf(slow.stream), slow.stream.isAheadOf(fast.stream)]).toEqual([true, false]);
  await toSegment(2, slow);
  offer(slow, 20);
  expect([fast.stream.isAheadOf(slow.stream), slow.stream.isAheadOf(fast.stream)]).toEqual([true, false]);
});

test('a connection that is lost while the next segment is opened has lost nothing only when the one before has left', async () => {
  const { one, publisher } = await publishing();
  offer(one, 0);
  const held: Releasable[] = [];
  publisher.held = held;
  offer(one, 10, { border: 'end', number: 1 });
  offer(one, 0, { border: 'start', number: 2 });
  expect(one.segments.isOpening).toBe(false);
  for (const tail of held) tail.release(true);
  expect(one.segments.isOpening).toBe(true);
});

test('a connection that takes the stream up at the start of a segment has room, whatever the one before it had', async () => {
  const { one, publisher } = await publishing();
  offer(one, 0);
  one.moveTo({ url: 'rtmp://127.0.0.1/live/b', token: undefined }, false);
  await turn();
  const next = await connections.latest.succeed();
  publisher.isWritable = false;
  offer(one, 10, { border: 'end', number: 1 });
  offer(one, 0, { border: 'start', number: 2 });
  offer(one, 20);
  expect(next.sent.map(({ timestamp }) => timestamp)).toEqual([0, 20]);
  expect(reports).toContain('moved');
});

test('a stream that moved where its name is taken is told as moved, and as connected where it was lost', async () => {
  const { one } = await publishing();
  expect(reports).toEqual(['connected']);
  one.onMoving();
  one.onPublishing(new FakePublisher() as unknown as RtmpPublisher);
  expect(reports.at(-1)).toBe('moved');
  one.onMoving();
  one.onLost(refused, 1000, false);
  one.onPublishing(new FakePublisher() as unknown as RtmpPublisher);
  expect(reports.slice(-2)).toEqual(['disconnected', 'connected']);
});

test('one that is over takes nothing', async () => {
  const { one, publisher } = await publishing();
  one.destroy(refused);
  await connections.latest.lose(refused);
  expect(reports.at(-1)).toBe('detached');
  const before = publisher.sent.length;
  offer(one, 0);
  expect([publisher.sent.length, one.stream.backlog.length]).toEqual([before, 0]);
});

const refused = new Error('ECONNREFUSED');

/** A destination without a connection, in which something waits. */
function disconnected(): WorkerDestination {
  const one = connecting();
  offer(one, 0);
  return one;
}

test('a close ends when no attempt to connect is left before its time-out', async () => {
  const one = disconnected();
  one.onLost(refused, 4000, false);
  one.close();
  clock.pass(4000);
  one.onLost(refused, 5999, false);
  await turn();
  expect(causes).toEqual([]);
  one.onLost(refused, 6000, false);
  await turn();
  expect(causes).toEqual(['ECONNREFUSED']);
  expect(lastError).toMatchObject({
    code: 'ERR_CLOUDPUSH_CLOSE_TIMEOUT',
    message: expect.stringMatching(/^10 bytes were still queued, .* 10000 ms; .*: ECONNREFUSED$/),
  });
});

test('a close does not begin to wait for an attempt that comes too late', async () => {
  const one = disconnected();
  one.onLost(refused, 10_000, false);
  await turn();
  expect(causes).toEqual([]);
  one.close();
  await turn();
  expect(causes).toEqual(['ECONNREFUSED']);
});

test('a close waits where another attempt has been made since, or may be made at any time', async () => {
  const moved = disconnected();
  moved.onLost(refused, 60_000, false);
  moved.moveTo({} as unknown as ShardTarget, false);
  moved.close();
  const between = disconnected();
  between.onLost(refused, Number.POSITIVE_INFINITY, false);
  between.close();
  await turn();
  expect(causes).toEqual([]);
  clock.pass(10_000);
  await turn();
  expect(causes).toEqual([undefined, undefined]);
});
