// `cloudpush push` to several places at once, and to where a token server says.

import { ReferenceTokenServer } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { cloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { clip } from '../support/media.js';
import { TempFolder } from '../support/temp.js';

const INPUT = [clip.video, clip.audio];
const FAST = ['--as-fast-as-possible', '--json'];

describe.concurrent('push', { timeout: 60_000 }, () => {
  test('--also brings the whole stream to each URL', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const also = ['--also', receiver.url('b'), '--also', receiver.url('c')];
    const { code, stdout, stderr } = await cloudpush(['push', ...INPUT, receiver.url('a'), ...also, ...FAST]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      totals: { complete: 1, videoFrames: 3 * 80, audioFrames: 3 * 150 },
    });
    for (const name of ['a', 'b', 'c'])
      expect(await receiver.ended(name)).toMatchObject({
        clean: true,
        videoMessages: 81,
        audioMessages: 151,
      });
  });

  test('--device publishes where the token server says, and never shows the secret', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    await using tokens = await ReferenceTokenServer.listen({
      url: receiver.url('$streamname'),
      clients: new Map([['gateway', 's3cr3t-of-the-gateway']]),
    });
    const args = [
      '--token-server',
      tokens.url,
      '--device',
      'SN-{i}',
      '--client',
      'gateway',
      '--channels',
      '2',
    ];
    const env = { ...process.env, CLOUDPUSH_CLIENT_SECRET: 's3cr3t-of-the-gateway' };
    const { code, stdout, stderr } = await cloudpush(['push', ...INPUT, ...args, ...FAST, '--verbose'], {
      env,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).channels.map(({ url }: { url: string }) => url)).toEqual([
      'device SN-1',
      'device SN-2',
    ]);
    for (const name of ['SN-1', 'SN-2']) expect(await receiver.ended(name)).toMatchObject({ clean: true });
    expect(stdout + stderr).not.toContain('s3cr3t');
    const wrong = { ...process.env, CLOUDPUSH_CLIENT_SECRET: 'n0t-the-secret' };
    const refused = await cloudpush(['push', ...INPUT, ...args, ...FAST, '--verbose'], { env: wrong });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/the token server/i);
    expect(refused.stdout + refused.stderr).not.toMatch(/s3cr3t|n0t-the-secret/);
  });

  test.each([
    [['--device', 'SN'], /--device needs --token-server/],
    [['--token-server', 'http://127.0.0.1:1/x'], /--token-server and --client need --device/],
    [['--also', 'http://127.0.0.1/x', 'rtmp://127.0.0.1/live/a'], /--also needs a URL to push to/],
    [
      ['--device', 'SN', '--token-server', 'no url'],
      /--token-server needs a URL with http:\/\/ or https:\/\//,
    ],
  ])('%j is refused', async (args, said) => {
    const { code, stderr } = await cloudpush(['push', ...INPUT, ...args]);
    expect(stderr).toMatch(said);
    expect(code).toBe(2);
  });
});
