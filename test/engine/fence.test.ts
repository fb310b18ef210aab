import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clip } from '../support/media.js';
import { ChildProgram } from '../support/process.js';
import { waitFor } from '../support/wait.js';
import { RecordingReceiver } from './recording-receiver.js';

const PUBLISHER = fileURLToPath(new URL('./support/leased-publisher.mjs', import.meta.url));
const TTL = 1500;

test('a process that was stopped past its lease sends nothing when it goes on, and resets its connections', async () => {
  await using receiver = await RecordingReceiver.listen();
  const urls = ['a', 'b', 'c'].map((name) => receiver.url(name));
  await using program = new ChildProgram(process.execPath, [PUBLISHER, String(TTL), clip.video, ...urls]);
  await waitFor(
    'media of all channels',
    30_000,
    () =>
      (receiver.all.length === 3 && receiver.all.every(({ messages }) => messages.length > 20)) || undefined,
  );
  // A pause shorter than the lease is nothing but a pause.
  program.child.kill('SIGSTOP');
  await sleep(TTL / 3);
  program.child.kill('SIGCONT');
  await sleep(TTL);
  expect(receiver.all.map(({ ended }) => ended)).toEqual([undefined, undefined, undefined]);

  program.child.kill('SIGSTOP');
  // Packets that it had handed to the kernel arrive meanwhile.
  await sleep(2 * TTL);
  const before = receiver.all.map(({ messages }) => messages.length);
  program.child.kill('SIGCONT');
  await waitFor(
    'the end of all streams',
    30_000,
    () => receiver.all.every(({ ended }) => ended !== undefined) || undefined,
  );
  expect(receiver.all.map(({ ended }) => ended)).toEqual(['broken', 'broken', 'broken']);
  expect(receiver.all.map(({ messages }) => messages.length)).toEqual(before);
  await program.waitForOutput(/"over"/);
  const lines = program.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const closed = lines.filter(({ event }) => event === 'closed');
  expect(closed.map(({ code }) => code)).toEqual(Array(3).fill('ERR_CLOUDPUSH_FENCED'));
  expect(lines.at(-1)).toEqual({ event: 'over', poolBlocksInUse: 0 });
  // None was made again.
  expect(receiver.all).toHaveLength(3);
});
