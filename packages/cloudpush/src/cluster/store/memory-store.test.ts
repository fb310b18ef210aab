import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import type { Change } from './cluster-store.js';
import { MemoryServer, MemoryStore } from './memory-store.js';
import { storeContract } from './testing/store-contract.js';

describe('the contract of stores holds in memory:', () => {
  for (const [name, run] of Object.entries(storeContract)) {
    test(name, async () => {
      const clock = new FakeClock();
      const server = new MemoryServer(clock);
      await run({
        open: () => new MemoryStore(server),
        prefix: 'cloudpush/t/',
        ttl: 10_000,
        pass: (ms) => clock.advance(ms),
        compact: async () => server.keys.compact(),
      });
    });
  }
});

function stand() {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  return { clock, server, store: new MemoryStore(server) };
}

test('with latency an operation takes its way and back', async () => {
  const { clock, store } = stand();
  store.faults.latency = 100;
  let isDone = false;
  void store.join(10_000).then(() => {
    isDone = true;
  });
  await clock.advance(199);
  expect(isDone).toBe(false);
  await clock.advance(1);
  expect(isDone).toBe(true);
});

test('a lost reply rejects, and what was asked is done', async () => {
  const { store } = stand();
  store.faults.lostReplies = 1;
  await expect(store.change([{ key: 'a', value: '1', revision: 0 }])).rejects.toMatchObject({
    reason: 'unavailable',
  });
  expect((await store.list('a')).entries).toHaveLength(1);
});

test('while there is no leader nothing is answered, and leases begin anew with the next one', async () => {
  const { clock, server, store } = stand();
  const lease = await store.join(10_000);
  await clock.advance(9000);
  const changed = server.changeLeader(3000);
  await expect(store.beat(lease)).rejects.toMatchObject({ reason: 'unavailable' });
  await clock.advance(3000);
  await changed;
  await clock.advance(9000);
  await store.beat(lease);
});

test('a watch ends when its connection breaks, and misses nothing of what it has told', async () => {
  const { clock, store } = stand();
  const seen: (readonly Change[] | string)[] = [];
  store.watch('a', 0, {
    onChanges: (changes) => seen.push(changes),
    onEnd: ({ reason }) => seen.push(reason),
  });
  await store.change([{ key: 'a', value: '1', revision: 0 }]);
  await clock.advance(0);
  store.breakWatches();
  await store.change([{ key: 'a', value: '2', revision: undefined }]);
  await clock.advance(0);
  expect(seen).toMatchObject([[{ entry: { value: '1' } }], 'unavailable']);
});
