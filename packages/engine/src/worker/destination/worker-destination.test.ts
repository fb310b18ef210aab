import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import type { Releasable } from '@cloudpush/transport';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { newCounterMemory, ShardCounters } from '../../memory/counters.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { HeldPackets } from '../channel/held-packets.js';
import { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { ShardContext } from '../shard-context.js';
import type { DestinationOwner } from './destination-owner.js';
import { StreamHeaders } from './stream-headers.js';
import type { WorkerDestination as Destination } from './worker-destination.js';

/** A reconnector whose connection stands, or does not, as its test says. */
class FakeReconnector {
  static isConnected = true;
  /** What the kernel has not taken yet, while it takes nothing; undefined: it takes everything at once. */
  static held: Releasable[] | undefined;
  /** What reconnectors were destroyed with. */
  static destroyedBy: Error[] = [];
  readonly canMove = false;
  readonly bytesWritten = 0;
  readonly streamName = 'name';
  readonly publisher = FakeReconnector.isConnected
    ? {
        send: (_tag: FlvTag, block: Releasable | undefined) => {
          if (FakeReconnector.held === undefined) block?.release(true);
          else if (block !== undefined) FakeReconnector.held.push(block);
          return true;
        },
        flush: () => {},
        unpublish: () => {},
        queuedBytes: 0,
        timings: {},
      }
    : undefined;

  nextStream(): void {}

  moveTo(): void {}

  endStream(): void {}

  close(): void {}

  destroy(error: Error): void {
    FakeReconnector.destroyedBy.push(error);
  }
}

vi.doMock('../connection/reconnector.js', () => ({ Reconnector: FakeReconnector }));
const { WorkerDestination } = await import('./worker-destination.js');

afterEach(() => {
  FakeReconnector.held = undefined;
  FakeReconnector.destroyedBy = [];
  clock = new FakeClock();
});

let clock = new FakeClock();

function destination(isConnected = true): Destination {
  FakeReconnector.isConnected = isConnected;
  const owner = {
    number: 0,
    heldPackets: new HeldPackets(clock),
    bitrates: {},
    isLeftBehind: () => false,
    onSegmentEnd: () => {},
    onPublishing: () => {},
    onLost: () => {},
  };
  const context = {
    counters: new ShardCounters(newCounterMemory(1)),
    clock,
    connects: undefined,
    report: () => {},
    markDirty: () => {},
  };
  const config = {
    highWatermark: { bytes: 1e9, ms: 1e9 },
    lowWatermark: { bytes: 1e9, ms: 1e9 },
    overflow: 'reject',
    closeTimeout: 10_000,
  };
  return new WorkerDestination(
    owner as unknown as DestinationOwner,
    context as unknown as ShardContext,
    0,
    config as unknown as DestinationConfig,
    new StreamHeaders(),
    { number: 1, isOpen: true },
  );
}

/** A frame of sound, or the first or last tag of a segment. */
function offer(to: Destination, timestamp: number, mark?: SegmentMark): void {
  const role = mark === undefined ? TagRole.audioFrame : TagRole.data;
  const tag = new FlvTag(TagType.audio, role, timestamp, [new Uint8Array(10)], 10, 0);
  const block = new PacketBlock({ returnBlock: () => {} }, 0, 0);
  to.offer(tag, block, undefined, mark);
  to.flush();
}

function toSegment(number: number, to: Destination): void {
  offer(to, 9000, { border: 'end', number: number - 1 });
  offer(to, 0, { border: 'start', number });
  to.onNextStream();
}

test('the one whose stream is further on is ahead, across the wrap of the clock too', () => {
  const [near, far] = [destination(), destination()];
  offer(near, 2 ** 32 - 100);
  offer(far, 50);
  expect([far.isAheadOf(near), near.isAheadOf(far)]).toEqual([true, false]);
  expect(near.isAheadOf(near)).toBe(false);
});

test('one that has sent something is ahead of one that has sent nothing, and that of one without a connection', () => {
  const [sending, silent, lost] = [destination(), destination(), destination(false)];
  offer(sending, 0);
  expect([sending.isAheadOf(silent), silent.isAheadOf(sending)]).toEqual([true, false]);
  expect([silent.isAheadOf(lost), lost.isAheadOf(silent)]).toEqual([true, false]);
});

test('one in a later segment is ahead, though the clock of that segment has only begun', () => {
  const [slow, fast] = [destination(), destination()];
  offer(slow, 8000);
  offer(fast, 8900);
  expect([fast.isAheadOf(slow), slow.isAheadOf(fast)]).toEqual([true, false]);
  toSegment(2, fast);
  expect([fast.isAheadOf(slow), slow.isAheadOf(fast)]).toEqual([true, false]);
  offer(fast, 40);
  expect([fast.isAheadOf(slow), slow.isAheadOf(fast)]).toEqual([true, false]);
  toSegment(2, slow);
  offer(slow, 20);
  expect([fast.isAheadOf(slow), slow.isAheadOf(fast)]).toEqual([true, false]);
});

test('a connection that is lost while the next segment is opened has lost nothing only when the one before has left', () => {
  const one = destination();
  offer(one, 0);
  const held: Releasable[] = [];
  FakeReconnector.held = held;
  offer(one, 10, { border: 'end', number: 1 });
  offer(one, 0, { border: 'start', number: 2 });
  expect(one.isOpeningSegment).toBe(false);
  for (const tail of held) tail.release(true);
  expect(one.isOpeningSegment).toBe(true);
});

const refused = new Error('ECONNREFUSED');

/** A destination without a connection, in which something waits. */
function disconnected(): Destination {
  const one = destination(false);
  offer(one, 0);
  return one;
}

function causes(): unknown[] {
  return FakeReconnector.destroyedBy.map(({ cause }) => cause);
}

test('a close ends when no attempt to connect is left before its time-out', () => {
  const one = disconnected();
  one.onLost(refused, 4000, false);
  one.close();
  clock.pass(4000);
  expect(causes()).toEqual([]);
  one.onLost(refused, 5999, false);
  expect(causes()).toEqual([]);
  one.onLost(refused, 6000, false);
  expect(causes()).toEqual([refused]);
  expect(FakeReconnector.destroyedBy[0]).toMatchObject({
    code: 'ERR_CLOUDPUSH_CLOSE_TIMEOUT',
    message: expect.stringMatching(/^10 bytes were still queued, .* 10000 ms; .*: ECONNREFUSED$/),
  });
});

test('a close does not begin to wait for an attempt that comes too late', () => {
  const one = disconnected();
  one.onLost(refused, 10_000, false);
  expect(causes()).toEqual([]);
  one.close();
  expect(causes()).toEqual([refused]);
});

test('a close waits where another attempt has been made since, or may be made at any time', () => {
  const moved = disconnected();
  moved.onLost(refused, 60_000, false);
  moved.moveTo({} as unknown as ShardTarget, false);
  moved.close();
  const between = disconnected();
  between.onLost(refused, Number.POSITIVE_INFINITY, false);
  between.close();
  expect(causes()).toEqual([]);
  clock.pass(10_000);
  expect(causes()).toEqual([undefined, undefined]);
});
