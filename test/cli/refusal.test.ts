// Servers that say no: the command tells what they said in one line, and ends with exit code 1.

import { describe, expect, test } from 'vitest';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import { fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const TIMEOUT_MS = 120_000;

/** At the pace of the clock: there is media left to send when the server says no. */
async function expectRefusal(url: string): Promise<string> {
  const { code, stderr } = await cloudpush(['push', fixture('plain.h264'), url, '--quiet']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^cloudpush: rtmp:[^\n]+\n$/);
  return stderr;
}

describe.concurrent('nginx-rtmp refuses', { timeout: TIMEOUT_MS }, () => {
  // It grants the publisher first, and closes then.
  test('every publisher', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path, { application: 'deny publish all;' });
    await expectRefusal(server.url('stream'));
  });

  test('an application that it does not have', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    await expectRefusal(server.url('stream').replace('/live/', '/absent/'));
  });

  test('a picture that is larger than it takes', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path, { maxMessage: 2000 });
    await expectRefusal(server.url('stream'));
    expect(server.log).toContain('too big message');
  });

  test('a name that is taken, in its own words', async (context) => {
    requirePeers(context, 'nginx-rtmp');
    await using folder = await TempFolder.create();
    await using server = await NginxRtmp.start(folder.path);
    await using first = startCloudpush([
      'push',
      fixture('plain.h264'),
      server.url('stream'),
      '--loop',
      '--quiet',
    ]);
    await waitFor('the first publisher', 60_000, () => server.recordingSoFar('stream'));
    expect(await expectRefusal(server.url('stream'))).toMatch(
      /NetStream\.Publish\.BadName|Already publishing/,
    );
    expect(first.running).toBe(true);
  });
});
