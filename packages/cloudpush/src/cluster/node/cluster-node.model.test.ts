import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { DEFAULT_SLOTS } from '../assignment/assignment.js';
import { seeded } from '../assignment/testing/seeded.js';
import { fewBusy, TestCluster, threeNodes } from './testing/test-cluster.js';

test('a node alone takes all slots, and shares them with those who come, slot by slot', async () => {
  const cluster = new TestCluster(new FakeClock(), DEFAULT_SLOTS);
  fewBusy((await cluster.add('a')).load);
  await cluster.pass(1000);
  expect(cluster.unowned).toBe(0);
  await cluster.add('b');
  await cluster.pass(4000);
  expect(cluster.unowned).toBe(0);
  expect(cluster.slotsOf('b')).toBeGreaterThan(1800);
  expect(cluster.members.get('a')!.node.figures).toMatchObject({
    claims: DEFAULT_SLOTS,
    moves: cluster.slotsOf('b'),
  });
});

test('whatever faults come, no slot runs twice, and none stays unowned', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const random = seeded(seed);
    const cluster = new TestCluster(new FakeClock());
    await threeNodes(cluster);
    const names = [...cluster.members.keys()];
    for (let fault = 0; fault < 6; fault++) {
      const { store, node } = cluster.members.get(names[Math.floor(random() * 3)]!)!;
      const kind = Math.floor(random() * 6);
      if (kind === 0) store.faults.isAway = true;
      if (kind === 1) store.faults.latency = Math.floor(random() * 900);
      if (kind === 2) store.faults.lostReplies = Math.floor(random() * 5);
      if (kind === 3) store.breakWatches();
      if (kind === 4) cluster.server.keys.compact();
      if (kind === 5) void (node.state === 'draining' ? node.resume() : node.drain()).catch(() => {});
      await cluster.pass(Math.floor(random() * 15_000));
      store.faults.isAway = false;
      store.faults.latency = 0;
    }
    for (const { node } of cluster.members.values()) void node.resume().catch(() => {});
    await cluster.pass(16_000);
    expect([seed, cluster.unowned]).toEqual([seed, 0]);
  }
});
