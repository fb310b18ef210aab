import { expect, test } from 'vitest';
import { slotOf } from '../../cluster/assignment/assignment.js';
import { ClusterKeys } from '../../cluster/keys.js';
import { MemoryServer, MemoryStore } from '../../cluster/store/memory-store.js';
import { FakeClock } from '../testing/fake-clock.js';
import { ChannelPlanner } from './channel-planner.js';
import { StoredChannels } from './stored-channels.js';

const ENVIRONMENT = { CAMERA: 'secret', OTHER: 'secret' };
const GATE = {
  source: { url: 'rtsp://camera/1', username: 'viewer', password: 'env:CAMERA' },
  destinations: ['rtmp://cloud/live/gate?epoch=$epoch'],
};

/** Nodes on one store. */
function nodes(count: number): { readonly all: StoredChannels[]; readonly stores: MemoryStore[] } {
  const server = new MemoryServer(new FakeClock());
  const stores = Array.from({ length: count }, () => new MemoryStore(server));
  const all = stores.map((store) => {
    const planner = new ChannelPlanner('/etc/gateway.yaml', ENVIRONMENT, { ttl: 10_000 });
    planner.text = 'version: 1\nchannels: {}\n';
    return new StoredChannels(store, new ClusterKeys('test'), { planner, slots: () => 64 });
  });
  return { all, stores };
}

/** As an import leaves it: references come in by no other way. */
async function withGate() {
  const { all, stores } = nodes(2);
  const [a, b] = all as [StoredChannels, StoredChannels];
  const key = new ClusterKeys('test').channel(slotOf('gate', 64), 'gate');
  await stores[0]!.change([{ key, value: JSON.stringify(GATE), revision: 0 }]);
  return { a, b, stores };
}

test('of changes that two nodes make at the same time none is lost', async () => {
  const { a, b } = await withGate();
  const changes = Array.from({ length: 10 }, (_, index) =>
    (index % 2 === 0 ? a : b).patch('gate', { labels: { [`label_${index}`]: 'x' } }, {}),
  );
  const revisions = await Promise.all(changes);
  expect(new Set(revisions).size).toBe(10);
  const found = await b.find('gate');
  expect(Object.keys((found!.document as { labels: object }).labels)).toHaveLength(10);
  expect(found!.revision).toBe(Math.max(...revisions));
});

test('a change to a revision that is not there any more is refused', async () => {
  const { a, b } = await withGate();
  const { revision } = (await a.find('gate'))!;
  await b.setEnabled('gate', false);
  const stale = { revision: String(revision) };
  for (const change of [
    a.patch('gate', { enabled: true }, stale),
    a.replace('gate', GATE, stale),
    a.remove('gate', stale),
  ]) {
    await expect(change).rejects.toMatchObject({ reason: 'revisionMismatch' });
  }
  expect((await a.find('gate'))!.document).toMatchObject({ enabled: false });
});

test('a channel is added once, whoever does it', async () => {
  const { all } = nodes(2);
  const channel = { source: 'rtsp://camera/1', destinations: ['rtmp://cloud/live/door'] };
  const added = await Promise.allSettled(all.map((one) => one.add({ door: channel })));
  expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await expect(all[0]!.add({ other: channel, door: channel })).rejects.toMatchObject({ reason: 'exists' });
  expect(await all[1]!.find('other')).toBeUndefined();
  await all[1]!.remove('door', {});
  await expect(all[0]!.remove('door', {})).rejects.toMatchObject({ reason: 'notFound' });
});

test('what is masked stays as it was, and neither secrets nor new references come in', async () => {
  const { a } = await withGate();
  await a.patch('gate', { labels: { site: 'north' } }, {});
  expect((await a.find('gate'))!.document).toMatchObject({ source: GATE.source });
  const refused = [
    { source: { ...GATE.source, password: 'env:OTHER' } },
    { source: { ...GATE.source, password: 'plain' } },
    { source: 'rtsp://viewer:plain@camera/1' },
    { destinations: ['rtmp://cloud/live/gate?token=plain'] },
    { destinations: [{ url: 'rtmp://cloud/live/gate', token: 'plain' }] },
    { source: 'ftp://camera/1' },
  ];
  for (const patch of refused) {
    await expect(a.patch('gate', patch, {})).rejects.toMatchObject({ reason: 'invalid' });
  }
  const { message } = (await a.patch('gate', refused[1], {}).catch((error: Error) => error)) as Error;
  expect(message).not.toContain('plain');
  expect((await a.find('gate'))!.document).toMatchObject({ source: GATE.source });
});

test('a store that does not answer is said to be unavailable', async () => {
  const { a, stores } = await withGate();
  stores[0]!.faults.isAway = true;
  await expect(a.patch('gate', { enabled: false }, {})).rejects.toMatchObject({ reason: 'unavailable' });
});

test.each(['', 'null', '{ "source": ', '[1]', '7'])(
  'a value that is no channel (%s) can be written anew and removed, and nothing else',
  async (value) => {
    const { a, b, stores } = await withGate();
    const key = new ClusterKeys('test').channel(slotOf('gate', 64), 'gate');
    await stores[0]!.change([{ key, value, revision: undefined }]);
    expect(await a.find('gate')).toMatchObject({ name: 'gate', fault: expect.stringMatching(key) });
    for (const change of [a.patch('gate', { labels: {} }, {}), a.setEnabled('gate', false)]) {
      await expect(change).rejects.toMatchObject({ reason: 'invalid', message: expect.stringMatching(key) });
    }
    const channel = { source: 'rtsp://camera/1', destinations: ['rtmp://cloud/live/gate'] };
    await expect(a.add({ gate: channel })).rejects.toMatchObject({ reason: 'exists' });
    await b.replace('gate', channel, {});
    expect((await a.find('gate'))!.document).toEqual(channel);
    await stores[0]!.change([{ key, value, revision: undefined }]);
    await b.remove('gate', {});
    expect(await a.find('gate')).toBeUndefined();
  },
);
