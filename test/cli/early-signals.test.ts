// Signals that come while the program is still being loaded.

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { COMMAND } from '../support/cloudpush.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

vi.setConfig({ testTimeout: 120_000 });

/**
 * Sends signals to its own process as soon as somebody handles them, and tells whether the program was loaded
 * by then: it needs worker threads, and what is before it does not.
 */
const PRELOADED = (signals: readonly string[]) => `
const send = () => {
  if (process.listenerCount('SIGTERM') === 0) return setImmediate(send);
  process.stderr.write(\`loaded: \${process.moduleLoadList.includes('NativeModule worker_threads')}\\n\`);
  for (const name of ${JSON.stringify(signals)}) process.kill(process.pid, name);
};
send();
`;

async function runWithSignals(folder: TempFolder, signals: readonly string[], ...args: string[]) {
  const preload = folder.file('preload.mjs');
  await writeFile(preload, PRELOADED(signals));
  const { code, signal, stderr } = await run(process.execPath, ['--import', preload, COMMAND, ...args]);
  expect(stderr).toContain('loaded: false');
  return { code, signal, stderr };
}

test('a gateway that is told to end while it loads ends cleanly, without having begun', async () => {
  await using folder = await TempFolder.create();
  const path = await folder.write('gateway.yaml', Buffer.from('version: 1\nchannels: {}\n'));
  const end = await runWithSignals(folder, ['SIGTERM'], 'gateway', path);
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.stderr).not.toContain('gateway is running');
});

test('a hang-up means no end to a gateway that loads: it goes on to read its file', async () => {
  await using folder = await TempFolder.create();
  const path = await folder.write('gateway.yaml', Buffer.from('version: 1\nchannels: { a: 1 }\n'));
  // A file at fault shows that it was read.
  expect(await runWithSignals(folder, ['SIGHUP'], 'gateway', path)).toMatchObject({ code: 2, signal: null });
});

test.each([
  ['receive', ['--listen', '127.0.0.1:0'], 0],
  ['token-server', ['--url', 'rtmp://127.0.0.1:9/live/a', '--listen', '127.0.0.1:0'], 0],
  ['demo', [], 143],
] as const)('%s ends as it does for a signal that comes later', async (command, args, expected) => {
  await using folder = await TempFolder.create();
  expect(await runWithSignals(folder, ['SIGTERM'], command, ...args)).toMatchObject({ code: expected });
});

test('a second signal ends the program at once', async () => {
  await using folder = await TempFolder.create();
  const end = await runWithSignals(folder, ['SIGTERM', 'SIGINT'], 'receive', '--listen', '127.0.0.1:0');
  expect(end.code === null ? end.signal : end.code).toBe(130);
});
