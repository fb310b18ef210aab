import type { SpoolStats } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { settle } from '../testing/fake-clock.js';
import { fakeError } from '../testing/fake-engine.js';
import { FakeGateway } from '../testing/fake-gateway.js';

const TWO = `version: 1
channels:
  gate:
    labels: { site: north }
    source: rtsp://camera-1/1
    destinations: [ { name: cloud, url: rtmp://cloud/live/gate }, { name: backup, url: rtmp://backup/live/gate } ]
  door:
    source: rtsp://camera-2/1
    destinations: [ { name: cloud, url: rtmp://cloud/live/door } ]
`;

test('a channel is starting, then online when its source streams and all its destinations publish', async () => {
  using gateway = await FakeGateway.start(TWO);
  expect(gateway.state('gate').state).toBe('starting');
  const channel = gateway.engine.channel('gate');
  channel.stream();
  expect(gateway.state('gate').state).toBe('starting');
  channel.all[0]!.connect();
  expect(gateway.state('gate').state).toBe('degraded');
  channel.all[1]!.connect();
  expect(gateway.state('gate')).toMatchObject({
    state: 'online',
    source: { state: 'streaming', tracks: { video: { codec: 'h264' } } },
    destinations: [
      { name: 'cloud', state: 'publishing' },
      { name: 'backup', state: 'publishing' },
    ],
  });
});

test('a destination that is lost degrades its channel alone, and says when it is tried again', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  gateway.bringUp('door');
  gateway.engine.channel('gate').all[1]!.disconnect('ERR_CLOUDPUSH_PEER_CLOSED', 2500);
  expect(gateway.state('gate')).toMatchObject({
    state: 'degraded',
    lastError: { code: 'ERR_CLOUDPUSH_PEER_CLOSED' },
    destinations: [
      { state: 'publishing' },
      {
        state: 'retrying',
        attempt: 1,
        nextRetryAt: gateway.clock.now() + 2500,
        counters: { connectErrors: { retryable: 1, auth: 0 } },
      },
    ],
  });
  expect(gateway.state('door').state).toBe('online');
});

test('a source that is lost is reported to the servers, and the destinations stay', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  const channel = gateway.engine.channel('gate');
  channel.lose('ERR_CLOUDPUSH_TIMEOUT');
  expect(channel.metadata).toEqual([{ type: 'disconnect', code: 2006 }]);
  expect(gateway.state('gate')).toMatchObject({
    state: 'offline',
    source: { state: 'retrying', attempt: 1, lastError: { code: 'ERR_CLOUDPUSH_TIMEOUT' } },
    destinations: [{ state: 'publishing' }, { state: 'publishing' }],
  });
  channel.stream();
  expect(gateway.state('gate').state).toBe('online');
});

test('a camera that is connected and silent is told, and so is the end of its silence', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  const channel = gateway.engine.channel('gate');
  channel.stall();
  expect(gateway.state('gate')).toMatchObject({ state: 'offline', source: { state: 'stalled' } });
  channel.source = { ...channel.source, state: 'streaming' };
  await gateway.clock.advance(1000);
  expect(gateway.state('gate').state).toBe('online');
  const types = gateway.service.events({ channel: 'gate' }).map(({ type }) => type);
  expect(types).toContain('sourceStalled');
});

test('a destination that is refused leaves the others, and is tried again after a minute, then two', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  const channel = gateway.engine.channel('gate');
  channel.all[1]!.refuse();
  expect(gateway.state('gate')).toMatchObject({
    state: 'degraded',
    destinations: [{ state: 'publishing' }, { state: 'refused', nextRetryAt: gateway.clock.now() + 60_000 }],
  });
  await gateway.clock.advance(60_000);
  expect(channel.all).toHaveLength(3);
  channel.all[2]!.refuse();
  await gateway.clock.advance(119_000);
  expect(channel.all).toHaveLength(3);
  await gateway.clock.advance(1000);
  channel.all[3]!.connect();
  expect(gateway.state('gate').state).toBe('online');
});

test('a channel whose last destination is refused is opened again when that is due', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('door');
  gateway.engine.channel('door').all[0]!.refuse();
  expect(gateway.state('door')).toMatchObject({ state: 'offline', source: { state: 'idle' } });
  await gateway.clock.advance(60_000);
  expect(gateway.engine.opened.filter(({ options }) => options.label === 'door')).toHaveLength(2);
  gateway.bringUp('door');
  expect(gateway.state('door').state).toBe('online');
});

test('"retry now" does not wait', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  const channel = gateway.engine.channel('gate');
  channel.all[1]!.disconnect();
  await gateway.service.retryDestination('gate', 'backup');
  expect(channel.all.map(({ state }) => state)).toEqual(['publishing', 'closed', 'connecting']);
  gateway.engine.channel('door').all[0]!.refuse();
  await gateway.service.retryDestination('door', 'cloud');
  gateway.bringUp('door');
  expect(gateway.state('door').state).toBe('online');
});

