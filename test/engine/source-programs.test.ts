// Sources that are programs: commands whose output is read, and modules that run in the worker thread.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { inspect, promisify } from 'node:util';
import { PushEngine, type SourceLoss, type SourceOptions } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { expect, test, vi } from 'vitest';
import { clip, fixture } from '../support/media.js';
import { cameraPackets, expectedVideoMessage } from './camera.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const retry = { initialDelay: 50, maxDelay: 200 };

async function stage(source: SourceOptions) {
  const receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2, debugPool: true });
  const channel = engine.openChannel({ url: receiver.url('a'), source });
  return {
    engine,
    channel,
    get pictures() {
      return receiver.streams('a').flatMap((stream) => samples(stream, MessageType.video));
    },
    get sound() {
      return receiver.streams('a').flatMap((stream) => samples(stream, MessageType.audio));
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

/** A module whose text stands in its URL. */
const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

async function isRunning(mark: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
  return stdout.split('\n').some((line) => line.includes(mark) && !line.includes('ps -eo'));
}

test('what a command writes to its output arrives, and its end is the end of the source', async () => {
  await using one = await stage({ command: ['cat', fixture('plain.flv')], retry });
  await once(one.channel, 'sourceEnded');
  expect((await one.channel.close()).clean).toBe(true);
  expect(one.pictures).toHaveLength(50);
  expect(one.sound.length).toBeGreaterThan(80);
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
});

test('a raw stream of a command is read as the format says', async () => {
  await using one = await stage({ command: ['cat', clip.video], format: 'h264', frameRate: 25 });
  await once(one.channel, 'sourceConnected');
  await vi.waitUntil(() => one.pictures.length > 15, { timeout: 20_000 });
  await one.channel.close();
});

test('a command that fails is told with its last words, without secrets, and started again', async () => {
  const words = 'cannot open rtsp://viewer:hunter2@camera/1?token=abcdef123: 401';
  await using one = await stage({
    command: ['sh', '-c', `echo "${words}" >&2; exit 3`, 'rtsp://viewer:hunter2@camera/1?token=abcdef123'],
    retry,
  });
  const [first] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(first.error).toMatchObject({
    code: 'ERR_CLOUDPUSH_SOURCE_COMMAND',
    class: 'retryable',
    details: { exitCode: 3 },
  });
  expect(first.error.message).toMatch(/^the command sh ended with exit code 3: cannot open rtsp:.*401$/);
  expect(first.error.message).not.toMatch(/hunter2|abcdef123/);
  const [second] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(second.attempts).toBe(2);
});

test.each([
  ['a property of an element', ['location=rtsp://viewer:hunter2@camera/1?token=abcdef123']],
  ['a script', ['-c', 'play "rtsp://viewer:hunter2@camera/1?token=abcdef123" --loud']],
])('the secrets of a URL in %s are known wherever a command quotes them', async (_what, args) => {
  const script = 'echo "the camera refuses hunter2 and abcdef123" >&2; exit 3';
  await using one = await stage({ command: ['sh', '-c', script, ...args], retry });
  const [{ error }] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(error.message).toBe('the command sh ended with exit code 3: the camera refuses … and …');
});

test('the last words of a command do not begin within a secret', async () => {
  const url = `rtsp://viewer:${'x'.repeat(43)}hunter2@camera/1`;
  // Once the URLs are shortened, the first word of what is kept would be shown.
  const script = `i=0; while [ $i -lt 40 ]; do printf "%s " "${url}" >&2; i=$((i+1)); done; exit 3`;
  await using one = await stage({ command: ['sh', '-c', script], retry });
  const [{ error }] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(error.message).toContain('rtsp://…@camera/1');
  expect(error.message).not.toContain('unter2');
});

test('a program that is not there fails the source', async () => {
  await using one = await stage({ command: ['/nowhere/program'] });
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss).toMatchObject({ delay: Number.POSITIVE_INFINITY });
  expect(loss.error.message).toBe('the command program could not be started: there is no such program');
});

test('a command ends with its channel, and so does what it has started', async () => {
  const mark = `cloudpush-mark-${process.pid}`;
  await using one = await stage({
    command: ['sh', '-c', `cat ${fixture('plain.flv')}; sh -c "sleep 600; : ${mark}-child"; : ${mark}`],
  });
  await once(one.channel, 'sourceConnected');
  expect(await isRunning(mark)).toBe(true);
  await one.channel.close();
  await vi.waitFor(async () => expect(await isRunning(mark)).toBe(false), { timeout: 5000 });
});

test('a command that ignores the signal to end does not outlive its engine', async () => {
  const mark = `cloudpush-stubborn-${process.pid}`;
  const script = `trap "" TERM; cat ${fixture('plain.flv')}; while :; do sleep 1; : ${mark}; done`;
  await using one = await stage({ command: ['sh', '-c', script] });
  await once(one.channel, 'sourceConnected');
  expect(await isRunning(mark)).toBe(true);
  await one.engine.close();
  // Sooner than the second after which the source would have ended it.
  await vi.waitFor(async () => expect(await isRunning(mark)).toBe(false), { timeout: 800 });
  await setTimeout(1500);
  expect(await isRunning(mark)).toBe(false);
});

test('the example of a source module plays a file in the worker thread', async () => {
  const module = new URL('../../packages/engine/dist/examples/countdown-source.js', import.meta.url).href;
  await using one = await stage({ module, options: { file: clip.video, times: 1 } });
  const [{ tracks }] = await once(one.channel, 'sourceConnected');
  expect(tracks).toEqual({ video: { codec: 'h264' }, audio: undefined });
  await once(one.channel, 'sourceEnded');
  await one.channel.close();
  const sent = cameraPackets().filter(({ kind }) => kind === 'video');
  expect(one.pictures.map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(
    sent.map((packet) => expectedVideoMessage(packet).toString('hex')),
  );
  expect(one.engine.stats().poolBlocksInUse).toBe(0);
});

test('raw AAC with its configuration beside it goes out as it is', async () => {
  const module = moduleOf(`
    export function openSource() {
      const configuration = Uint8Array.of(0x12, 0x10);
      const data = Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c);
      function* packets() { for (let i = 0; i < 40; i++) yield { kind: 'audio', data, pts: 5000 + i * 23.2, configuration }; }
      return { audio: 'aac', packets: packets() };
    }`);
  await using one = await stage({ module });
  await once(one.channel, 'sourceEnded');
  await one.channel.close();
  expect(one.sound).toHaveLength(40);
  expect(Buffer.from(one.sound[0]!.payload).toString('hex')).toBe('af01211004608c1c');
});

test.each([
  ['that cannot be loaded', 'file:///nowhere/source.js', /cannot be loaded$/],
  ['without a source', moduleOf('export const other = 1;'), /exports no function openSource$/],
  [
    'that throws',
    moduleOf('export function openSource() { throw new Error("no lens"); }'),
    /failed: no lens$/,
  ],
  [
    'whose packets are none',
    moduleOf(
      'export const openSource = () => ({ video: "h264", packets: [{ kind: "video", data: "x", pts: 0 }] });',
    ),
    /failed: a packet has no data$/,
  ],
  [
    'of an unknown codec',
    moduleOf('export const openSource = () => ({ video: "mjpeg", packets: [] });'),
    /opened a source of video mjpeg and audio undefined; permitted: h264/,
  ],
])('a module %s is told', async (_what, module, message) => {
  await using one = await stage({ module, retry });
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss.error.code).toBe('ERR_CLOUDPUSH_SOURCE_MODULE');
  expect(loss.error.message).toMatch(message);
});

test('what a module throws is told without the secrets of a URL', async () => {
  const words = 'rtsp://viewer:hunter2@camera/1?token=abcdef123 is gone';
  const module = moduleOf(`export function openSource() { throw new Error(${JSON.stringify(words)}); }`);
  await using one = await stage({ module, retry });
  const [{ error }] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(error.message).toMatch(/failed: rtsp:.*camera.* is gone$/);
  expect(inspect(error, { depth: 10 })).not.toMatch(/hunter2|abcdef123/);
});

test('a live module that falls silent is given up, told so by its signal, and opened again', async () => {
  const module = moduleOf(`
    let opened = 0;
    export async function openSource({ options, signal }) {
      opened++;
      const data = Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c);
      async function* packets() {
        for (let i = 0; i < 5; i++) yield { kind: 'audio', data, pts: i * 23.2, configuration: Uint8Array.of(0x12, 0x10) };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      return { audio: 'aac', live: true, packets: packets() };
    }`);
  await using one = await stage({ module, timeout: 400, retry });
  const [loss] = (await once(one.channel, 'sourceLost')) as [SourceLoss];
  expect(loss.error.code).toBe('ERR_CLOUDPUSH_SOURCE_TIMEOUT');
  await once(one.channel, 'sourceConnected');
  expect(one.channel.stats().source).toMatchObject({ state: 'streaming', reconnects: 1 });
});
