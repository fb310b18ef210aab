// The gateway as its users run it: a file, real servers, a reload in the middle, and an orderly end.

import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { expectSameFrames } from '../support/expect-track.js';
import { clip, fixture } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

vi.setConfig({ testTimeout: 120_000 });

const LOOPED = fixture('plain.flv');

test('what a file gives arrives whole at two servers, whatever is reloaded meanwhile, and the end is clean', async (context) => {
  requirePeers(context, 'nginx-rtmp', 'ffmpeg');
  await using folder = await TempFolder.create();
  // Long enough for everything that happens meanwhile: 16 s.
  const source = await folder.write('lobby.h264', Buffer.concat(Array(5).fill(await readFile(clip.video))));
  await using nginx = await NginxRtmp.start(folder.path);
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const path = folder.file('gateway.yaml');
  const text = `version: 1
log: { level: info }
channels:
  lobby:
    source: { file: ${source} }
    destinations: [ { name: a, url: "${nginx.url('lobby')}" }, { name: b, url: "${receiver.url('lobby')}" } ]
`;
  await writeFile(path, text);
  await using gateway = startCloudpush(['gateway', path]);
  await gateway.waitForOutput(/lobby is online/);
  await writeFile(path, text.replace('  lobby:', '  lobby:\n    labels: { floor: ground }'));
  await gateway.waitForOutput(/lobby is changed/);
  await writeFile(path, text.replace('destinations:', 'destination:'));
  await gateway.waitForOutput(/:6:5: channels\.lobby\.destination: unknown key.*did you mean destinations\?/);
  gateway.child.kill('SIGHUP');
  await gateway.waitForOutput(/lobby has come to its end/);
  expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  await expectSameFrames(await nginx.recording('lobby'), source, 'video');
  await expectSameFrames(await receiver.recording('lobby'), source, 'video');
  expect(gateway.stderr).not.toMatch(/connection lost|is lost/);
});

test('credentials stand neither in the list of processes nor in the log', async () => {
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const path = folder.file('gateway.yaml');
  await writeFile(
    path,
    `version: 1
log: { level: verbose }
channels:
  lobby:
    source: { file: ${LOOPED}, loop: true }
    destinations: [ "${receiver.url('lobby')}?token=hush1" ]
  gate:
    source: { url: "rtsp://127.0.0.1:9/1", username: viewer, password: hush2 }
    destinations: [ { url: "${receiver.url('gate')}", token: hush3 } ]
`,
  );
  await using gateway = startCloudpush(['gateway', path]);
  await gateway.waitForOutput(/lobby is online/);
  await gateway.waitForOutput(/the source of gate is lost/);
  expect(await readFile(`/proc/${gateway.child.pid}/cmdline`, 'utf8')).not.toContain('hush');
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  expect(gateway.stderr + gateway.stdout).not.toContain('hush');
});

test('a check tells all faults with their places, and exits with 2', async () => {
  await using folder = await TempFolder.create();
  const path = folder.file('gateway.yaml');
  await writeFile(path, 'version: 1\nchannels:\n  gate:\n    sorce: rtsp://c/1\n    audio: loud\n');
  const { code, stderr } = await cloudpush(['gateway', path, '--check']);
  expect(code).toBe(2);
  expect(stderr.match(/gateway\.yaml:\d+:\d+: channels\.gate\./g)).toHaveLength(4);
  await writeFile(path, 'version: 1\nchannels: {}\n');
  expect(await cloudpush(['gateway', path, '--check'])).toMatchObject({ code: 0 });
});

test('an address that is taken is named, with what to do, and ends the gateway with 1', async () => {
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const address = new URL(receiver.url('x')).host;
  const path = folder.file('gateway.yaml');
  await writeFile(path, `version: 1\napi: { listen: "${address}" }\nchannels: {}\n`);
  const { code, stderr } = await cloudpush(['gateway', path]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/EADDRINUSE.*: change api\.listen/);
  expect(stderr).not.toContain('internal error');
});

test('media that waits for a server out of reach is lost at the end, which is 1, unless the spool keeps it', async () => {
  await using folder = await TempFolder.create();
  const path = folder.file('gateway.yaml');
  const run = async (more: string, options: string) => {
    await writeFile(
      path,
      `version: 1
${more}
channels:
  lobby:
    source: { file: ${LOOPED}, loop: true }
    destinations: [ { name: cloud, url: "rtmp://127.0.0.1:9/live/lobby", reconnect: { initial: 1h, max: 1h }${options} } ]
`,
    );
    await using gateway = startCloudpush(['gateway', path]);
    await gateway.waitForOutput(/cloud: .*the next attempt is in/);
    await setTimeout(2000);
    const { code } = await gateway.stop();
    expect(gateway.stderr).not.toMatch(/refused:/);
    return { code, stderr: gateway.stderr };
  };
  const lost = await run('', '');
  expect(lost.stderr).toMatch(/cloud is closed before everything was sent: \d+ bytes were still queued/);
  expect(lost.stderr).toMatch(/gateway has ended; some of what was queued was not sent/);
  expect(lost.code).toBe(1);
  const kept = await run(
    `log: { level: info }\nspool: { folder: ${folder.file('spool')} }`,
    ', overflow: spool',
  );
  expect(kept.stderr).toMatch(/cloud is closed; what was not sent is kept on disk/);
  expect(kept.code).toBe(0);
});
