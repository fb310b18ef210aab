import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { ClusterKeys } from '../keys.js';
import { type KeyFrames, readReadyRecord } from '../records.js';
import { MemoryServer, MemoryStore } from '../store/memory-store.js';
import { Preparations } from './preparations.js';
import { FakeWorkload } from './testing/test-cluster.js';

const keys = new ClusterKeys('test');

/** Node b, and slots that others offer to it. */
async function stand() {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const store = new MemoryStore(server);
  const lease = await store.join(3_600_000);
  const offered = new Map<number, string>();
  const owner = new FakeWorkload(clock, 'fence');
  let offers = 0;
  const seen = { isFree: false, isMine: false, keyFrames: undefined as KeyFrames | undefined };
  const preparations = new Preparations({
    store,
    clock,
    keys,
    view: {
      isClaimed: () => !seen.isFree,
      offersTo: () => offered,
      keyFramesOf: (_slot, of) => (of === `offer ${offers}` ? seen.keyFrames : undefined),
    },
    owner,
    owns: () => seen.isMine,
    lease,
    me: { node: 'b', incarnation: 'b-1' },
  });
  /** Each call is another offer. */
  const offer = async (...slots: number[]): Promise<void> => {
    offers++;
    offered.clear();
    for (const slot of slots) offered.set(slot, `offer ${offers}`);
    preparations.reconcile();
    await clock.advance(100);
  };
  const ready = (): string[] => server.keys.list(keys.readies).entries.map(({ key }) => key);
  const answers = (): string[] =>
    server.keys.list(keys.readies).entries.map(({ value }) => readReadyRecord(value)!.offer);
  return { clock, store, owner, offer, ready, answers, offered, preparations, seen };
}

test('what a node is ready for no more is taken back, however long the store is away', async () => {
  const { clock, store, offer, ready } = await stand();
  await offer(5);
  expect(ready()).toEqual([keys.ready(5)]);
  store.faults.isAway = true;
  await offer();
  await clock.advance(5000);
  store.faults.isAway = false;
  await clock.advance(1000);
  expect(ready()).toEqual([]);
});

test('a slot that is offered again before that is taken back is ready when it is, and stays so', async () => {
  const { clock, store, offer, ready } = await stand();
  await offer(5, 6);
  // The release is done, or not, and its answer is lost.
  store.faults.lostReplies = 1;
  await offer();
  await offer(5);
  await clock.advance(1000);
  expect(ready()).toEqual([keys.ready(5)]);
});

test('a slot that gets ready for an offer that was withdrawn meanwhile is not said to be ready for the next one', async () => {
  const { clock, owner, offer, answers } = await stand();
  owner.prepareTime = 1000;
  await offer(5);
  await offer();
  await offer(5);
  // The first one ends, and the second one has 100 ms to go.
  await clock.advance(850);
  expect(answers()).toEqual([]);
  await clock.advance(100);
  expect(answers()).toEqual(['offer 3']);
});

test('each offer of a slot has its own answer, although nobody saw that the one before was withdrawn', async () => {
  const { offer, answers } = await stand();
  await offer(5);
  expect(answers()).toEqual(['offer 1']);
  await offer(5);
  expect(answers()).toEqual(['offer 2']);
});

test('an answer is not taken back with the one before it, however late that is done', async () => {
  const { clock, store, offer, answers } = await stand();
  await offer(5);
  const { release } = store;
  store.release = async (...given) => {
    await new Promise<void>((resolve) => clock.after(500, resolve));
    await release.apply(store, given);
  };
  await offer();
  await offer(5);
  await clock.advance(1000);
  expect(answers()).toEqual(['offer 3']);
});

test('a slot is free when its offer is seen to be gone, too, or what its channels begin with has been told', async () => {
  const { offer, offered, preparations, seen } = await stand();
  await offer(5);
  expect(preparations.free).toEqual([]);
  seen.isFree = true;
  expect([preparations.free, preparations.mayTake(5), preparations.mayTake(6)]).toEqual([[], false, true]);
  seen.keyFrames = { gate: 'a key frame' };
  expect([preparations.free, preparations.keyFramesOf([5, 6])]).toEqual([[5], { gate: 'a key frame' }]);
  seen.keyFrames = undefined;
  offered.clear();
  expect([preparations.free, preparations.keyFramesOf([5])]).toEqual([[5], {}]);
});

test('an offer that the store takes when the slot has come is not prepared for', async () => {
  const { offer, ready, seen } = await stand();
  seen.isMine = true;
  await offer(5);
  expect(ready()).toEqual([]);
});
