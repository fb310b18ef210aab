// The sample program of the C SDK, ported line by line, against a token server and a receiver.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FlvDecryptor } from '@cloudpush/muxer';
import { decodeAmf0, MessageType } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { cameraPackets, expectedAudioMessage, expectedVideoMessage } from './camera.js';
import { samples } from './expectations.js';
import { type Arrived, RecordingReceiver } from './recording-receiver.js';
import { FaultyTokenServer } from './token-faults.js';

const program = fileURLToPath(
  new URL('../../packages/engine/dist/examples/sample-program.js', import.meta.url),
);
const packets = cameraPackets();
const video = packets.filter(({ kind }) => kind === 'video');
const audio = packets.filter(({ kind }) => kind === 'audio');

/** Past the clip's first key frame but one. */
const ENOUGH_PICTURES = 60;

test('the sample program runs: it connects by serial number, pushes encrypted, and ends its segment', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using tokens = await FaultyTokenServer.listen({ url: receiver.url('$streamname') });
  await using folder = await TempFolder.create();
  await using child = new ChildProgram(process.execPath, [program, tokens.url, 'SN-7', folder.file('log')]);
  await child.waitForOutput(/connection 1: connected/);
  await waitFor('some pictures', 30_000, () => {
    const arrived = samples(receiver.stream('SN-7'), MessageType.video);
    return arrived.length >= ENOUGH_PICTURES || undefined;
  });
  child.child.kill('SIGINT');
  expect(await child.waitForExit(30_000)).toEqual({ code: 0, signal: null });

  expect(child.stdout).toContain('<interface>2.0.0</interface>');
  const lines = child.stdout.split('\n').filter((line) => line.startsWith('connection'));
  expect(lines).toEqual([
    'connection 1: connected',
    'connection 1: the segment has been pushed',
    'connection 1: closed',
  ]);
  const stream = receiver.stream('SN-7');
  expect(stream.ended).toBe('cleanly');
  expect(tokens.find(new URLSearchParams(stream.query).get('token') ?? undefined)).toMatchObject({
    deviceSN: 'SN-7',
  });
  for (const log of [child.stderr, readFileSync(folder.file('log/cloudpush.1.log'), 'utf8')]) {
    expect(log).toContain('engine closed');
    expect(log).not.toContain('vavakey');
    // Its keyflag is 0 for the first key frame, then 1 for every picture: told once.
    expect(log.match(/ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT/g)).toHaveLength(1);
  }

  const told = stream.messages.filter(({ type }) => type === MessageType.dataAmf0);
  const names = told.map(({ payload }) => decodeAmf0(payload)[0]);
  expect(names.filter((name) => name !== '@setDataFrame').sort()).toEqual([
    'onEncryption',
    'onEncryption',
    'onStreamEnd',
    'onStreamStart',
  ]);

  const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
  const clear: Arrived[] = [];
  for (const { type, timestamp, payload } of stream.messages) {
    const tag = decryptor.decrypt({ type: type as 8 | 9 | 18, timestamp, payload });
    if (tag !== undefined) clear.push(tag);
  }
  const pictures = samples({ ...stream, messages: clear }, MessageType.video);
  const frames = samples({ ...stream, messages: clear }, MessageType.audio);
  const keyFrames = pictures.filter((_, i) => video[i % video.length]!.keyFrame).length;
  expect(decryptor.counts.decrypted).toBe(keyFrames + frames.length);
  for (const [i, { payload, timestamp }] of pictures.entries()) {
    expect(Buffer.compare(payload, expectedVideoMessage(video[i % video.length]!))).toBe(0);
    expect(timestamp).toBe(i * 30);
  }
  for (const [i, { payload }] of frames.entries())
    expect(Buffer.compare(payload, expectedAudioMessage(audio[i % audio.length]!))).toBe(0);
}, 60_000);
