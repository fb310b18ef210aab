// The guide as a new user reads it: every line for the shell runs as it is written, in an environment with
// nothing but PATH and HOME, and every configuration runs; hosts and ports are those of this test.

import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { parseConfiguration } from '../../packages/cloudpush/dist/gateway/config/parse.js';
import { OnvifCamera } from '../../packages/cloudpush/dist/gateway/testing/onvif-camera.js';
import { ScriptedCamera } from '../engine/scripted-camera.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { streamFacts } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { GatewayProgram } from './support/gateway-program.js';
import { guideBlocks, guideConfigurations, guidePage } from './support/guide-text.js';

vi.setConfig({ testTimeout: 240_000 });

const PACKAGE = fileURLToPath(new URL('../../packages/cloudpush', import.meta.url));
const PASSWORD = 'the password of the camera';

/**
 * Lines that need what a test must not change, or that never end, each with the test that stands in for it.
 */
const ELSEWHERE = [
  // `installedIn` makes the files that it would leave behind.
  /^npm install --global cloudpush$/,
  // "every configuration of the guide runs" does.
  /^cloudpush gateway gateway\.yaml$/,
  // "systemd takes the unit" reads what they start.
  /^sudo systemctl (daemon-reload|enable --now cloudpush|reload cloudpush)$/,
  // "what the container file runs is in the package" follows its steps.
  /^podman (build|run) /,
];

/** A folder as `npm install --global cloudpush` leaves one behind, and an empty home. */
async function installedIn(folder: TempFolder): Promise<NodeJS.ProcessEnv> {
  const prefix = folder.file('prefix');
  for (const name of ['prefix/bin', 'prefix/lib/node_modules', 'home', 'work', 'etc/systemd/system']) {
    await mkdir(folder.file(name), { recursive: true });
  }
  await symlink(PACKAGE, `${prefix}/lib/node_modules/cloudpush`);
  await symlink(`${PACKAGE}/bin/cloudpush.js`, `${prefix}/bin/cloudpush`);
  await folder.write('home/.npmrc', Buffer.from(`prefix=${prefix}\n`));
  // A request that is answered with an error ends the script.
  await folder.write('home/.curlrc', Buffer.from('fail-with-body\nshow-error\n'));
  const path = `${prefix}/bin:${dirname(process.execPath)}:/usr/bin:/bin`;
  return { PATH: path, HOME: folder.file('home') };
}

/** A script of all lines of a page, with a folder in the place of /etc. */
async function scriptOf(page: string, folder: TempFolder, port: string): Promise<string> {
  const lines = (await guideBlocks(page, 'sh')).join('').split('\n');
  const kept = lines.filter((line) => !ELSEWHERE.some((pattern) => pattern.test(line)));
  expect(kept.length).toBeGreaterThan(5);
  return ['set -eu', 'sudo() { "$@"; }', ...kept]
    .join('\n')
    .replaceAll(' /etc/', ` ${folder.file('etc')}/`)
    .replaceAll('127.0.0.1:9997', `127.0.0.1:${port}`);
}

test('every line of the guide and of the API runs as it is written', async (context) => {
  requirePeers(context, 'curl', 'openssl', 'ffmpeg');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const env = await installedIn(folder);
  const [smallest] = await guideConfigurations();
  await folder.write('work/gateway.yaml', Buffer.from(smallest!));
  const channel = (name: string) =>
    `  ${name}: { source: { file: "${fixture('plain.flv')}", loop: true }, destinations: [ "${receiver.url(name)}" ]`;
  await using gateway = await GatewayProgram.start(
    folder,
    `version: 1
api: { listen: "127.0.0.1:0" }
channels:
${channel('gate')} }
${channel('door')}, mode: event, postRoll: 10m, triggers: [ { http: true } ] }
`,
  );
  const { port } = new URL(gateway.url);
  const sh = async (page: string, end: string) => {
    const script = `${await scriptOf(page, folder, port)}\n${end}`;
    const { code, stdout, stderr } = await run('sh', ['-c', script], {
      cwd: folder.file('work'),
      env,
      timeoutMs: 120_000,
    });
    expect([code, stderr], script).toEqual([0, '']);
    return stdout;
  };

  const guide = await sh('gateway.md', '');
  expect(guide).toMatch(/^\d+\.\d+\.\d+\ngateway\.yaml: valid, 1 channel\n/);
  expect(guide).toMatch(/cloudpush \d.* \| 2 online/);
  expect((await gateway.channel('door')).event).toMatchObject({ trigger: 'face' });
  expect(await readFile(folder.file('etc/cloudpush/environment'), 'utf8')).toBe(
    `GATE_PASSWORD="${PASSWORD}"\n`,
  );
  expect(await readFile(folder.file('etc/cloudpush/gateway.yaml'), 'utf8')).toBe(smallest);
  expect(await readFile(folder.file('etc/systemd/system/cloudpush.service'), 'utf8')).toContain(
    'Type=notify',
  );
  expect(await streamFacts(folder.file('work/no-signal.mp4'))).toEqual([
    expect.objectContaining({ codec_name: 'h264', width: 1280, height: 720 }),
    expect.objectContaining({ codec_name: 'aac' }),
  ]);

  await sh('api.md', '[ -n "$etag" ]');
  expect(await gateway.channel('gate')).toMatchObject({ state: 'disabled', labels: { site: 'north' } });
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});

