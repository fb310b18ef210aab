// A file that is not there when the gateway starts, and that is cut off when it comes.

import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { clip } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { GatewayProgram } from './support/gateway-program.js';

vi.setConfig({ testTimeout: 120_000 });

test('a file that is not there is waited for, and one that is cut off is told', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const channel = (name: string): string =>
    `  ${name}: { source: { file: ${name}.ts }, destinations: [ "${receiver.url(name)}" ] }\n`;
  const text = `version: 1
log: { level: info }
api: { listen: "127.0.0.1:0" }
channelDefaults: { sourceRetry: { initial: 100ms, max: 300ms } }
channels:
${channel('lobby')}${channel('yard')}`;
  await using gateway = await GatewayProgram.start(folder, text);
  const { source } = await gateway.waitForChannel('lobby', (state) => state.source.attempt > 2);
  expect(source).toMatchObject({ state: 'retrying', lastError: { code: 'ERR_CLOUDPUSH_SOURCE_UNREADABLE' } });
  expect(source.nextRetryAt).toBeGreaterThan(0);

  const whole = folder.file('whole.ts');
  const args = ['-v', 'error', '-r', '25', '-i', clip.video, '-c', 'copy', whole];
  expect(await run('ffmpeg', args)).toMatchObject({ code: 0 });
  await writeFile(folder.file('cut.ts'), (await readFile(whole)).subarray(0, -100));
  await copyFile(whole, folder.file('copy.ts'));
  await rename(folder.file('copy.ts'), folder.file('lobby.ts'));
  await rename(folder.file('cut.ts'), folder.file('yard.ts'));
  const lobby = await gateway.waitForChannel('lobby', (state) => state.source.state === 'ended');
  const yard = await gateway.waitForChannel('yard', (state) => state.source.state === 'ended');
  expect(lobby.source.warnings).toBeUndefined();
  expect(lobby.source.counters.videoFrames).toBe(clip.frames);
  expect(yard.source.warnings).toEqual([expect.stringContaining('the file is cut off')]);
  await gateway.program.waitForOutput(/the source of yard: .*yard\.ts: the file is cut off/);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});
