// `cloudpush decrypt` as a user runs it, on a recording of ffmpeg that has been encrypted: what comes out is, byte by byte,
// what was there before.

import { readdir, readFile } from 'node:fs/promises';
import { FlvReader, FlvTag, FlvWriter, SampleEncryptor, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { cloudpush } from '../support/cloudpush.js';
import { fixture } from '../support/media.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;

function roleOf(type: TagType, [first, packetType]: Uint8Array): TagRole {
  if (type === TagType.scriptData) return TagRole.data;
  if (type === TagType.audio) return packetType === 0 ? TagRole.audioSequenceHeader : TagRole.audioFrame;
  if (packetType === 0) return TagRole.videoSequenceHeader;
  return first! >> 4 === 1 ? TagRole.keyFrame : TagRole.interFrame;
}

/** The file, with every frame encrypted. */
function encrypted(flv: Buffer, key: string): Buffer {
  const video = new SampleEncryptor('video');
  const audio = new SampleEncryptor('audio');
  for (const encryptor of [video, audio]) encryptor.configure({ mode: 'allFrames', key });
  const writer = new FlvWriter();
  const pieces = [writer.header()];
  for (const { type, timestamp, payload } of new FlvReader().push(flv)) {
    const tag = new FlvTag(type, roleOf(type, payload), timestamp, [payload], payload.length, 0);
    pieces.push(...writer.tag((type === TagType.audio ? audio : video).encrypt(tag, false)));
  }
  return Buffer.concat(pieces);
}

test('a recording is decrypted with a key from the environment', { timeout: TIMEOUT_MS }, async () => {
  await using folder = await TempFolder.create();
  const clear = await readFile(fixture('bframes.flv'));
  const input = await folder.write('encrypted.flv', encrypted(clear, 'vavakey'));
  const output = folder.file('clear.flv');
  const env = { ...process.env, CLOUDPUSH_KEY: 'vavakey' };
  const { code, stdout, stderr } = await cloudpush(['decrypt', input, output, '--json'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ decrypted: 145, clear: 0, withoutKey: 0, damaged: 0 });
  expect((await readFile(output)).equals(clear)).toBe(true);
});

test('without the right key there is exit code 1, one line, and no output', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using folder = await TempFolder.create();
  const input = await folder.write(
    'encrypted.flv',
    encrypted(await readFile(fixture('plain.flv')), 'vavakey'),
  );
  const args = ['decrypt', input, folder.file('clear.flv'), '--key', 'my secret'];
  const { code, stdout, stderr } = await cloudpush(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^cloudpush: \S+: no key fits an encrypted sample \(key check, [^\n]+\n$/);
  expect(stderr).not.toContain('secret');
  expect(await readdir(folder.path)).toEqual(['encrypted.flv']);
});
