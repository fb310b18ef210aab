// A result that nobody gets is no success; notes that find no place stop nothing; recordings without a place
// are told of.

import { open, readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMAND, cloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { clip } from '../support/media.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
/** A disk that is always full. */
const FULL = '/dev/full';

describe.concurrent('on a full disk', { timeout: TIMEOUT_MS }, () => {
  test.for([
    ['receive', '--listen', '127.0.0.1:0', '--duration', '0.2'],
    ['receive', '--listen', '127.0.0.1:0', '--duration', '0.2', '--json'],
    ['demo', '--duration', '0.2', '--channels', '1', '--json', '--quiet'],
    ['push', '--help'],
  ])('a lost result is told in one line: %j', async (args) => {
    await using folder = await TempFolder.create();
    await using full = await open(FULL, 'w');
    const record = args[0] === 'demo' ? ['--record', folder.path] : [];
    const { code, stderr } = await cloudpush([...args, ...record], { stdio: ['ignore', full.fd, 'pipe'] });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'cloudpush: the result could not be written (ENOSPC)\n',
    });
  });

  test('push loses neither media for its notes, nor an error for its result', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    await using full = await open(FULL, 'w');
    const push = (name: string) => ['push', clip.video, receiver.url(name), '--duration', '2', '--json'];

    const noted = await cloudpush([...push('noted'), '--verbose'], { stdio: ['ignore', 'pipe', full.fd] });
    expect(noted.code).toBe(0);
    expect(JSON.parse(noted.stdout)).toMatchObject({ ok: true, totals: { videoFrames: 50 } });

    const lost = await cloudpush([...push('lost'), '--quiet'], { stdio: ['ignore', full.fd, 'pipe'] });
    expect(lost).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^cloudpush: [^\n]*ENOSPC[^\n]*\n$/),
    });
    expect(await receiver.ended('lost')).toMatchObject({ clean: true, videoMessages: 51 });
  });
});

describe.concurrent('a folder for recordings that cannot be had', { timeout: TIMEOUT_MS }, () => {
  test.for([
    { args: ['receive', '--listen', '127.0.0.1:0', '--duration', '1'], folder: '/proc/x', says: /ENOENT/ },
    { args: ['demo', '--duration', '1'], folder: '/proc/x', says: /ENOENT/ },
    { args: ['demo', '--duration', '1'], folder: clip.audio, says: /is a file, not a folder/ },
  ])('is told in one line: $args.0 $folder', async ({ args, folder, says }) => {
    const { code, stdout, stderr } = await cloudpush([...args, '--record', folder]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]+\n$/);
    expect(stderr).toMatch(says);
  });

  test('a disk that takes nothing leaves no empty recordings behind', async () => {
    await using folder = await TempFolder.create();
    const demo = `'${process.execPath}' '${COMMAND}' demo --channels 2 --duration 0.4 --json --quiet`;
    // Files of this process and of its receiver may have no bytes at all.
    const limited = `ulimit -f 0; exec ${demo} --record '${folder.file('recordings')}'`;
    const { code, stdout, stderr } = await run('bash', ['-c', limited]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { ok, channels } = JSON.parse(stdout) as { ok: boolean; channels: { problems: string[] }[] };
    expect(ok).toBe(false);
    expect(channels).toHaveLength(2);
    for (const { problems } of channels) {
      expect(problems.join('\n')).toMatch(/the receiver: the recording .* cannot be written \(EFBIG\)/);
    }
    expect(await readdir(folder.file('recordings'))).toEqual([]);
  });
});
