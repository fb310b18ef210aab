import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { ClusterKeys } from '../keys.js';
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
  const offered = new Set<number>();
  const preparations = new Preparations({
    store,
    clock,
    keys,
    view: { isClaimed: () => true, offersTo: () => [...offered] },
    owner: new FakeWorkload(clock, 'fence'),
    lease,
    me: { node: 'b', incarnation: 'b-1' },
  });
  const offer = async (...slots: number[]): Promise<void> => {
    offered.clear();
    for (const slot of slots) offered.add(slot);
    preparations.reconcile();
    await clock.advance(100);
  };
  const ready = (): string[] => server.keys.list(keys.readies).entries.map(({ key }) => key);
  return { clock, store, offer, ready };
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