test('what is counted goes on over connections and channels of the engine', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('door');
  const first = gateway.engine.channel('door');
  first.all[0]!.counts = { ...first.all[0]!.counts, bytesSent: 100 };
  first.source = { ...first.source, videoFrames: 7 };
  await gateway.service.restartChannel('door');
  const second = gateway.engine.channel('door');
  expect(second).not.toBe(first);
  second.all[0]!.counts = { ...second.all[0]!.counts, bytesSent: 11 };
  second.source = { ...second.source, videoFrames: 2 };
  const { source, destinations } = gateway.state('door');
  expect(source.counters.videoFrames).toBe(9);
  expect(destinations[0]!.counters.bytesSent).toBe(111);
});

test('a channel that the engine cannot open is tried again, and says why', async () => {
  using gateway = new FakeGateway(TWO);
  gateway.engine.failure = fakeError('ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS');
  await gateway.service.start();
  expect(gateway.state('gate')).toMatchObject({
    state: 'offline',
    lastError: { code: 'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS' },
  });
  gateway.engine.failure = undefined;
  await gateway.clock.advance(30_000);
  gateway.bringUp('gate');
  expect(gateway.state('gate').state).toBe('online');
});

test('500 channels start a few at a time, and one that does not answer holds up nobody for long', async () => {
  const lines = Array.from(
    { length: 500 },
    (_, index) =>
      `  c${index}: { source: rtsp://camera/${index}, destinations: [ rtmp://cloud/live/c${index} ] }`,
  );
  using gateway = await FakeGateway.start(`version: 1\nchannels:\n${lines.join('\n')}\n`, {
    maxStarting: 10,
  });
  expect(gateway.engine.opened).toHaveLength(10);
  for (const channel of gateway.engine.opened.slice(0, 4)) channel.stream();
  gateway.engine.opened[4]!.lose();
  expect(gateway.engine.opened).toHaveLength(15);
  await gateway.clock.advance(2000);
  expect(gateway.engine.opened).toHaveLength(25);
  for (let index = 15; index < 500; index++) gateway.engine.opened[index]!.stream();
  expect(gateway.engine.opened).toHaveLength(500);
});

test('the end closes every channel', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  expect(await gateway.service.stop()).toBe('sent');
  expect(gateway.engine.opened.every(({ isClosed }) => isClosed)).toBe(true);
  expect(gateway.service.snapshot().ready).toBe(false);
  await expect(gateway.service.removeChannel('gate')).rejects.toMatchObject({ reason: 'stopping' });
  await settle();
});

/** The last word of the destination `cloud` of a channel. */
function lastWord(gateway: FakeGateway, channel: string) {
  const words = gateway.service.events({ channel }).filter(({ destination }) => destination === 'cloud');
  return { type: words.at(-1)?.type, level: words.at(-1)?.level, message: words.at(-1)?.message };
}

test('media that was queued and not sent at the end is told, and no server is said to have refused anything', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('gate');
  gateway.engine.channel('door').stream();
  gateway.engine.channel('door').all[0]!.endsWith = fakeError('ERR_CLOUDPUSH_CLOSE_TIMEOUT');
  expect(await gateway.service.stop()).toBe('unsent');
  expect(lastWord(gateway, 'door')).toEqual({
    type: 'destinationClosed',
    level: 'warn',
    message: 'cloud is closed before everything was sent: ERR_CLOUDPUSH_CLOSE_TIMEOUT happened',
  });
  expect(lastWord(gateway, 'gate')).toMatchObject({ level: 'info', message: 'cloud is closed' });
});

test('a channel that is removed, and ends with media unsent while the gateway does, counts as well', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('door');
  const door = gateway.engine.channel('door');
  door.all[0]!.endsWith = fakeError('ERR_CLOUDPUSH_CLOSE_TIMEOUT');
  let end = (): void => {};
  const mayEnd = new Promise<void>((resolve) => {
    end = resolve;
  });
  const close = door.close.bind(door);
  vi.spyOn(door, 'close').mockImplementation(async () => {
    await mayEnd;
    return await close();
  });
  await gateway.service.removeChannel('door');
  const stopped = gateway.service.stop();
  end();
  expect(await stopped).toBe('unsent');
});

test('a connection that was lost and made again is no media unsent at the end', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('door');
  const destination = gateway.engine.channel('door').all[0]!;
  destination.endsWith = destination.disconnect();
  destination.connect();
  expect(await gateway.service.stop()).toBe('sent');
  expect(lastWord(gateway, 'door')).toMatchObject({ level: 'info', message: 'cloud is closed' });
});

const SPOOL = { state: 'spooling', lostBytes: 100, gaps: 1 } as SpoolStats;

test.each([
  ['kept', SPOOL, {}, 'sent', 'cloud is closed; what was not sent is kept on disk'],
  ['lost by a disk that has failed', { ...SPOOL, state: 'off' }, {}, 'unsent', /before everything was sent/],
  ['lost in part', { ...SPOOL, lostBytes: 150 }, {}, 'unsent', /before everything was sent/],
  ['dropped in part', SPOOL, { lostPictures: 1 }, 'unsent', /before everything was sent/],
] as const)('media for the disk spool that is %s at the end', async (_, spool, counts, outcome, message) => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('door');
  const destination = gateway.engine.channel('door').all[0]!;
  destination.spool = SPOOL;
  destination.endsWith = fakeError('ERR_CLOUDPUSH_CLOSE_TIMEOUT');
  const stopped = gateway.service.stop();
  destination.spool = spool;
  destination.counts = { ...destination.counts, ...counts };
  expect(await stopped).toBe(outcome);
  expect(lastWord(gateway, 'door').message).toMatch(message);
});

