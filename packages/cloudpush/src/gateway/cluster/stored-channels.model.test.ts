import { expect, test } from 'vitest';
import { ClusterKeys } from '../../cluster/keys.js';
import { PrefixView } from '../../cluster/node/prefix-view.js';
import { MemoryServer, MemoryStore } from '../../cluster/store/memory-store.js';
import { FakeClock } from '../testing/fake-clock.js';
import { StoredChannels } from './stored-channels.js';

const GATE = { destinations: ['rtmp://server/live/gate'] };

test('two thousand channels are added, changed and removed through all nodes at once, while watches break: none is lost', async () => {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const keys = new ClusterKeys('test');
  const stores = Array.from({ length: 3 }, () => new MemoryStore(server));
  // Any channel will do here.
  const parts = { planner: { faults: () => [] }, slots: () => 4096 };
  const all = stores.map((store) => new StoredChannels(store, keys, parts));
  const views = stores.map(
    (store) => new PrefixView({ store, prefix: keys.channels, clock, onChange: () => {} }),
  );
  for (const view of views) void view.start();
  await clock.advance(0);
  const names = Array.from({ length: 2000 }, (_, index) => `camera-${index}`);
  const batches = Array.from({ length: 20 }, (_, index) => names.slice(100 * index, 100 * (index + 1)));
  await Promise.all(
    batches.map((batch, index) =>
      all[index % 3]!.add(
        Object.fromEntries(batch.map((name) => [name, { ...GATE, source: 'rtsp://camera/1' }])),
      ),
    ),
  );
  stores[1]!.breakWatches();
  // Two nodes change the same channel, the third removes every fifth behind them.
  await Promise.all(
    names.flatMap((name, index) =>
      [0, 1].map((step) => all[(index + step) % 3]!.patch(name, { labels: { [`by${step}`]: 'x' } }, {})),
    ),
  );
  stores[2]!.breakWatches();
  await Promise.all(names.map((name, index) => (index % 5 === 0 ? all[2]!.remove(name, {}) : undefined)));
  // A watch that broke off is begun anew after 200 ms.
  await clock.advance(500);
  const [first, ...others] = views.map(({ entries }) =>
    [...entries].map(([key, { value, revision }]) => [key, value, revision]).sort(),
  );
  expect(first).toHaveLength(1600);
  for (const [, value] of first!) {
    const { labels } = JSON.parse(String(value)) as { readonly labels: object };
    expect(labels).toEqual({ by0: 'x', by1: 'x' });
  }
  for (const other of others) expect(other).toEqual(first);
});
