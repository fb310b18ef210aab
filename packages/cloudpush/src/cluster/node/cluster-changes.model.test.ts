import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { FEW_SLOTS, TestCluster, threeNodes } from './testing/test-cluster.js';

function stand() {
  const clock = new FakeClock();
  return { clock, cluster: new TestCluster(clock) };
}

async function three() {
  const { clock, cluster } = stand();
  await threeNodes(cluster);
  return { clock, cluster };
}

test('the slots of a node that dies are taken when its lease is over, and not before', async () => {
  const { cluster } = await three();
  const { store } = cluster.members.get('a')!;
  store.close();
  await cluster.pass(7000);
  expect(cluster.slotsOf('b') + cluster.slotsOf('c')).toBeLessThan(FEW_SLOTS);
  await cluster.pass(5000);
  expect(cluster.slotsOf('a')).toBe(0);
  expect(cluster.unowned).toBe(0);
});

test('a node that cannot reach the store stops before others begin, and comes back as another incarnation', async () => {
  const { cluster } = await three();
  const { store, events, node } = cluster.members.get('a')!;
  store.faults.isAway = true;
  store.breakWatches();
  await cluster.pass(12_000);
  expect([cluster.slotsOf('a'), cluster.unowned]).toEqual([0, 0]);
  store.faults.isAway = false;
  await cluster.pass(8000);
  expect(events).toEqual(['joined', 'fenced', 'joined']);
  expect(node.figures.fences).toBe(1);
  expect(cluster.unowned).toBe(0);
  expect(cluster.slotsOf('a')).toBeGreaterThan(FEW_SLOTS / 4);
});

test('what a node had runs no more when its new incarnation is written', async () => {
  const { cluster } = await three();
  const { node, load, store } = cluster.members.get('a')!;
  // Nothing but the drop itself ends what runs, and that takes its time.
  load.close = () => {};
  load.extend = () => {};
  load.extendForEver();
  load.dropTime = 700;
  const first = node.view!.nodes.find(({ id }) => id === 'a')!.incarnation;
  const running: number[] = [];
  cluster.server.keys.follow(cluster.keys.node('a'), cluster.server.keys.revision, (changes) => {
    const isNew = changes.some((one) => one.type === 'put' && !one.entry.value.includes(first));
    if (isNew) running.push(load.running.size);
  });
  cluster.server.revoke(node.lease!.id);
  for (const [id] of cluster.members) if (id !== 'a') cluster.members.delete(id);
  store.breakWatches();
  await cluster.pass(6000);
  expect(running).toEqual([0]);
});

test('with isolation "continue" what runs goes on while the store is away, and the node goes on with its lease', async () => {
  const { cluster } = stand();
  const { store, events, node } = await cluster.add('a', { isolation: 'continue' });
  await cluster.pass(1000);
  const { lease } = node;
  // As etcd without a quorum: no lease ends.
  const back = cluster.server.changeLeader(60_000);
  store.breakWatches();
  await cluster.pass(60_000);
  await back;
  expect(cluster.slotsOf('a')).toBe(FEW_SLOTS);
  await cluster.pass(3000);
  expect(events).toEqual(['joined', 'isolated', 'reconnected']);
  expect(node.lease).toEqual(lease);
});

test('a store that changes its leader goes unnoticed', async () => {
  const { cluster } = await three();
  const back = cluster.server.changeLeader(4000);
  await cluster.pass(6000);
  await back;
  expect(cluster.unowned).toBe(0);
  for (const { events } of cluster.members.values()) expect(events).toEqual(['joined']);
});

test('a node that drains gives all away and stays; resumed, it takes its share again', async () => {
  const { cluster } = await three();
  const { node } = cluster.members.get('a')!;
  await node.drain();
  await cluster.pass(4000);
  expect([cluster.slotsOf('a'), cluster.unowned, node.state]).toEqual([0, 0, 'draining']);
  await node.resume();
  await cluster.pass(4000);
  expect(cluster.slotsOf('a')).toBeGreaterThan(FEW_SLOTS / 4);
  expect(cluster.unowned).toBe(0);
});

test('what runs goes on until the next owner is ready for it, and is silent for no longer than the store takes', async () => {
  const { clock, cluster } = await three();
  const { node, load } = cluster.members.get('a')!;
  const busy = [...load.running.keys()].filter(load.isBusy);
  for (const other of ['b', 'c']) cluster.members.get(other)!.load.prepareTime = 3000;
  await node.drain();
  await cluster.pass(2500);
  expect(busy.filter((slot) => !load.running.has(slot))).toEqual([]);
  const silences: number[] = [];
  for (let left = busy; left.length > 0; await clock.advance(1)) {
    const gone = left.filter((slot) => !load.running.has(slot));
    left = left.filter((slot) => load.running.has(slot) || isSilent(slot));
    silences.push(gone.filter(isSilent).length);
  }
  function isSilent(slot: number): boolean {
    return ![...cluster.members.values()].some(({ load: { running } }) => running.has(slot));
  }
  // One round at the store to give up, and one to claim, for 32 at a time, each counted for every ms.
  expect(silences.reduce((sum, count) => sum + count, 0) / busy.length).toBeLessThan(40);
  for (const other of ['b', 'c']) {
    const { load: taker } = cluster.members.get(other)!;
    for (const slot of busy) {
      if (!taker.running.has(slot)) continue;
      expect([taker.cameReady.has(slot), taker.begun.get(`channel-${slot}`)]).toEqual([
        true,
        expect.stringMatching(/^end/),
      ]);
    }
    expect(taker.prepared.size).toBe(0);
  }
  await cluster.pass(1000);
  for (const prefix of [cluster.keys.offers, cluster.keys.readies]) {
    expect((await cluster.members.get('b')!.store.list(prefix)).entries).toEqual([]);
  }
});

