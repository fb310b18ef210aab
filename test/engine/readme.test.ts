// The programs that a reader meets first do what they say, as they stand on the page.

import { readFileSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AccessUnitSplitter } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';
import { transform } from 'esbuild';
import { expect, test, vi } from 'vitest';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const page = readFileSync(pathOf('README.md'), 'utf8');
const clip = {
  video: pathOf('packages/cloudpush/assets/clip.h264'),
  audio: pathOf('packages/cloudpush/assets/clip.aac'),
};

/** The first program in plain JavaScript on the page. */
const program = /^```js\n(.*?)^```$/ms.exec(page)![1]!;

/** The example that closes the engine with `await using`. */
const usingExample = /^```ts\n(await using .*?)^```$/ms.exec(page)![1]!;

/**
 * Names that the example takes for granted: the push URL, and a camera that sends pictures and sound in turn.
 */
const SURROUNDINGS = `
import { readFile } from 'node:fs/promises';
import { PushEngine } from '@cloudpush/engine';
import { AccessUnitSplitter, AdtsSplitter } from '@cloudpush/muxer';

const [video, audio, url] = process.argv.slice(2);

async function* packets() {
  const splitters = [new AccessUnitSplitter('h264'), new AdtsSplitter()];
  const [pictures, frames] = await Promise.all(
    [video, audio].map(async (file, i) => [...splitters[i].push(await readFile(file)), ...splitters[i].flush()]),
  );
  for (const [i, { data }] of frames.entries()) {
    const picture = pictures[i];
    if (picture !== undefined) yield { kind: 'video', data: picture.data, pts: i * 40 };
    yield { kind: 'audio', data, pts: (i * 1024) / 48 };
  }
}
const camera = packets();
`;

async function runProgram(source: string, ...args: string[]): ReturnType<typeof run> {
  await using folder = await TempFolder.create();
  symlinkSync(pathOf('node_modules'), folder.file('node_modules'));
  const file = await folder.write('push.mjs', Buffer.from(source));
  return await run(process.execPath, [file, ...args], { cwd: folder.path });
}

test('the first program of README runs as pasted, and every picture arrives', async () => {
  await using receiver = await RecordingReceiver.listen();
  const { code, stdout, stderr } = await runProgram(program, clip.video, receiver.url('camera-1'));
  expect([code, stdout, stderr]).toEqual([0, 'sent to the end\n', '']);
  const splitter = new AccessUnitSplitter('h264');
  const pictures = [...splitter.push(await readFile(clip.video)), ...splitter.flush()];
  const stream = receiver.stream('camera-1');
  expect(stream.ended).toBe('cleanly');
  expect(samples(stream, MessageType.video)).toHaveLength(pictures.length);
});

test('the first program of README ends with the cause when nobody listens', async () => {
  const { code, stdout, stderr } = await runProgram(program, clip.video, 'rtmp://127.0.0.1:9/live/camera-1');
  expect(code).toBe(1);
  expect(stdout + stderr).toContain('ERR_CLOUDPUSH_SOCKET_CONNECT');
});

test('the example of README with `await using` sends all, and closes its engine', async () => {
  await using receiver = await RecordingReceiver.listen();
  // Node.js knows the syntax from version 24 on only.
  const { code: compiled } = await transform(SURROUNDINGS + usingExample, { loader: 'ts', target: 'node20' });
  const url = receiver.url('camera-1');
  const { code, stdout, stderr } = await runProgram(compiled, clip.video, clip.audio, url);
  // It ends by itself, which it would not with its engine open.
  expect([code, stdout, stderr]).toEqual([0, '', '']);
  const stream = receiver.stream('camera-1');
  expect(stream.ended).toBe('cleanly');
  expect(samples(stream, MessageType.video)).toHaveLength(80);
  expect(samples(stream, MessageType.audio)).toHaveLength(150);
});
