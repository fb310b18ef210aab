import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { CloudPushError } from '../../base/errors.js';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { Gates, newGateMemory } from '../../memory/gates.js';
import { MediaMemory } from '../../memory/media-memory.js';
import { MAX_POOL_SIZE } from '../../memory/pool.js';
import { ReleaseList } from '../../memory/release-list.js';
import { Command, newRing, RingConsumer, RingProducer } from '../../memory/ring.js';
import type { Placement } from '../shards/placement.js';
import type { PoolServices, RoomWaiter } from '../shards/pool-services.js';
import { RelievableChannels } from '../shards/relievable-channels.js';
import { PacketSender } from './packet-sender.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * An engine's memory without an engine: what is sent stays in the ring until {@link release} says that it has
 * left.
 */
class FakePool implements PoolServices {
  readonly clock = new FakeClock();
  readonly memory: MediaMemory;
  readonly gates: Gates;
  readonly relievable = new RelievableChannels();
  readonly told: { readonly channel: number; readonly error: CloudPushError }[] = [];
  /** Channels whose shard was asked to drop something. */
  readonly relieved: number[] = [];
  /** Pauses and their ends, of all channels. */
  readonly announced: boolean[] = [];
  readonly #ringMemory = newRing(4096);
  readonly #ring = new RingConsumer(this.#ringMemory);
  readonly #producer = new RingProducer(this.#ringMemory);
  readonly #blocks: number[][];
  #waiting = new Set<RoomWaiter>();

  constructor(poolSize: number, channels: number) {
    this.memory = new MediaMemory(poolSize, channels);
    this.gates = new Gates(newGateMemory(channels));
    this.#blocks = Array.from({ length: channels }, () => []);
  }

  sender(channel: number): PacketSender {
    const shard = {
      ring: this.#producer,
      ringDoorbell: () => {},
      isDead: false,
      post: (request: { type: string; channel: number }) => {
        if (request.type === 'relieve') this.relieved.push(request.channel);
      },
    };
    return new PacketSender(
      this,
      { channel, shard } as unknown as Placement,
      (paused) => void this.announced.push(paused),
    );
  }

  awaitRoom(sender: RoomWaiter): void {
    this.#waiting.add(sender);
  }

  tellTooSmall(channel: number, error: CloudPushError): void {
    this.told.push({ channel, error });
  }

  /** The oldest packets of a channel have left; all when no number is given. */
  release(channel: number, count = Number.POSITIVE_INFINITY): void {
    for (; this.#ring.waiting > 0; this.#ring.commit(1)) {
      this.#ring.read(0);
      this.#blocks[this.#ring.channel]!.push(this.#ring.block);
    }
    for (const block of this.#blocks[channel]!.splice(0, count)) this.memory.drop(block);
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const sender of waiting) sender.retry();
  }
}

const media = new Uint8Array(4 * MIB);

function send(sender: PacketSender, bytes: number): boolean {
  return sender.send(Command.video, 0, media.subarray(0, bytes), 0, undefined, 0);
}

/** Sends until there is no pool. Returns how many packets were taken. */
function fill(sender: PacketSender, bytes: number): number {
  let taken = 0;
  while (send(sender, bytes)) taken++;
  return taken;
}

test('a small packet is not refused because a large one was', () => {
  const pool = new FakePool(MIB, 4);
  const sender = pool.sender(0);
  fill(sender, 20 * KIB);
  expect(send(sender, 200 * KIB)).toBe(false);
  expect(sender.paused).toBe(true);
  expect(send(sender, 300)).toBe(true);
  expect(sender.paused).toBe(true);
  expect(sender.pauses).toBe(1);
});

