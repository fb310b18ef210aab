import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkSegmentElements } from './segment-elements.js';

const head = [0x1a, 0x45, 0xdf, 0xa3, 0x81, 0x01];
const segment = [0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const cluster = [0x1f, 0x43, 0xb6, 0x75];
const filler = Array<number>(16).fill(0xaa);

async function check(...bytes: number[][]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cloudpush-elements-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'film.mkv');
  await writeFile(path, Buffer.from(bytes.flat()));
  await checkSegmentElements(path);
}

test('elements that follow each other, with empty space between them', async () => {
  await check(
    head,
    segment,
    [...cluster, 0x82, 1, 2],
    [0xec, 0x41, 0x00, ...Array<number>(256).fill(0)],
    [...cluster, 0x90, ...filler],
  );
});

test('an element without a valid size is found: behind others, and behind damage', async () => {
  const good = [...cluster, 0x82, 1, 2];
  const bad = [...cluster, 0x00, ...filler];
  await expect(check(head, segment, good, bad)).rejects.toThrow('the element at byte 25 has no valid size');
  await expect(check(head, segment, good, filler, bad)).rejects.toThrow('the element at byte 41 has no');
  await expect(check(head, segment, Array<number>(70_000).fill(0), bad)).rejects.toThrow('byte 70018 has no');
});

test('bytes like those within an element, an unknown size, other files and cut ones pass', async () => {
  await check(head, segment, [...cluster, 0x95, ...cluster, 0x00, ...filler], [...cluster, 0x90, ...filler]);
  await check(head, segment, [...cluster, 0xff, ...filler]);
  await check(Array<number>(1000).fill(0x47));
  await check(head, segment.slice(0, 8));
  await check();
});