test('the end says that a channel could not be closed in time, as soon as that is over', async () => {
  using gateway = await FakeGateway.start(`stopTimeout: 4s\n${TWO}`);
  gateway.bringUp('gate');
  vi.spyOn(gateway.engine.channel('gate'), 'close').mockReturnValue(new Promise(() => {}));
  const stopped = vi.fn();
  void gateway.service.stop().then(stopped);
  await gateway.clock.advance(3999);
  expect(stopped).not.toHaveBeenCalled();
  await gateway.clock.advance(1);
  expect(stopped).toHaveBeenCalledWith('late');
});

test('a server that takes less than comes is told as paused', async () => {
  using gateway = await FakeGateway.start(TWO);
  gateway.bringUp('door');
  gateway.engine.channel('door').all[0]!.queuedMs = 3000;
  await gateway.clock.advance(1000);
  expect(gateway.state('door')).toMatchObject({ state: 'degraded', destinations: [{ state: 'paused' }] });
});

const EVENT = `version: 1
channels:
  door:
    mode: event
    preRoll: 3s
    postRoll: 20s
    maxDuration: 1m
    triggers: [ { http: true, type: face } ]
    source: rtsp://camera/1
    destinations: [ rtmp://cloud/live/door ]
`;

test('event mode waits with its source streaming, and records from a trigger to the end of its post-roll', async () => {
  using gateway = await FakeGateway.start(EVENT);
  const channel = gateway.engine.channel('door');
  expect(channel.options.preRoll).toBe(3000);
  channel.stream();
  expect(gateway.state('door')).toMatchObject({ state: 'online', destinations: [{ state: 'idle' }] });
  const began = gateway.clock.now();
  await gateway.service.triggerChannel('door');
  channel.all[0]!.connect();
  expect(gateway.state('door')).toMatchObject({
    state: 'online',
    event: { trigger: 'face', since: began, endsAt: began + 20_000 },
    events: 1,
  });
  await gateway.clock.advance(15_000);
  await gateway.service.triggerChannel('door', { type: 'human' });
  await gateway.clock.advance(19_999);
  expect(channel.metadata).toEqual([
    { type: 'streamStart', trigger: 'face', time: began },
    { type: 'triggerChange', from: 'face', to: 'human' },
  ]);
  await gateway.clock.advance(1);
  expect(channel.metadata.at(-1)).toEqual({ type: 'streamEnd', alarmDuration: 35_000, time: began + 35_000 });
  expect(gateway.state('door').event).toBeUndefined();
});

test('the borders of an event are not lost where the channel has no room for them at the moment', async () => {
  using gateway = await FakeGateway.start(EVENT);
  const channel = gateway.engine.channel('door');
  channel.stream();
  channel.isFull = true;
  await gateway.service.triggerChannel('door');
  await gateway.clock.advance(20_000);
  expect(channel.metadata).toEqual([]);
  channel.isFull = false;
  expect(channel.metadata.map(({ type }) => type)).toEqual(['streamStart', 'streamEnd']);
});

test('an event that goes on is recorded until it is told to be over, and no longer than the longest', async () => {
  using gateway = await FakeGateway.start(EVENT);
  const channel = gateway.engine.channel('door');
  channel.stream();
  await gateway.service.triggerChannel('door', { action: 'start' });
  await gateway.clock.advance(30_000);
  expect(gateway.state('door').event).toMatchObject({ endsAt: undefined });
  await gateway.service.triggerChannel('door', { action: 'stop' });
  await gateway.clock.advance(20_000);
  expect(channel.metadata.at(-1)).toMatchObject({ type: 'streamEnd', alarmDuration: 50_000 });
  await gateway.service.triggerChannel('door', { action: 'start' });
  await gateway.clock.advance(60_000);
  expect(channel.metadata.at(-1)).toMatchObject({ type: 'streamEnd', alarmDuration: 60_000 });
  await expect(gateway.service.triggerChannel('door', { action: 'stop' })).rejects.toMatchObject({
    reason: 'conflict',
  });
});

test('somebody else who has the name is told the third time in a row, and once', async () => {
  using gateway = await FakeGateway.start(TWO);
  const destination = gateway.engine.channel('gate').all[0]!;
  const told = () => gateway.service.events().filter(({ type }) => type === 'nameBusy');
  for (let attempt = 0; attempt < 2; attempt++) destination.disconnect('ERR_CLOUDPUSH_BUSY', 1000, 'busy');
  expect(told()).toEqual([]);
  for (let attempt = 0; attempt < 5; attempt++) destination.disconnect('ERR_CLOUDPUSH_BUSY', 1000, 'busy');
  expect(told()).toMatchObject([{ channel: 'gate', destination: 'cloud', level: 'error' }]);
});
