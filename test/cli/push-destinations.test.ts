// Reports of `cloudpush push` on several destinations, and on servers that are not there, or not there yet.

import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { clip } from '../support/media.js';
import { freePort } from '../support/ports.js';
import { TempFolder } from '../support/temp.js';

const INPUT = [clip.video, clip.audio];
const FAST = ['--as-fast-as-possible', '--quiet'];

describe.concurrent('push', { timeout: 60_000 }, () => {
  test('the failure of a backup is the backup’s, in words and in JSON', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const backup = `rtmp://127.0.0.1:${await freePort()}/live/backup`;
    const args = ['push', ...INPUT, receiver.url('main'), '--also', backup, ...FAST];
    const { code, stdout, stderr } = await cloudpush([...args, '--json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^cloudpush: ${backup}: .*ECONNREFUSED`, 'm'));
    expect(stderr).not.toContain('live/main');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      channels: [
        {
          destinations: [
            { url: receiver.url('main'), complete: true, videoFrames: 80, audioFrames: 150, error: null },
            {
              url: backup,
              complete: false,
              connected: false,
              error: { code: 'ERR_CLOUDPUSH_SOCKET_CONNECT' },
            },
          ],
        },
      ],
    });
    const inWords = await cloudpush(args);
    expect(inWords.stdout).toMatch(/live\/main .* complete/);
    expect(inWords.stdout).toMatch(/live\/backup .* not connected/);
  });

  test('--reconnect to a server that is not there says why while it tries', async () => {
    const url = `rtmp://127.0.0.1:${await freePort()}/live/a?token=SECRET`;
    await using push = startCloudpush(['push', ...INPUT, url, '--reconnect', '--quiet']);
    await push.waitForOutput(
      /^cloudpush: rtmp:\/\/127\.0\.0\.1:\d+\/live\/a: not connected: .*ECONNREFUSED.*; trying again in \d/m,
    );
    await push.stop('SIGINT');
    expect(push.stdout + push.stderr).not.toContain('SECRET');
  });

  test('refused at first, everything delivered on a later try: exit code 0, and a word about it', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    // The first connections are closed, more than one attempt makes; those after them reach the receiver.
    let connections = 0;
    const proxy = createServer((socket: Socket) => {
      socket.on('error', () => socket.destroy());
      connections++;
      if (connections <= 4) {
        socket.destroy();
        return;
      }
      const server = connect(receiver.port, '127.0.0.1');
      server.on('error', () => socket.destroy());
      socket.pipe(server).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    const url = `rtmp://127.0.0.1:${port}/live/later`;
    const result = await cloudpush(['push', ...INPUT, url, ...FAST, '--reconnect', '--json']);
    proxy.close();
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(
      /live\/later: not connected at first \(\d+ times?: .*\); everything was delivered/,
    );
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: true,
      channels: [{ complete: true, destinations: [{ losses: 0, complete: true }] }],
    });
    expect(await receiver.ended('later')).toMatchObject({ clean: true, pictures: 80, audioFrames: 150 });
  });
});

test.each([[[]], [['--json']]])(
  'a number sign in a stream name is shown as it is published %j',
  async (options) => {
    await using server = await RecordingReceiver.listen();
    const url = `${server.url('cam#a')}?token=SECRET`;
    const args = ['push', ...INPUT, url, '--channels', '2', '--as-fast-as-possible', '-q', ...options];
    const { code, stdout, stderr } = await cloudpush(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = server.all.map(({ name }) => name.replace(/\?.*/, '')).sort();
    expect(names).toEqual(['cam#a-1', 'cam#a-2']);
    for (const name of names) expect(stdout).toContain(server.url(name));
    expect(stdout).not.toContain('SECRET');
    const lines = stdout.split('\n').filter((line) => line.startsWith('│'));
    expect(new Set(lines.map((line) => line.length)).size).toBeLessThanOrEqual(1);
  },
);
