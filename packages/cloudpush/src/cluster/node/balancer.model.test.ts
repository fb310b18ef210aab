import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { DEFAULT_SLOTS } from '../assignment/assignment.js';
import type { StatusRecord } from '../records.js';
import { Balancer } from './balancer.js';
import { TestCluster } from './testing/test-cluster.js';

test('the load of a node that has too much of it goes to the others, by one balancer, in small steps', async () => {
  const clock = new FakeClock();
  const cluster = new TestCluster(clock, DEFAULT_SLOTS);
  for (const id of ['a', 'b', 'c']) (await cluster.add(id)).load.isBusy = () => false;
  await cluster.pass(2000);
  const { node, store } = cluster.members.get('a')!;
  const tell = async (): Promise<void> => {
    // All that is in the slots that were a's at first is heavy.
    for (const [id, member] of cluster.members) {
      const loads = Object.fromEntries(
        [...member.node.owned.keys()].map((slot) => [slot, heavy.has(slot) ? 4000 : 1000]),
      );
      const status: StatusRecord = { channels: 1, load: 1, loads };
      await member.store.put(member.node.lease!, {
        key: cluster.keys.status(id),
        value: JSON.stringify(status),
      });
    }
  };
  const heavy = new Set(node.owned.keys());
  const balancers = [...cluster.members].map(
    ([id, member]) =>
      new Balancer({
        store: member.store,
        keys: cluster.keys,
        clock,
        node: {
          id,
          get lease() {
            return member.node.lease;
          },
          get view() {
            return member.node.view;
          },
        },
      }),
  );
  // Whatever somebody else has written there weighs nothing.
  const loads = '{"loads":{"0":"all","-1":7,"1.5":7,"99999":7,"x":7,"3":null}}';
  for (const [index, value] of ['null', '{"loads":7}', '{', loads].entries()) {
    cluster.server.keys.change([{ key: cluster.keys.status(`x${index}`), value, revision: undefined }]);
  }
  const before = cluster.slotsOf('a');
  const wants: number[] = [];
  for (let minute = 0; minute < 12; minute++) {
    await tell();
    await clock.advance(60_000);
    cluster.requireSingleOwners();
    wants.push((await store.list(cluster.keys.wants)).entries.length);
  }
  for (const balancer of balancers) balancer.stop();
  expect(wants[0]).toBeGreaterThan(0);
  for (const [index, count] of wants.entries())
    expect(count - (wants[index - 1] ?? 0)).toBeLessThanOrEqual(82);
  expect(wants.at(-1)).toBe(wants.at(-2));
  expect(cluster.slotsOf('a')).toBeLessThan(before - 300);
  expect(cluster.unowned).toBe(0);
});
