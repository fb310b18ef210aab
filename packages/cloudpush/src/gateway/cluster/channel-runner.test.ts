import { expect, test } from 'vitest';
import { slotOf } from '../../cluster/assignment/assignment.js';
import { ClusterKeys } from '../../cluster/keys.js';
import { MemoryServer, MemoryStore } from '../../cluster/store/memory-store.js';
import type { EventFields } from '../gateway-event.js';
import { StartQueue } from '../supervisor/start-queue.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { FakeClock } from '../testing/fake-clock.js';
import { FakeEngine } from '../testing/fake-engine.js';
import { ChannelPlanner } from './channel-planner.js';
import { ChannelRunner } from './channel-runner.js';

const SLOTS = 64;
/** Slots that are read together, and how often so many come. */
const MANY = 100;
const BATCHES = 8;
const keys = new ClusterKeys('test');

function stand(slots = SLOTS) {
  const clock = new FakeClock();
  const store = new MemoryStore(new MemoryServer(clock));
  const engine = new FakeEngine();
  const events: EventFields[] = [];
  const emit = (event: EventFields): void => void events.push(event);
  const supervisor = new Supervisor({ engine, clock, startQueue: new StartQueue(100, clock), emit });
  const planner = new ChannelPlanner('/etc/gateway.yaml', {}, { ttl: 10_000 });
  planner.text = 'version: 1\ncluster: { store: etcd://e }\nchannels: {}\n';
  const runner = new ChannelRunner({
    store,
    keys,
    clock,
    supervisor,
    planner,
    slots: () => slots,
    wallTime: () => clock.now(),
    emit,
  });
  const put = async (name: string, document: unknown): Promise<void> => {
    const key = keys.channel(slotOf(name, slots), name);
    await store.change([{ key, value: JSON.stringify(document), revision: undefined }]);
    await clock.advance(0);
  };
  const own = async (name: string, epoch: number): Promise<void> => {
    runner.own(new Map([[slotOf(name, SLOTS), epoch]]), {});
    await clock.advance(0);
  };
  const remove = async (name: string): Promise<void> => {
    const key = keys.channel(slotOf(name, SLOTS), name);
    await store.change([{ key, value: undefined, revision: undefined }]);
    await clock.advance(0);
  };
  return { clock, store, engine, events, supervisor, planner, runner, put, own, remove };
}

function channelOf(destination: unknown): unknown {
  return { source: 'rtsp://camera/1', destinations: [destination] };
}

test('the channels of a slot run while it is owned, and each change of theirs is followed', async () => {
  const { supervisor, runner, put, own, engine } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  await put('elsewhere', channelOf('rtmp://cloud/live/elsewhere'));
  await own('gate', 7);
  expect(supervisor.states().map(({ name }) => name)).toEqual(['gate']);
  await put('gate', { ...(channelOf('rtmp://cloud/live/gate') as object), labels: { site: 'north' } });
  expect(supervisor.states()).toMatchObject([{ name: 'gate', labels: { site: 'north' } }]);
  expect(engine.opened).toHaveLength(1);
  expect(runner.isBusy(slotOf('gate', SLOTS))).toBe(true);
  expect(runner.find('gate', slotOf('gate', SLOTS))).toMatchObject({ epoch: 7 });
  await runner.release(slotOf('gate', SLOTS));
  expect(supervisor.states()).toEqual([]);
  expect(runner.find('gate', slotOf('gate', SLOTS))).toBeUndefined();
});

test('the epoch is in URLs and in requests to the token server, and attempts fit into the lease', async () => {
  const { put, own, engine } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate?epoch=$epoch'));
  await put('door', channelOf({ device: { serialNumber: 'SN-1', tokenUrl: 'https://cloud/token' } }));
  await own('gate', 41);
  await own('door', 42);
  expect(engine.channel('gate').options).toMatchObject({
    url: 'rtmp://cloud/live/gate?epoch=41',
    connectTimeout: 7000,
  });
  expect(engine.channel('door').options).toMatchObject({
    target: { kind: 'device', deviceSN: 'SN-1', epoch: '42' },
    connectTimeout: 7000,
  });
});

