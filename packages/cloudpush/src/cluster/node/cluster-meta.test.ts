import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { ClusterKeys } from '../keys.js';
import { MemoryServer, MemoryStore } from '../store/memory-store.js';
import { findMeta, readMeta } from './cluster-meta.js';

const keys = new ClusterKeys('test');

function stand() {
  const server = new MemoryServer(new FakeClock());
  const write = (value: string): void =>
    void server.keys.change([{ key: keys.meta, value, revision: undefined }]);
  return { store: new MemoryStore(server), write };
}

test('whoever comes first writes slots and version, and nobody changes them', async () => {
  const { store, write } = stand();
  expect(await findMeta(store, keys)).toBeUndefined();
  expect(await readMeta(store, keys)).toEqual({ version: 1, slots: 4096 });
  write('{"version":1,"slots":65536,"more":true}');
  expect(await readMeta(store, keys)).toMatchObject({ version: 1, slots: 65_536 });
  expect(await findMeta(store, keys)).toMatchObject({ slots: 65_536 });
});

test('data of another version is neither read nor joined', async () => {
  const { store, write } = stand();
  write('{"version":2,"slots":4096}');
  for (const read of [readMeta, findMeta]) {
    await expect(read(store, keys)).rejects.toThrow('data of version 2, and this program reads version 1');
  }
});

test.each(['', '{', 'null', '{"version":1}', '{"version":1,"slots":0}', '{"version":1,"slots":1e12}'])(
  'slots that cannot be (%s) are told',
  async (value) => {
    const { store, write } = stand();
    write(value);
    await expect(readMeta(store, keys)).rejects.toThrow(keys.meta);
  },
);
