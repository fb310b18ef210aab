import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterStore } from '../../packages/cloudpush/dist/cluster/store/cluster-store.js';
import { EtcdStore } from '../../packages/cloudpush/dist/cluster/store/etcd/etcd-store.js';
import { storeContract } from '../../packages/cloudpush/dist/cluster/store/testing/store-contract.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { EtcdProcesses } from './support/etcd.js';

describe('the contract of stores holds with etcd:', () => {
  let etcd: EtcdProcesses | undefined;
  beforeAll(async () => {
    if (isPeerPresent('etcd')) etcd = await EtcdProcesses.start();
  });
  afterAll(async () => await etcd?.[Symbol.asyncDispose]());

  let number = 0;
  for (const [name, run] of Object.entries(storeContract)) {
    test(name, async (context) => {
      requirePeers(context, 'etcd');
      const opened: ClusterStore[] = [];
      try {
        await run({
          open() {
            const store = new EtcdStore({ endpoints: etcd!.endpoints });
            opened.push(store);
            return store;
          },
          prefix: `cloudpush/t${++number}/`,
          ttl: 2000,
          pass: async (ms) => await sleep(ms),
          compact: async (revision) =>
            void (await etcd!.ctl(['compact', String(revision), '--endpoints', etcd!.endpoints[0]!])),
        });
      } finally {
        for (const store of opened) store.close();
      }
    });
  }
});

test('beats, claims and reads go on when the leader of three is killed', async (context) => {
  requirePeers(context, 'etcd');
  await using etcd = await EtcdProcesses.start({ members: 3 });
  const store = new EtcdStore({ endpoints: etcd.endpoints });
  try {
    const lease = await store.join(10_000);
    await store.claim(lease, [{ key: 'cloudpush/t/claim/1', value: 'a' }]);
    await etcd.killMember(await etcd.leader());
    await etcd.leader();
    for (let beats = 0; beats < 6; beats++) {
      await store.beat(lease);
      expect((await store.list('cloudpush/t/')).entries).toHaveLength(1);
    }
  } finally {
    store.close();
  }
});

test('without a store operations say that it does not answer, each in its time', async () => {
  const store = new EtcdStore({ endpoints: ['127.0.0.1:1', '127.0.0.1:2'], timeout: 300 });
  try {
    await expect(store.list('cloudpush/')).rejects.toMatchObject({ reason: 'unavailable' });
    await expect(store.beat({ id: '1', ttl: 1000 })).rejects.toMatchObject({ reason: 'unavailable' });
    const end = new Promise((resolve) => {
      store.watch('cloudpush/', 0, { onChanges: () => {}, onEnd: resolve });
    });
    expect(await end).toMatchObject({ reason: 'unavailable' });
  } finally {
    store.close();
  }
});