test('a channel that cannot run here is told, and keeps the others from nothing', async () => {
  const { supervisor, events, put, own } = stand();
  const [one, other] = twoOfOneSlot();
  await put(one, channelOf({ url: 'rtmp://cloud/live/a', token: 'env:MISSING' }));
  await put(other, channelOf('rtmp://cloud/live/b'));
  await own(one, 1);
  expect(supervisor.states().map(({ name }) => name)).toEqual([other]);
  expect(events.find(({ type }) => type === 'problem')).toMatchObject({
    channel: one,
    message: expect.stringMatching('the environment variable MISSING is not set'),
  });
});

test('when everything is dropped, nothing runs any more', async () => {
  const { supervisor, runner, put, own } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  await own('gate', 1);
  await runner.drop();
  expect(supervisor.states()).toEqual([]);
  await put('gate', channelOf('rtmp://cloud/live/other'));
  expect(supervisor.states()).toEqual([]);
});

function twoOfOneSlot(): readonly [string, string] {
  const first = 'camera-0';
  const second = Array.from({ length: 10_000 }, (_, index) => `camera-${index + 1}`);
  return [first, second.find((name) => slotOf(name, SLOTS) === slotOf(first, SLOTS))!];
}

test('channels of a slot that is about to come are made ready, and begin at once when it has come', async () => {
  const { clock, supervisor, runner, put, engine, events } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate?epoch=$epoch'));
  const slot = slotOf('gate', SLOTS);
  let isReady = false;
  const ready = runner.prepare(slot).then(() => {
    isReady = true;
  });
  await clock.advance(0);
  const channel = engine.channel('gate');
  channel.stream();
  expect([channel.all, supervisor.states(), isReady]).toEqual([[], [], false]);
  channel.standBy();
  await ready;
  runner.own(new Map([[slot, 9]]), { gate: 'a key frame', other: 'another' });
  await clock.advance(0);
  expect([engine.opened.length, channel.begunWith]).toEqual([1, 'a key frame']);
  expect(channel.all[0]!.options).toMatchObject({ url: 'rtmp://cloud/live/gate?epoch=9' });
  expect(supervisor.states()).toMatchObject([
    { name: 'gate', source: { tracks: { video: { codec: 'h264' } } } },
  ]);
  channel.all[0]!.connect();
  channel.keyFrame = 'the next one';
  expect(await runner.release(slot)).toEqual({ gate: 'the next one' });
  expect(events.filter(({ level }) => level !== 'info')).toEqual([]);
  expect(channel.closeOptions).toEqual({ untilKeyFrame: 10_000 });
  expect(supervisor.states()).toEqual([]);
});

test('what was made ready in vain ends, and a source that is lost is not waited for', async () => {
  const { clock, runner, put, engine } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  const slot = slotOf('gate', SLOTS);
  const ready = runner.prepare(slot);
  await clock.advance(0);
  engine.channel('gate').lose();
  await ready;
  runner.forget(slot);
  expect(engine.channel('gate').isClosed).toBe(true);
});

test('when the store was away, all slots are read anew with one list, and go on from there', async () => {
  const { clock, store, supervisor, runner, put } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  runner.own(new Map(Array.from({ length: SLOTS }, (_, slot) => [slot, 7])), {});
  await clock.advance(0);
  let lists = 0;
  const list = store.list.bind(store);
  store.list = async (prefix) => {
    lists++;
    return await list(prefix);
  };
  store.faults.isAway = true;
  store.breakWatches();
  await clock.advance(2000);
  expect(lists).toBeLessThan(12);
  expect(supervisor.states().map(({ name }) => name)).toEqual(['gate']);
  store.faults.isAway = false;
  await clock.advance(1000);
  lists = 0;
  await put('door', channelOf('rtmp://cloud/live/door'));
  expect(supervisor.states().map(({ name }) => name)).toEqual(['door', 'gate']);
  expect(lists).toBe(0);
});

