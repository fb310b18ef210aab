// The examples of the engine, run as programs.

import { fileURLToPath } from 'node:url';
import { ReferenceTokenServer } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { run } from '../support/process.js';
import { RecordingReceiver } from './recording-receiver.js';
import { ScriptedCamera } from './scripted-camera.js';

const FILE = fileURLToPath(new URL('../fixtures/plain.h264', import.meta.url));
const VIDEO = 9;

function example(name: string, args: readonly string[], env: Record<string, string> = {}) {
  const path = new URL(`../../packages/engine/dist/examples/${name}.js`, import.meta.url);
  return run(process.execPath, [fileURLToPath(path), ...args], { env: { ...process.env, ...env } });
}

/** Pictures of a stream, without its sequence header. */
function picturesOf(receiver: RecordingReceiver, name: string): Uint8Array[] {
  const { messages } = receiver.stream(name);
  return messages
    .filter(({ type, payload }) => type === VIDEO && payload[1] === 1)
    .map(({ payload }) => payload);
}

test('writable-stream sends the whole file', async () => {
  await using receiver = await RecordingReceiver.listen();
  expect(await example('writable-stream', [FILE, receiver.url('web')])).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(picturesOf(receiver, 'web').length).toBeGreaterThan(40);
  expect(receiver.stream('web').ended).toBe('cleanly');
});

test('fan-out sends the same to every server', async () => {
  await using receiver = await RecordingReceiver.listen();
  const names = ['a', 'b', 'c'];
  const urls = names.map((name) => receiver.url(name));
  expect(await example('fan-out', [FILE, ...urls])).toMatchObject({ code: 0, stdout: 'sent to the end\n' });
  const [a, b, c] = names.map((name) => picturesOf(receiver, name));
  expect(a!.length).toBeGreaterThan(40);
  expect([b, c]).toEqual([a, a]);
});

test('segments makes two streams, each with all pictures', async () => {
  await using receiver = await RecordingReceiver.listen();
  const { code, stdout } = await example('segments', [FILE, receiver.url('s')]);
  expect([code, stdout.split('\n').filter((line) => line !== '').length]).toEqual([0, 2]);
  const [first, second] = receiver.streams('s');
  expect(first!.messages.length).toBeGreaterThan(40);
  expect(second!.messages.length).toBe(first!.messages.length);
});

test('encryption leaves no key frame readable, and all others', async () => {
  await using receiver = await RecordingReceiver.listen();
  await example('writable-stream', [FILE, receiver.url('clear')]);
  const { code } = await example('encryption', [FILE, receiver.url('secret')], {
    STREAM_KEY: 'a key of the test',
  });
  expect(code).toBe(0);
  const [clear, secret] = [picturesOf(receiver, 'clear'), picturesOf(receiver, 'secret')];
  expect(secret.length).toBe(clear.length);
  const isKey = (picture: Uint8Array) => picture[0]! >> 4 === 1;
  const same = secret.map((picture, i) => Buffer.compare(picture, clear[i]!) === 0);
  expect(same).toEqual(clear.map((picture) => !isKey(picture)));
});

test('tokens asks the token server where to push', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using server = await ReferenceTokenServer.listen({
    url: receiver.url('$streamname'),
    clients: new Map([['me', 'hush']]),
  });
  const env = { CLIENT_ID: 'me', CLIENT_SECRET: 'hush' };
  const { code, stdout, stderr } = await example('tokens', [server.url, 'SN-1', FILE], env);
  expect([code, stdout, stderr]).toEqual([0, 'sent to the end\n', '']);
  expect(receiver.all.map(({ ended }) => ended)).toEqual(['cleanly']);
});

test('camera plays an RTSP camera', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using camera = await ScriptedCamera.listen({});
  const { code, stdout } = await example('camera', [camera.url, receiver.url('cam'), '3']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('camera: h264')]);
  expect(picturesOf(receiver, 'cam').length).toBeGreaterThan(10);
});
