import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { MemoryServer, MemoryStore } from '../store/memory-store.js';
import { PrefixView } from './prefix-view.js';

test('a view that is started twice follows once, and not at all when it is closed', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore(new MemoryServer(clock));
  let changes = 0;
  const onChange = (): void => {
    changes++;
  };
  const view = new PrefixView({ store, prefix: 'a/', clock, onChange });
  await Promise.all([view.start(), view.start()]);
  const told = async (): Promise<number> => {
    changes = 0;
    await store.change([{ key: 'a/1', value: 'one', revision: undefined }]);
    await clock.advance(0);
    return changes;
  };
  expect(await told()).toBe(1);
  view.close();
  expect(await told()).toBe(0);
});