test('a slot whose next owner does not get ready is given up all the same, after a time', async () => {
  const { cluster } = await three();
  const { node } = cluster.members.get('a')!;
  for (const other of ['b', 'c']) cluster.members.get(other)!.load.prepareTime = 1_000_000;
  await node.drain();
  await cluster.pass(9000);
  expect(cluster.slotsOf('a')).toBeGreaterThan(0);
  await cluster.pass(6000);
  expect([cluster.slotsOf('a'), cluster.unowned]).toEqual([0, 0]);
});

test('a store that is away for a while as slots are handed over holds that up, and loses none', async () => {
  const { cluster } = await three();
  const { node, store } = cluster.members.get('a')!;
  await node.drain();
  await cluster.pass(155);
  store.faults.isAway = true;
  await cluster.pass(2000);
  store.faults.isAway = false;
  await cluster.pass(6000);
  expect([cluster.slotsOf('a'), cluster.unowned]).toEqual([0, 0]);
});

test('a node that resumes while it drains keeps what is not gone yet, and nobody stays ready for it', async () => {
  const { cluster } = await three();
  const { node, load } = cluster.members.get('a')!;
  const busy = [...load.running.keys()].filter(load.isBusy);
  for (const other of ['b', 'c']) cluster.members.get(other)!.load.prepareTime = 3000;
  await node.drain();
  await cluster.pass(1000);
  await node.resume();
  await cluster.pass(8000);
  expect(busy.filter((slot) => !load.running.has(slot))).toEqual([]);
  for (const other of ['b', 'c']) expect(cluster.members.get(other)!.load.prepared.size).toBe(0);
  expect((await cluster.members.get('b')!.store.list(cluster.keys.readies)).entries).toEqual([]);
});

test('the last node does not give away what nobody takes', async () => {
  const { cluster } = stand();
  const { node } = await cluster.add('a');
  await cluster.pass(1000);
  await node.drain();
  await cluster.pass(4000);
  expect(cluster.slotsOf('a')).toBe(FEW_SLOTS);
});

test('a node that leaves hands over first', async () => {
  const { clock, cluster } = await three();
  const { node } = cluster.members.get('a')!;
  let isLeft = false;
  void node.leave(10_000).then(() => {
    isLeft = true;
  });
  await cluster.pass(4000);
  expect(isLeft).toBe(true);
  await clock.advance(500);
  expect(cluster.unowned).toBe(0);
  expect(cluster.members.get('b')!.node.view!.nodes.map(({ id }) => id)).toEqual(['b', 'c']);
});

test('a process that is started again has its slots back without waiting for the lease of the one before', async () => {
  const { cluster } = await three();
  const { node, store } = cluster.members.get('a')!;
  const predecessor = node.lease!.id;
  store.close();
  cluster.members.delete('a');
  await cluster.add('a', { predecessor });
  await cluster.pass(1000);
  expect(cluster.unowned).toBe(0);
  expect(cluster.slotsOf('a')).toBeGreaterThan(FEW_SLOTS / 4);
  // Nobody else took them meanwhile.
  expect(cluster.members.get('b')!.node.figures.moves).toBe(
    cluster.members.get('b')!.node.figures.claims - cluster.slotsOf('b'),
  );
});

test('an answer to a claim that was lost is found in the store', async () => {
  const { cluster } = stand();
  const { store } = await cluster.add('a');
  await cluster.pass(140);
  store.faults.lostReplies = 3;
  await cluster.pass(4000);
  expect(cluster.unowned).toBe(0);
});

test('when the store answers again after a long time, nobody waits for leases of lives that have ended', async () => {
  const { cluster } = await three();
  void cluster.server.changeLeader(12_000);
  await cluster.pass(11_000);
  expect(cluster.unowned).toBe(FEW_SLOTS);
  await cluster.pass(5000);
  expect(cluster.unowned).toBe(0);
  for (const { events } of cluster.members.values()) expect(events).toEqual(['joined', 'fenced', 'joined']);
});

test('slots that are free are claimed together, however slow the store is', async () => {
  const { cluster } = stand();
  const { store } = await cluster.add('a');
  store.faults.latency = 100;
  // Of a hundred slots each, 41 claims one after the other would take more than 8 s.
  await cluster.pass(1500);
  expect(cluster.unowned).toBe(0);
});
