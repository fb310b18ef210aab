import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isCutStream } from './transport-packets.js';

const folder = mkdtempSync(join(tmpdir(), 'cloudpush-packets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of ten packets, so many bytes each, of which the last `missing` bytes are not there. */
function fileOf(stride: number, first: number, missing = 0): string {
  const bytes = new Uint8Array(10 * stride);
  for (let packet = 0; packet < 10; packet++) bytes[packet * stride + first] = 0x47;
  const path = join(folder, `${stride}-${missing}.ts`);
  writeFileSync(path, bytes.subarray(0, bytes.length - missing));
  return path;
}

test.each([
  [188, 0],
  [192, 4],
  [204, 0],
])('a file of packets of %i bytes is cut where its last one is not whole', async (stride, first) => {
  expect(await isCutStream(fileOf(stride, first))).toBe(false);
  for (const missing of [1, 100, stride - 1])
    expect(await isCutStream(fileOf(stride, first, missing))).toBe(true);
});

test('of a file without packets nothing is said', async () => {
  const path = join(folder, 'other');
  writeFileSync(path, new Uint8Array(1000));
  expect(await isCutStream(path)).toBe(false);
  writeFileSync(path, '');
  expect(await isCutStream(path)).toBe(false);
});