test('a packet as large as the one that was refused is refused until there is room for it', () => {
  const pool = new FakePool(MIB, 4);
  const sender = pool.sender(0);
  const taken = fill(sender, 20 * KIB);
  pool.release(0, Math.ceil(taken / 2) - 1);
  expect(send(sender, 20 * KIB)).toBe(false);
  expect(sender.paused).toBe(true);
  pool.release(0, 2);
  expect(sender.paused).toBe(false);
  expect(send(sender, 20 * KIB)).toBe(true);
});

test('room that others have made does not end the pause of a channel that has not drained', () => {
  const pool = new FakePool(MIB, 8);
  const stalled = pool.sender(0);
  const busy = pool.sender(1);
  fill(busy, 20 * KIB);
  fill(stalled, 20 * KIB);
  pool.release(1);
  expect(pool.memory.hasRoomFor(0, 20 * KIB)).toBe(true);
  expect(stalled.paused).toBe(true);
  expect(stalled.pauses).toBe(1);
});

test('a channel that has drained goes on, whatever others hold', () => {
  const pool = new FakePool(16 * MIB, 40);
  const stalled = Array.from({ length: 39 }, (_, channel) => pool.sender(channel));
  for (const sender of stalled) {
    send(sender, 60 * KIB);
    fill(sender, 20 * KIB);
  }
  const healthy = pool.sender(39);
  for (let i = 0; i < 20; i++) {
    fill(healthy, 90 * KIB);
    expect(healthy.paused).toBe(true);
    pool.release(39);
    expect([i, healthy.paused]).toEqual([i, false]);
  }
  expect(pool.told).toEqual([]);
});

test('that the pool is too small for what a channel sends is told once, with the size that would do', () => {
  const pool = new FakePool(4 * MIB, 16);
  const stalled = Array.from({ length: 15 }, (_, channel) => pool.sender(channel));
  for (const sender of stalled) send(sender, 200 * KIB);
  const sender = pool.sender(15);
  fill(sender, 900 * KIB);
  expect(send(sender, 900 * KIB)).toBe(false);
  pool.release(15);
  fill(sender, 900 * KIB);
  const told = pool.told.filter(({ channel }) => channel === 15);
  expect(told).toHaveLength(1);
  const { code, message, details } = told[0]!.error;
  expect(code).toBe('ERR_CLOUDPUSH_POOL_TOO_SMALL');
  expect(details).toMatchObject({ actual: 4 * MIB, bytes: 900 * KIB });
  expect(message).toContain(`poolSize of ${String(details['wanted'])} bytes`);

  const larger = new FakePool(details['wanted'] as number, 16);
  const senders = Array.from({ length: 16 }, (_, channel) => larger.sender(channel));
  for (const one of senders.slice(0, 15)) fill(one, 200 * KIB);
  for (let i = 0; i < 3; i++) {
    expect(send(senders[15]!, 900 * KIB)).toBe(true);
    larger.release(15);
  }
  expect(larger.told).toEqual([]);
});

test('what a channel that may drop has borrowed is given back when another one needs it', () => {
  const pool = new FakePool(MIB, 4);
  const dropping = pool.sender(0);
  dropping.isRelievable = true;
  const other = pool.sender(1);
  for (let i = 0; i < 15; i++) expect(send(dropping, 20 * KIB)).toBe(true);
  send(other, 10 * KIB);
  expect(send(other, 700 * KIB)).toBe(false);
  // Its own packets must leave first.
  expect(pool.relieved).not.toContain(0);
  pool.release(1);
  expect(pool.relieved.filter((channel) => channel === 0)).toEqual([0]);
  dropping.close();
  other.relieveOther();
  expect(pool.relieved.filter((channel) => channel === 0)).toEqual([0]);
});

test('a shard is asked once to let go of what a stream keeps back, and again and again of one that may drop', () => {
  for (const [mayDrop, times] of [
    [false, 1],
    [true, 3],
  ] as const) {
    const pool = new FakePool(MIB, 4);
    const sender = pool.sender(0);
    sender.isRelievable = mayDrop;
    fill(sender, 20 * KIB);
    for (let i = 0; i < 2; i++) pool.release(0, 1);
    expect(pool.relieved).toEqual(new Array(times).fill(0));
  }
});

