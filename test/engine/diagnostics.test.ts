// The hooks of node:diagnostics_channel.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type DiagnosticEvents, PushEngine } from '@cloudpush/engine';
import { afterEach, expect, test, vi } from 'vitest';
import { fixture } from '../support/media.js';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const [picture] = cameraPackets();
const names: readonly (keyof DiagnosticEvents)[] = [
  'cloudpush:channel:open',
  'cloudpush:channel:connect',
  'cloudpush:channel:disconnect',
  'cloudpush:channel:pause',
  'cloudpush:channel:resume',
  'cloudpush:channel:problem',
  'cloudpush:channel:close',
  'cloudpush:source:connect',
  'cloudpush:source:lost',
  'cloudpush:source:stall',
  'cloudpush:source:warning',
  'cloudpush:source:end',
  'cloudpush:destination:close',
  'cloudpush:shard:died',
];
interface Heard {
  readonly name: keyof DiagnosticEvents;
  readonly event: object;
}

const stops: (() => void)[] = [];

/** Everything that all hooks say from now on. */
function listen(): Heard[] {
  const heard: Heard[] = [];
  for (const name of names) {
    const onEvent = (event: unknown): void => {
      heard.push({ name, event: event as object });
    };
    subscribe(name, onEvent);
    stops.push(() => unsubscribe(name, onEvent));
  }
  return heard;
}

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.restoreAllMocks();
});

test('tell of a source from its first loss to its end, without secrets', async () => {
  await using receiver = await RecordingReceiver.listen();
  const heard = listen();
  await using engine = await PushEngine.create({ maxConnections: 1 });
  const failing = [
    'sh',
    '-c',
    'echo "s3cret is wrong" >&2; exit 1',
    'rtsp://viewer:s3cret@camera/1',
  ] as const;
  const channel = engine.openChannel({ url: receiver.url('a'), source: { command: failing } });
  await once(channel, 'sourceLost');
  const silent = { command: ['sh', '-c', `cat ${fixture('plain.flv')}; sleep 600`], timeout: 4000 } as const;
  channel.setSource(silent);
  await once(channel, 'sourceStalled');
  channel.setSource({ command: ['cat', fixture('plain.flv')] });
  await once(channel, 'sourceEnded');
  await channel.close();
  const ofSource = heard.filter(({ name }) => name.startsWith('cloudpush:source:'));
  expect(ofSource.map(({ name }) => name.slice('cloudpush:source:'.length))).toEqual([
    'lost',
    'connect',
    'stall',
    'connect',
    'end',
  ]);
  for (const { event } of ofSource) expect(event).toMatchObject({ channel });
  expect(ofSource[0]!.event).toMatchObject({ error: { code: 'ERR_CLOUDPUSH_SOURCE_COMMAND' }, attempts: 1 });
  expect(ofSource[1]!.event).toMatchObject({ tracks: { video: { codec: 'h264' } } });
  expect(ofSource[2]!.event).toMatchObject({ kind: 'all', ms: expect.any(Number) });
  expect(inspect(heard, { depth: 10 })).not.toContain('s3cret');
});

test('tell of a channel from its opening to its end, without secrets', async () => {
  await using receiver = await RecordingReceiver.listen();
  const heard = listen();
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({
    url: `${receiver.url('a')}?key=s3cret`,
    connection: { token: 's3cret' },
    reconnect: { initialDelay: 10, maxDelay: 10 },
  });
  const [destination] = channel.destinations;
  await channel.connected();
  const problem = once(channel, 'problem');
  channel.sendVideo(new Uint8Array([1, 2, 3, 4]), { pts: 0 });
  await problem;
  await sendOne(channel, picture!);
  const again = once(channel, 'disconnect').then(() => once(channel, 'connect'));
  receiver.streams('a')[0]!.drop();
  await again;
  await channel.close();
  await setTimeout(0);
  expect(heard.map(({ name }) => name.slice('cloudpush:'.length))).toEqual([
    'channel:open',
    'channel:connect',
    'channel:problem',
    'channel:disconnect',
    'channel:connect',
    'destination:close',
    'channel:close',
  ]);
  for (const { event } of heard) expect(event).toMatchObject({ channel });
  expect(heard[1]!.event).toMatchObject({ destination, timings: { tcp: expect.any(Number) } });
  expect(heard[2]!.event).toMatchObject({ error: { code: 'ERR_CLOUDPUSH_VIDEO_NO_START_CODE' }, repeats: 0 });
  expect(heard[3]!.event).toMatchObject({ destination, delay: expect.any(Number) });
  expect(heard[6]!.event).toMatchObject({ clean: false });
  expect(inspect(heard, { depth: 10 })).not.toContain('s3cret');
  await closeEmpty(engine);
});

test('tell of pauses, and of a worker thread that dies', async () => {
  await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  const engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
  const [thread] = new Set(posted.mock.contexts as unknown as Worker[]);
  const channel = engine.openChannel({ url: receiver.url('a'), highWatermark: { bytes: 100_000 } });
  await channel.connected();
  const heard = listen();
  const paused = once(channel, 'pause');
  for (let pts = 0; channel.sendVideo(picture!.data, { pts }); pts += 40) await setTimeout(1);
  await paused;
  const closed = once(channel, 'close');
  await thread!.terminate();
  await closed;
  expect(heard[0]).toEqual({ name: 'cloudpush:channel:pause', event: { channel } });
  // The kernel may have taken so much meanwhile that the channel went on in between.
  expect(heard.find(({ name }) => name === 'cloudpush:shard:died')).toMatchObject({
    event: { error: { code: 'ERR_CLOUDPUSH_SHARD_DIED' }, channels: [channel] },
  });
  expect(heard.at(-1)).toMatchObject({ name: 'cloudpush:channel:close', event: { channel, clean: false } });
  await closeEmpty(engine);
});
