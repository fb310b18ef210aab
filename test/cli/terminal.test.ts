// Where a person watches, progress is one bar that is drawn over, and the terminal is left as it was found.

import { describe, expect, test } from 'vitest';
import { startOnTerminal } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { clip } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const SHOW_CURSOR = '\u001b[?25h';

describe.concurrent('on a terminal', { timeout: TIMEOUT_MS }, () => {
  test('a bar goes to 100 % on one line', async (context) => {
    requirePeers(context, 'script');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const args = ['push', clip.video, receiver.url('stream'), '--loop', '--duration', '1.2'];
    await using push = startOnTerminal(args);
    const { code } = await push.waitForExit(TIMEOUT_MS);
    expect(code).toBe(0);
    // Up to the summary's table there is one line of output, however often the bar was drawn.
    const [progress = ''] = push.stdout.split('┌');
    expect(progress.trim().split('\n')).toHaveLength(1);
    expect(progress).toMatch(/█+░* \d+% \| [^\r]*1\/1 channel/);
    expect(progress).toMatch(/█ 100% \| [^\r]* 30 frames/);
    expect(progress).toContain(SHOW_CURSOR);
  });

  test('an end by SIGINT leaves the cursor visible', async (context) => {
    requirePeers(context, 'script');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    await using push = startOnTerminal([
      'push',
      clip.video,
      receiver.url('stream'),
      '--loop',
      '--duration',
      '60',
    ]);
    await push.waitForOutput(/1\/1 channel \| \d{2,} frames/);
    // A terminal sends Ctrl-C to everything that runs in its foreground.
    push.type('\u0003');
    const { code } = await push.waitForExit(TIMEOUT_MS);
    expect(code).toBe(130);
    expect(push.stdout).toContain(SHOW_CURSOR);
    expect(await receiver.ended('stream')).toMatchObject({ clean: true });
  });
});
