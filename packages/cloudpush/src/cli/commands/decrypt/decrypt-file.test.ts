import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlvWriter, TagType } from '@cloudpush/muxer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decryptFile } from './decrypt-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-decrypt-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);

/** A file of many tags that hold no media. */
async function writeTags(path: string, count: number): Promise<void> {
  const writer = new FlvWriter();
  const body = Buffer.alloc(100_000);
  const tag = writer.tag({ type: TagType.scriptData, timestamp: 0, parts: [body], size: body.length });
  await writeFile(path, Buffer.concat([writer.header(), ...Array<Uint8Array[]>(count).fill(tag).flat()]));
}

const options = { keys: ['k'], tolerant: false, force: false };

test('a long file is read in pieces, and each is told', async () => {
  await writeTags(file('in.flv'), 20);
  const seen: { done: number; size: number }[] = [];
  await decryptFile(file('in.flv'), file('out.flv'), {
    ...options,
    signal: new AbortController().signal,
    onProgress: (progress) => seen.push(progress),
  });
  const size = 13 + 20 * (11 + 100_000 + 4);
  expect(seen.length).toBe(Math.ceil(size / 0x4_0000) + 1);
  expect(seen.at(-1)).toEqual({ done: size, size });
});

test('a decryption that is interrupted leaves nothing behind, also in the place of another file', async () => {
  await writeTags(file('in.flv'), 20);
  await writeFile(file('out.flv'), 'something else');
  const controller = new AbortController();
  const filesMeanwhile: Promise<string[]>[] = [];
  const decryption = decryptFile(file('in.flv'), file('out.flv'), {
    ...options,
    force: true,
    signal: controller.signal,
    onProgress: ({ done }) => {
      filesMeanwhile.push(readdir(folder));
      if (done > 1_000_000) controller.abort();
    },
  });
  await expect(decryption).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  const [, meanwhile] = await Promise.all(filesMeanwhile);
  expect(meanwhile).toEqual(expect.arrayContaining([expect.stringMatching(/^out\.flv\.[0-9a-f]{8}\.part$/)]));
  expect((await readdir(folder)).sort()).toEqual(['in.flv', 'out.flv']);
});

test('a file that comes up under the name of the output meanwhile stays as it is', async () => {
  await writeTags(file('in.flv'), 20);
  const decryption = decryptFile(file('in.flv'), file('out.flv'), {
    ...options,
    signal: new AbortController().signal,
    onProgress: () => writeFileSync(file('out.flv'), 'something else'),
  });
  await expect(decryption).rejects.toThrow(
    /out\.flv: the output file was created by someone else meanwhile; --force/,
  );
  expect(await readFile(file('out.flv'), 'utf8')).toBe('something else');
  expect((await readdir(folder)).sort()).toEqual(['in.flv', 'out.flv']);
});

test('a link that leads nowhere is no place for the output', async () => {
  await writeTags(file('in.flv'), 1);
  await symlink(file('nowhere'), file('out.flv'));
  const { signal } = new AbortController();
  const decryption = decryptFile(file('in.flv'), file('out.flv'), {
    ...options,
    signal,
    onProgress: () => {},
  });
  await expect(decryption).rejects.toThrow(/out\.flv: this is a link that leads nowhere/);
});
