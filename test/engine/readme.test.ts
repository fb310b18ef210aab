// The first program that a reader meets does what it says, as it stands on the page.

import { readFileSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AccessUnitSplitter } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';
import { expect, test, vi } from 'vitest';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** The first program in plain JavaScript on the page. */
const program = /^```js\n(.*?)^```$/ms.exec(readFileSync(pathOf('README.md'), 'utf8'))![1]!;
const clip = pathOf('packages/cloudpush/assets/clip.h264');

async function runProgram(url: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await using folder = await TempFolder.create();
  symlinkSync(pathOf('node_modules'), folder.file('node_modules'));
  const file = await folder.write('push.mjs', Buffer.from(program));
  return await run(process.execPath, [file, clip, url], { cwd: folder.path });
}

test('the first program of README runs as pasted, and every picture arrives', async () => {
  await using receiver = await RecordingReceiver.listen();
  const { code, stdout, stderr } = await runProgram(receiver.url('camera-1'));
  expect([code, stdout, stderr]).toEqual([0, 'sent to the end\n', '']);
  const splitter = new AccessUnitSplitter('h264');
  const pictures = [...splitter.push(await readFile(clip)), ...splitter.flush()];
  const stream = receiver.stream('camera-1');
  expect(stream.ended).toBe('cleanly');
  expect(samples(stream, MessageType.video)).toHaveLength(pictures.length);
});

test('the first program of README ends with the cause when nobody listens', async () => {
  const { code, stdout, stderr } = await runProgram('rtmp://127.0.0.1:9/live/camera-1');
  expect(code).toBe(1);
  expect(stdout + stderr).toContain('ERR_CLOUDPUSH_SOCKET_CONNECT');
});