test('a shard feels pressure only from a channel that may drop, and only when its part runs short', () => {
  const pool = new FakePool(MIB, 4);
  const [keeping, dropping] = [pool.sender(0), pool.sender(1)];
  fill(keeping, 20 * KIB);
  expect(pool.gates.takePressure(0)).toBe(false);
  pool.release(0);
  dropping.isRelievable = true;
  send(dropping, 1 * KIB);
  expect(pool.gates.takePressure(1)).toBe(false);
  fill(dropping, 20 * KIB);
  expect(pool.gates.takePressure(1)).toBe(true);
});

test.each([
  ['first', 0],
  ['last', 2],
])('of several that have borrowed, the one that holds most of it gives back: the %s', (_, most) => {
  const pool = new FakePool(MIB, 4);
  for (const channel of [0, 2]) {
    const dropping = pool.sender(channel);
    dropping.isRelievable = true;
    for (let i = 0; i < (channel === most ? 11 : 4); i++) expect(send(dropping, 20 * KIB)).toBe(true);
  }
  const other = pool.sender(1);
  send(other, 10 * KIB);
  expect(send(other, 700 * KIB)).toBe(false);
  pool.release(1);
  expect(pool.relieved.filter((channel) => channel !== 1)).toEqual([most]);
});

test('a sender that awaits nothing, or is closed, does not ask for room', () => {
  const pool = new FakePool(MIB, 4);
  const sender = pool.sender(0);
  const awaitRoom = vi.spyOn(pool, 'awaitRoom');
  send(sender, 20 * KIB);
  sender.retry();
  expect(awaitRoom).not.toHaveBeenCalled();
  fill(sender, 20 * KIB);
  expect(awaitRoom).toHaveBeenCalledOnce();
  sender.close();
  sender.isRelievable = true;
  pool.release(0, 1);
  expect(awaitRoom).toHaveBeenCalledOnce();
  const relieve = vi.spyOn(sender, 'relieve');
  vi.spyOn(sender, 'borrowedBytes', 'get').mockReturnValue(KIB);
  pool.sender(1).relieveOther();
  expect(relieve).not.toHaveBeenCalled();
});

test('a pause for want of memory and its end are both told', async () => {
  const pool = new FakePool(MIB, 4);
  fill(pool.sender(0), 20 * KIB);
  await setImmediate();
  pool.release(0);
  await setImmediate();
  expect(pool.announced).toEqual([true, false]);
});

test('what a channel holds does not count what its shard has already let go of', () => {
  const pool = new FakePool(MIB, 4);
  const sender = pool.sender(0);
  const store = vi.spyOn(pool.memory, 'store');
  send(sender, 20 * KIB);
  expect(sender.heldBytes).toBeGreaterThan(20 * KIB);
  const shard = new ReleaseList(pool.memory.pool.buffer, pool.memory.releaseHead);
  shard.add(store.mock.results[0]!.value as number);
  shard.publish();
  expect(sender.heldBytes).toBe(0);
});

test.each([
  [8 * MIB, `a poolSize of ${8 * MIB} bytes would do`],
  [MAX_POOL_SIZE, `a poolSize of ${MAX_POOL_SIZE} bytes would do`],
  [MAX_POOL_SIZE + 1, 'divide the channels among several engines'],
])('what would do instead of a pool that is too small is told once: %i bytes', (wanted, cure) => {
  const pool = new FakePool(MIB, 4);
  vi.spyOn(pool.memory, 'sizeThatWouldDo').mockReturnValue(wanted);
  const sender = pool.sender(0);
  for (let i = 0; i < 3; i++) {
    fill(sender, 20 * KIB);
    pool.release(0);
  }
  expect(pool.told.map(({ error }) => error.message)).toEqual([expect.stringContaining(cure)]);
});
