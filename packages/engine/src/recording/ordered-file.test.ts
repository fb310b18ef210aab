import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OrderedFile } from './ordered-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-file-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('bytes stand in the file in the order in which they came, and the patch where it belongs', async () => {
  const path = join(folder, 'order');
  const file = OrderedFile.create(path);
  const expected: Buffer[] = [];
  for (let i = 0; i < 500; i++) {
    const parts = [Buffer.from(`${i},`), Buffer.alloc(i % 7, i)];
    file.append(...parts);
    expected.push(...parts);
    if (i % 50 === 0) await new Promise(setImmediate);
  }
  await file.finish(Buffer.from('X'), 0);
  expected[0] = Buffer.from('X,');
  expect(await readFile(path)).toEqual(Buffer.concat(expected));
  expect(file.error).toBeUndefined();
});

test('more than the disk takes at once is written before append returns, and still in order', async () => {
  const path = join(folder, 'flood');
  const file = OrderedFile.create(path);
  const parts = Array.from({ length: 20 }, (_, i) => Buffer.alloc(1024 * 1024, i));
  for (const part of parts) file.append(part);
  // Without one turn of the event loop, most of it is on the disk already.
  expect(file.size - (await readFile(path)).length).toBeLessThanOrEqual(9 * 1024 * 1024);
  await file.finish(Buffer.of(0), 0);
  const written = await readFile(path);
  expect(written.length).toBe(20 * 1024 * 1024);
  expect(written.equals(Buffer.concat(parts))).toBe(true);
});

test('a file that is there is not touched', () => {
  expect(() => OrderedFile.create(folder)).toThrow(/EEXIST/);
});

test('a file that takes nothing is an error, and what comes later does no harm', async () => {
  const path = join(folder, 'read-only');
  await writeFile(path, '');
  const file = new OrderedFile(openSync(path, 'r'));
  file.append(Buffer.alloc(10));
  await new Promise((resolve) => setTimeout(resolve, 20));
  file.append(Buffer.alloc(10));
  await file.finish(Buffer.of(0), 0);
  expect(file.error).toMatchObject({ code: 'EBADF' });
});
