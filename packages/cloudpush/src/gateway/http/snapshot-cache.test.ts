import { expect, test } from 'vitest';
import { SnapshotCache } from './snapshot-cache.js';
import { FakeGateway, portTo } from './testing/fake-gateway.js';

test('many who ask within the age cost one snapshot', async () => {
  const gateway = new FakeGateway();
  let now = 0;
  const cache = new SnapshotCache(portTo(gateway), () => now);
  await Promise.all([cache.get(100), cache.get(100), cache.get(0)]);
  now = 100;
  await cache.get(100);
  expect(gateway.snapshots).toBe(1);
  now = 101;
  await cache.get(100);
  expect(gateway.snapshots).toBe(2);
  cache.forget();
  await cache.get(100);
  expect(gateway.snapshots).toBe(3);
});

test('a failure is told to those who wait, and not remembered', async () => {
  let fails = true;
  const gateway = new FakeGateway();
  const snapshot = () => (fails ? Promise.reject(new Error('away')) : portTo(gateway).snapshot());
  const cache = new SnapshotCache({ snapshot }, () => 0);
  await expect(Promise.all([cache.get(100), cache.get(100)])).rejects.toThrow('away');
  fails = false;
  expect((await cache.get(100)).version).toBe('1.2.3');
});
