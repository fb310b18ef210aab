import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRecordingFolder } from './recording-folder.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-folder-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('a folder is made with those that it lies in, and may be there already', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await makeRecordingFolder(path);
  await makeRecordingFolder(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test.each([
  ['file', /file is a file, not a folder for recordings$/],
  ['file/below', /cannot be made \(ENOTDIR\)$/],
])('%s is refused in one sentence', async (name, says) => {
  await expect(makeRecordingFolder(join(folder, name))).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_RECORDING_FAILED',
    message: expect.stringMatching(says),
  });
});

test.runIf(process.platform === 'linux')('where no folder can be made, that is said at once', async () => {
  await expect(makeRecordingFolder('/proc/recordings/a')).rejects.toThrow(/cannot be made \(ENOENT\)$/);
});