test('slots that come in many batches at once cost two lists of everything, not one a batch', async () => {
  const { clock, store, supervisor, runner, put } = stand(BATCHES * MANY);
  const lists: string[] = [];
  const list = store.list.bind(store);
  store.list = async (prefix) => {
    lists.push(prefix);
    // As of a real store, an answer is there later.
    await new Promise<void>((resolve) => clock.after(50, resolve));
    return await list(prefix);
  };
  const names = Array.from({ length: 3 * BATCHES }, (_, index) => `camera-${index}`);
  for (const name of names) await put(name, channelOf(`rtmp://cloud/live/${name}`));
  for (let batch = 0; batch < BATCHES; batch++) {
    runner.own(new Map(Array.from({ length: MANY }, (_, index) => [batch * MANY + index, 7])), {});
    await clock.advance(1);
  }
  await clock.advance(500);
  expect(supervisor.states().map(({ name }) => name)).toEqual([...names].sort());
  expect(lists).toEqual([keys.channels, keys.channels]);
});

test('a channel that was made ready, and is not there any more when its slot comes, ends', async () => {
  const { clock, runner, put, own, remove, engine } = stand();
  const [one, other] = twoOfOneSlot();
  for (const name of [one, other]) await put(name, channelOf(`rtmp://cloud/live/${name}`));
  void runner.prepare(slotOf(one, SLOTS));
  await clock.advance(0);
  await remove(one);
  await own(one, 7);
  expect([engine.channel(one).isClosed, engine.channel(other).isClosed]).toEqual([true, false]);
});

test('a channel that was made ready, and is not there any more when its slot goes elsewhere, ends', async () => {
  const { clock, runner, put, remove, engine } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  void runner.prepare(slotOf('gate', SLOTS));
  await clock.advance(0);
  await remove('gate');
  runner.forget(slotOf('gate', SLOTS));
  expect(engine.channel('gate').isClosed).toBe(true);
});

test('a channel that was made ready, and is not enabled when it comes, ends', async () => {
  const { clock, runner, put, engine, supervisor, planner } = stand();
  const document = channelOf('rtmp://cloud/live/gate') as object;
  await put('gate', document);
  void runner.prepare(slotOf('gate', SLOTS));
  await clock.advance(0);
  const disabled = { name: 'gate', document: { ...document, enabled: false }, revision: 2, epoch: 1 };
  await supervisor.apply({ channels: planner.plan([disabled], () => {}) });
  expect(engine.channel('gate').isClosed).toBe(true);
});

test('a value that is no channel is told once, whoever has the slot, and keeps the others from nothing', async () => {
  const { clock, store, supervisor, events, runner, put, own, engine } = stand();
  const [one, other] = twoOfOneSlot();
  const slot = slotOf(one, SLOTS);
  await put(other, channelOf('rtmp://cloud/live/other'));
  await store.change([{ key: keys.channel(slot, one), value: '{ "source": ', revision: undefined }]);
  void runner.prepare(slot);
  await clock.advance(0);
  expect(engine.opened).toHaveLength(1);
  await own(one, 7);
  expect(supervisor.states().map(({ name }) => name)).toEqual([other]);
  expect(runner.find(one, slot)).toBeUndefined();
  expect(events.filter(({ type }) => type === 'problem')).toMatchObject([
    { channel: one, level: 'error', message: expect.stringMatching(keys.channel(slot, one)) },
  ]);
});

test('a node whose lease may be over does not wait for the key frame that a hand-over waits for', async () => {
  const { clock, supervisor, runner, put, own, engine } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  await own('gate', 7);
  const channel = engine.channel('gate');
  channel.isWithoutKeyFrame = true;
  channel.stream();
  channel.all[0]!.connect();
  const released = runner.release(slotOf('gate', SLOTS));
  await clock.advance(0);
  expect([channel.isClosed, channel.closeOptions]).toEqual([false, { untilKeyFrame: 10_000 }]);
  await runner.drop();
  await released;
  expect([channel.isClosed, channel.closeOptions, supervisor.states()]).toEqual([true, undefined, []]);
});

