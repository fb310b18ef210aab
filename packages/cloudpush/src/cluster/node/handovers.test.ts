import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { ClusterKeys } from '../keys.js';
import { type NodeRecord, readOfferRecord } from '../records.js';
import type { Lease } from '../store/cluster-store.js';
import { MemoryServer, MemoryStore } from '../store/memory-store.js';
import { Handovers } from './handovers.js';

const keys = new ClusterKeys('test');
const b: NodeRecord = {
  id: 'b',
  capacity: 1,
  incarnation: 'b-1',
  address: undefined,
  state: 'up',
  prepares: true,
  version: '1',
};

/** Slots of node a that node b is to have. */
async function stand({ ttl = 10_000 } = {}) {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const released: string[] = [];
  const store = new (class extends MemoryStore {
    override async release(lease: Lease, gone: readonly string[]): Promise<void> {
      released.push(...gone);
      await super.release(lease, gone);
    }
  })(server);
  const lease = await store.join(3_600_000);
  const seen = { node: b as NodeRecord | undefined, isReady: false, readyFor: '' };
  const given: number[] = [];
  const handovers = new Handovers({
    store,
    clock,
    keys,
    view: {
      node: () => seen.node,
      isReadyFor: (_slot, _node, offer) => seen.isReady || seen.readyFor === offer,
    },
    lease: { ...lease, ttl },
    me: { node: 'a', incarnation: 'a-1' },
    give: async (slot) => void given.push(slot),
  });
  const offers = (): number => server.keys.list(keys.offers).entries.length;
  const offer = (): string => readOfferRecord(server.keys.list(keys.offers).entries[0]!.value)!.offer;
  return { clock, store, seen, given, handovers, offers, offer, released };
}

test('a slot is not given up for a node that has left, and is when it is back', async () => {
  const { clock, seen, given, handovers, released } = await stand();
  seen.node = undefined;
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(60_000);
  // The store is not asked to forget what it was not told.
  expect([given, released]).toEqual([[], []]);
  seen.node = b;
  seen.isReady = true;
  await clock.advance(600);
  expect(given).toEqual([5]);
});

test('a slot is not given up for a node that leaves while it gets ready', async () => {
  const { clock, seen, given, handovers, offers } = await stand();
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(1000);
  expect(offers()).toBe(1);
  seen.node = undefined;
  await clock.advance(60_000);
  expect([given, offers()]).toEqual([[], 0]);
});

test('a node that stays silent is waited for as long as its lease could last, as it may be dead', async () => {
  const { clock, seen, given, handovers } = await stand({ ttl: 30_000 });
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(0);
  await clock.advance(31_000);
  expect(given).toEqual([]);
  seen.node = undefined;
  await clock.advance(60_000);
  expect(given).toEqual([]);
  seen.node = b;
  await clock.advance(33_000);
  expect(given).toEqual([5]);
});

test('an offer that holds no more is withdrawn, however long the store is away', async () => {
  const { clock, store, handovers, offers } = await stand();
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(1000);
  store.faults.isAway = true;
  handovers.want(new Map());
  await clock.advance(5000);
  expect(offers()).toBe(1);
  store.faults.isAway = false;
  await clock.advance(1000);
  expect(offers()).toBe(0);
});

test('an offer that was made although its answer was lost is withdrawn with the others', async () => {
  const { clock, store, given, handovers, offers } = await stand();
  store.faults.lostReplies = 1;
  handovers.want(new Map([[5, 'b']]));
  handovers.want(new Map());
  await clock.advance(1000);
  expect([given, offers()]).toEqual([[], 0]);
});

test('an answer to an offer that was withdrawn does not count for the next offer of the same slot', async () => {
  const { clock, seen, given, handovers, offer } = await stand();
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(1000);
  const first = offer();
  handovers.want(new Map());
  await clock.advance(1000);
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(1000);
  seen.readyFor = first;
  await clock.advance(5000);
  expect([given, offer() === first]).toEqual([[], false]);
  seen.readyFor = offer();
  await clock.advance(1000);
  expect(given).toEqual([5]);
});

test('the next owner is told what to begin with, in the offer, unless that has been withdrawn', async () => {
  const { clock, store, seen, handovers } = await stand();
  const offered = () =>
    store.list(keys.offers).then(({ entries }) => entries.map(({ value }) => readOfferRecord(value)));
  await handovers.tell(5, { gate: 'a key frame' });
  expect(await offered()).toEqual([]);
  handovers.want(new Map([[5, 'b']]));
  await clock.advance(1000);
  const [before] = await offered();
  await handovers.tell(5, {});
  expect(await offered()).toEqual([before]);
  await handovers.tell(5, { gate: 'a key frame' });
  expect(await offered()).toEqual([{ ...before, keyFrames: { gate: 'a key frame' } }]);
  expect(handovers.mayBeOffered(5)).toBe(true);
  // It is told when the store answers again, and what has ended is given up whatever becomes of that.
  store.faults.isAway = true;
  const telling = handovers.tell(5, { gate: 'the last' });
  await clock.advance(3000);
  store.faults.isAway = false;
  await clock.advance(500);
  await telling;
  expect(await offered()).toEqual([{ ...before, keyFrames: { gate: 'the last' } }]);
  store.faults.isAway = true;
  const late = handovers.tell(5, { gate: 'too late' });
  await clock.advance(9000);
  await late;
  store.faults.isAway = false;
  seen.isReady = true;
  await clock.advance(1000);
});
