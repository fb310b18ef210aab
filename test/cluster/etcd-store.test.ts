import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterStore } from '../../packages/cloudpush/dist/cluster/store/cluster-store.js';
import { EtcdStore } from '../../packages/cloudpush/dist/cluster/store/etcd/etcd-store.js';
import { storeContract } from '../../packages/cloudpush/dist/cluster/store/testing/store-contract.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { makeCertificate } from '../transport/support/certificate.js';
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

test('a user with a password is let in, and one with another is refused for good', async (context) => {
  requirePeers(context, 'etcd');
  await using etcd = await EtcdProcesses.start();
  const at = ['--endpoints', etcd.endpoints[0]!];
  for (const args of [
    ['user', 'add', 'root:right'],
    ['user', 'grant-role', 'root', 'root'],
    ['auth', 'enable'],
  ]) {
    expect((await etcd.ctl([...args, ...at])).code).toBe(0);
  }
  const open = (password: string) =>
    new EtcdStore({ endpoints: etcd.endpoints, user: { name: 'root', password } });
  const [right, wrong] = [open('right'), open('wrong')];
  try {
    const lease = await right.join(10_000);
    await right.beat(lease);
    await right.put(lease, { key: 'cloudpush/t/node/a', value: 'a' });
    const seen = new Promise((resolve) => {
      right.watch('cloudpush/t/', 0, { onChanges: resolve, onEnd: resolve });
    });
    expect(await seen).toMatchObject([{ type: 'put', entry: { value: 'a' } }]);
    const refusal = await wrong.join(10_000).catch((error: Error) => error);
    expect(refusal).toMatchObject({ reason: 'refused' });
    expect((refusal as Error).message).not.toContain('wrong');
  } finally {
    right.close();
    wrong.close();
  }
});

test('over TLS etcd is recognized by its certificate, and the node by its own', async (context) => {
  requirePeers(context, 'etcd', 'openssl');
  await using folder = await TempFolder.create();
  const [server, client] = [makeCertificate('IP:127.0.0.1'), makeCertificate('DNS:node')];
  const file = async (name: string, text: string) => await folder.write(name, Buffer.from(text));
  await using etcd = await EtcdProcesses.start({
    scheme: 'https',
    args: [
      ...['--cert-file', await file('cert', server.cert), '--key-file', await file('key', server.key)],
      ...['--client-cert-auth', '--trusted-ca-file', await file('ca', client.cert)],
      // So that it is heard when it listens.
      ...['--log-outputs', 'stdout'],
    ],
  });
  const { endpoints } = etcd;
  const known = new EtcdStore({ endpoints, tls: { ca: server.cert, cert: client.cert, key: client.key } });
  const strangers = [
    new EtcdStore({ endpoints, tls: { ca: server.cert } }),
    new EtcdStore({ endpoints, tls: { cert: client.cert, key: client.key } }),
    new EtcdStore({ endpoints }),
  ];
  try {
    const lease = await known.join(10_000);
    await known.beat(lease);
    for (const stranger of strangers) {
      await expect(stranger.join(10_000)).rejects.toMatchObject({ reason: 'unavailable' });
    }
  } finally {
    for (const store of [known, ...strangers]) store.close();
  }
});