test('a channel whose camera is away does not keep those of its slot waiting for a key frame', async () => {
  const { runner, put, own, engine } = stand();
  const [one, other] = twoOfOneSlot();
  for (const name of [one, other]) await put(name, channelOf(`rtmp://cloud/live/${name}`));
  await own(one, 7);
  for (const name of [one, other]) engine.channel(name).stream();
  engine.channel(one).stall();
  engine.channel(one).isWithoutKeyFrame = true;
  await runner.release(slotOf(one, SLOTS));
  expect(engine.channel(one).closeOptions).toBeUndefined();
  expect(engine.channel(other).closeOptions).toEqual({ untilKeyFrame: 10_000 });
});

/** Values that other programs, or damaged disks, may leave where a channel should be. */
const malformed: Readonly<Record<string, string>> = {
  nothing: '',
  'a part of a channel': '{ "source": ',
  'no text': '\u0000\ufffd\u0000',
  null: 'null',
  'a number': '7',
  'a text': '"rtsp://camera/1"',
  'a list': '[]',
  'an empty object': '{}',
  'a source that is none': '{ "source": 7, "destinations": ["rtmp://cloud/live/a"] }',
  'destinations that are none': '{ "source": "rtsp://camera/1", "destinations": { "length": 1 } }',
  'labels that are none':
    '{ "source": "rtsp://camera/1", "destinations": ["rtmp://cloud/live/a"], "labels": [[]] }',
  'a prototype': '{ "__proto__": { "source": "rtsp://camera/1" } }',
  'an object as deep as no channel is': `{ "labels": ${'['.repeat(100_000)}${']'.repeat(100_000)} }`,
  'a list as deep as no channel is': `{ "destinations": ${'['.repeat(3000)}${']'.repeat(3000)} }`,
};

test.each(Object.entries(malformed))(
  '%s in the store is a fault of that channel, which others run beside',
  async (_, value) => {
    const { clock, store, supervisor, events, runner, put, own, remove } = stand();
    const [one, other] = twoOfOneSlot();
    const slot = slotOf(one, SLOTS);
    await put(other, channelOf('rtmp://cloud/live/other'));
    await own(one, 7);
    // While the watch goes on, and to a node that comes later.
    for (const isThere of [false, true]) {
      if (isThere) await runner.release(slot);
      await store.change([{ key: keys.channel(slot, one), value, revision: undefined }]);
      await own(one, 8);
      await clock.advance(0);
      expect(supervisor.states().map(({ name }) => name)).toEqual([other]);
      expect(runner.faulty).toMatchObject([{ name: one, fault: expect.stringMatching(/./) }]);
      const told = events.filter(({ channel, level }) => channel === one && level === 'error');
      expect(told).toHaveLength(isThere ? 2 : 1);
    }
    await put(one, channelOf('rtmp://cloud/live/one'));
    expect([supervisor.states().map(({ name }) => name), runner.faulty]).toEqual([[one, other].sort(), []]);
    await remove(one);
    expect(supervisor.states().map(({ name }) => name)).toEqual([other]);
  },
);

test('a channel that stands in the slot of others is told, and runs at its own place alone', async () => {
  const { clock, store, supervisor, events, runner, put, own } = stand();
  await put('gate', channelOf('rtmp://cloud/live/gate'));
  const elsewhere = (slotOf('gate', SLOTS) + 1) % SLOTS;
  const value = JSON.stringify(channelOf('rtmp://cloud/live/other'));
  await store.change([{ key: keys.channel(elsewhere, 'gate'), value, revision: undefined }]);
  runner.own(new Map([[elsewhere, 3]]), {});
  await clock.advance(0);
  expect([supervisor.states(), runner.faulty]).toEqual([[], []]);
  expect(events).toMatchObject([
    { type: 'problem', level: 'error', message: expect.stringMatching(keys.channel(elsewhere, 'gate')) },
  ]);
  await own('gate', 4);
  await runner.release(elsewhere);
  expect(supervisor.states().map(({ name }) => name)).toEqual(['gate']);
});
