import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeFolder } from './node-folder.js';

let path = '';
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'cloudpush-node-'));
});
afterEach(async () => await rm(path, { recursive: true }));

test('whoever has the folder finds the lease of the process before', async () => {
  const first = await NodeFolder.take(path);
  expect(first.predecessor).toBeUndefined();
  await first.keep('7587848');
  await expect(NodeFolder.take(path)).rejects.toThrow(`process ${process.pid} runs as the same node`);
  // As if the process had died, and its number were another's now.
  await writeFile(join(path, 'lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
  const second = await NodeFolder.take(path);
  expect(second.predecessor).toBe('7587848');
  expect(JSON.parse(await readFile(join(path, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
});

test('a process that left has nothing to be revoked', async () => {
  const first = await NodeFolder.take(path);
  await first.keep('7587848');
  await first.leave();
  expect((await NodeFolder.take(path)).predecessor).toBeUndefined();
});

test('a lease that is none is not revoked', async () => {
  await writeFile(join(path, 'lease'), '../../other');
  expect((await NodeFolder.take(path)).predecessor).toBeUndefined();
});

test.each(['', '{"pid":', 'null', '7', '{}'])("a lock that holds %s is nobody's", async (text) => {
  await writeFile(join(path, 'lock'), text);
  await NodeFolder.take(path);
  expect(JSON.parse(await readFile(join(path, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
});
