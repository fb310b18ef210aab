// `cloudpush decrypt` as a user runs it, on a recording of ffmpeg that has been encrypted: what comes out is,
// byte by byte, what was there before.

import { readdir, readFile } from 'node:fs/promises';
import { FlvReader, FlvTag, FlvWriter, SampleEncryptor, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { encode } from '../muxer/probe.js';
import { cloudpush } from '../support/cloudpush.js';
import { frameHashes } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
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

test('a recording that went through MPEG-TS and lost its SEI is decrypted', {
  timeout: TIMEOUT_MS,
}, async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  const clear = await readFile(fixture('bframes.flv'));
  const source = await folder.write('encrypted.flv', encrypted(clear, 'vavakey'));
  const [segment, input, output] = [
    folder.file('remuxed.ts'),
    folder.file('back.flv'),
    folder.file('clear.flv'),
  ];
  await encode(['-i', source, '-c', 'copy', '-bsf:v', 'filter_units=remove_types=6|9', segment]);
  await encode(['-i', segment, '-c', 'copy', input]);
  const { code, stdout } = await cloudpush(['decrypt', input, output, '--key', 'vavakey', '--json']);
  expect(code).toBe(0);
  const counts = { decrypted: 145, clear: 0, withoutKey: 0, damaged: 0, unmarked: 0, failures: [] };
  expect(JSON.parse(stdout)).toMatchObject(counts);
  expect(await frameHashes(output, 'video')).toEqual(await frameHashes(fixture('bframes.flv'), 'video'));
});

test('a picture that lost its marker is told with its place, and the exit code is 1', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using folder = await TempFolder.create();
  const file = encrypted(await readFile(fixture('bframes.flv')), 'vavakey');
  const marker = Buffer.from('c0b5f561dba99ae4', 'hex');
  // The third of the pictures.
  let at = -1;
  for (let i = 0; i < 3; i++) at = file.indexOf(marker, at + 1);
  file[at] = 0x55;
  const input = await folder.write('encrypted.flv', file);
  const { code, stderr } = await cloudpush(['decrypt', input, folder.file('clear.flv'), '--key', 'vavakey']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /: 1 sample of video at 0\.080 s, byte [\d,]+: the marker is lost or damaged: --tol/,
  );
  expect(await readdir(folder.path)).toEqual(['encrypted.flv']);
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