test('every configuration of the guide is valid, and runs', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using camera = await ScriptedCamera.listen();
  await using onvif = await OnvifCamera.listen({ credentials: { username: 'viewer', password: PASSWORD } });
  for (const name of ['no-signal.mp4', 'lobby.mp4'])
    await copyFile(fixture('bframes-h265.mp4'), folder.file(name));
  for (const name of ['archive.ts', 'live.flv']) {
    const long = ['-stream_loop', '50', '-i', fixture('plain.flv')];
    expect(await run('ffmpeg', ['-v', 'error', ...long, '-c', 'copy', folder.file(name)])).toMatchObject({
      code: 0,
    });
  }
  await folder.write('token', Buffer.from('0123456789abcdef\n'));
  const configurations = await guideConfigurations();
  expect(configurations.length).toBeGreaterThan(5);
  const here = (written: string): string =>
    written
      .replaceAll('-i, "rtsp://camera-3.example/1"', `-re, -i, "${folder.file('live.flv')}"`)
      .replace(/rtsp:\/\/(viewer:[^@]*@)?camera-\d\.example\/[\w/]*/g, `${camera.url.replace(/\?.*/, '')}`)
      .replaceAll('http://camera-1.example/onvif/device_service', onvif.url)
      .replace(/^api: \{ listen: ":9997"/m, 'api: { listen: "127.0.0.1:0"');
  const alone: string[] = [];
  let channels = '';
  for (const [index, written] of configurations.entries()) {
    const check = parseConfiguration(written, folder.file('written.yaml'), { GATE_PASSWORD: PASSWORD });
    expect(check.faults, written).toEqual([]);
    const [, own] = /^version: 1\nchannels:\n((?: .*\n)+)$/.exec(written) ?? [];
    if (own === undefined) alone.push(written);
    // Those that have nothing but channels run together, on one gateway.
    else
      channels += own
        .replace(/^ {2}(\w+):$/gm, `  $1-${index}:`)
        .replaceAll('cloud.example/live/', `cloud.example/live/${index}-`);
  }
  const together = `version: 1\napi: { listen: "127.0.0.1:0" }\nchannels:\n${channels}`;
  const authorization = 'Bearer 0123456789abcdef';
  let count = 0;
  for (const written of [together, ...alone]) {
    const text = here(written).replaceAll('rtmp://cloud.example/live/', receiver.url(''));
    await using gateway = await GatewayProgram.start(folder, text, { GATE_PASSWORD: PASSWORD });
    const { json } = await gateway.ask('GET', '/v1/channels', { headers: { authorization } });
    for (const { name } of json.items) await gateway.waitForChannel(name, ({ state }) => state === 'online');
    count += json.items.length;
    expect(await gateway.stop()).toMatchObject({ code: 0 });
  }
  expect(count).toBeGreaterThan(configurations.length);
});

test('every JSON of the API is JSON', async () => {
  const texts = await guideBlocks('api.md', 'json');
  expect(texts.length).toBeGreaterThan(0);
  for (const text of texts) expect(JSON.parse(text)).toBeTypeOf('object');
});

test('every code of the table of troubles is one of the list of errors', async () => {
  const page = await guidePage('gateway.md');
  const codes = [...page.matchAll(/ERR_CLOUDPUSH_[A-Z_0-9]+/g)].map(([code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  const list = await readFile(
    fileURLToPath(new URL('../../packages/engine/docs/error-codes.md', import.meta.url)),
    'utf8',
  );
  expect(codes.filter((code) => !list.includes(`\`${code}\``))).toEqual([]);
});

test('systemd takes the unit as it is', async (context) => {
  requirePeers(context, 'systemd');
  await using folder = await TempFolder.create();
  const env = await installedIn(folder);
  const unit = await guidePage('examples/cloudpush.service');
  const verify = async (text: string) => {
    const path = await folder.write('cloudpush.service', Buffer.from(text));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], {
      encoding: 'utf8',
      env,
    });
    return { status, findings: stdout + stderr };
  };
  const installed = unit.replace('/usr/bin/cloudpush', folder.file('prefix/bin/cloudpush'));
  expect(await verify(installed)).toEqual({ status: 0, findings: '' });
  expect((await verify(installed.replace('WatchdogSec=30s', 'WatchdogSec=often'))).findings).toContain(
    'often',
  );
});

test('what the container file runs is in the package', async () => {
  await using folder = await TempFolder.create();
  const env = await installedIn(folder);
  const file = await guidePage('examples/Containerfile');
  expect(file).toMatch(/^RUN npm install --global --omit=dev cloudpush && /m);
  const words = ['ENTRYPOINT', 'CMD'].flatMap(
    (key) => JSON.parse(new RegExp(`^${key} (\\[.*\\])$`, 'm').exec(file)![1]!) as string[],
  );
  expect(words).toEqual(['cloudpush', 'gateway', '/etc/cloudpush/gateway.yaml']);
  const path = await folder.write('gateway.yaml', Buffer.from('version: 1\nchannels: {}\n'));
  const [command, ...args] = words.map((word) => (word.startsWith('/etc/') ? path : word));
  const { code, stderr } = await run('sh', ['-c', 'exec "$@"', 'sh', command!, ...args, '--check'], { env });
  expect([code, stderr]).toEqual([0, '']);
});
