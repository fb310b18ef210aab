import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { slotOf } from '../../cluster/assignment/assignment.js';
import { ClusterKeys } from '../../cluster/keys.js';
import { MemoryServer, MemoryStore } from '../../cluster/store/memory-store.js';
import { FakeClock } from '../testing/fake-clock.js';
import { exportFrom, importInto } from './transfer.js';

const keys = new ClusterKeys('test');
const CHANNEL = { source: 'rtsp://camera/1', destinations: ['rtmp://cloud/live/a'] };

function stand() {
  const server = new MemoryServer(new FakeClock());
  const store = new MemoryStore(server);
  const write = async (key: string, value: string): Promise<void> => {
    await store.change([{ key, value, revision: undefined }]);
  };
  const keyOf = (name: string): string => keys.channel(slotOf(name, 4096), name);
  return { server, store, write, keyOf };
}

test('channels are exported as they were imported, and an import says how it found them', async () => {
  const { store } = stand();
  const channels = { gate: CHANNEL, door: { ...CHANNEL, enabled: false } };
  expect(await importInto(store, keys, channels)).toEqual({ added: 2, changed: 0, unchanged: 0 });
  const { text, faults } = await exportFrom(store, keys);
  expect([parse(text), faults]).toEqual([{ version: 1, channels }, []]);
  const next = { gate: CHANNEL, door: CHANNEL, yard: CHANNEL };
  expect(await importInto(store, keys, next)).toEqual({ added: 1, changed: 1, unchanged: 1 });
});

test('an export of a cluster that has never been there leaves it so', async () => {
  const { server, store } = stand();
  expect(parse((await exportFrom(store, keys)).text)).toEqual({ version: 1, channels: {} });
  expect(server.keys.list('').entries).toEqual([]);
});

test('values that are no channels are left out of an export and told, and an import replaces them', async () => {
  const { store, write, keyOf } = stand();
  await importInto(store, keys, { gate: CHANNEL });
  await write(keyOf('door'), '{ "source": ');
  await write(keyOf('yard'), 'null');
  await write(keys.channel(slotOf('gate', 4096) + 1, 'gate'), JSON.stringify({ ...CHANNEL, enabled: false }));
  const { text, faults } = await exportFrom(store, keys);
  expect(parse(text)).toEqual({ version: 1, channels: { gate: CHANNEL } });
  expect(faults).toHaveLength(3);
  for (const name of ['door', 'yard']) expect(faults.join()).toContain(keyOf(name));
  const report = await importInto(store, keys, { gate: CHANNEL, door: CHANNEL });
  expect(report).toEqual({ added: 0, changed: 1, unchanged: 1 });
  expect(parse((await exportFrom(store, keys)).text)).toEqual({
    version: 1,
    channels: { door: CHANNEL, gate: CHANNEL },
  });
});
