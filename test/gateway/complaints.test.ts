// The most frequent complaints about media gateways, each as a test of the program with real cameras and
// receivers.

import { readdir, readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { ScriptedCamera } from '../engine/scripted-camera.js';
import { cloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { frameHashes, packetTimes, streamFacts } from '../support/ffmpeg.js';
import { clip } from '../support/media.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { RtspCamera } from '../support/rtsp-camera.js';
import { TempFolder } from '../support/temp.js';
import { GatewayProgram } from './support/gateway-program.js';

vi.setConfig({ testTimeout: 120_000 });

const API = 'api: { listen: "127.0.0.1:0" }';
const LOOPBACK = '0100007F';
const isOnline = ({ state }: { state: string }): boolean => state === 'online';

test('changes made through the API outlive a gateway that is killed', async () => {
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using camera = await ScriptedCamera.listen();
  const text = `version: 1
${API}
channels:
  # the camera above the door
  door: { source: "${camera.url}", destinations: [ "${receiver.url('door')}" ] }
  gate: { source: "${camera.url}", destinations: [ "${receiver.url('gate')}" ] }
`;
  await using gateway = await GatewayProgram.start(folder, text);
  const yard = { source: camera.url, destinations: [receiver.url('yard')] };
  const answers = [
    await gateway.ask('POST', '/v1/channels', { body: { name: 'yard', configuration: yard } }),
    await gateway.patch('door', { labels: { site: 'north' } }),
    await gateway.ask('DELETE', '/v1/channels/gate'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 204]);
  gateway.program.child.kill('SIGKILL');
  await gateway.program.exited;

  await using again = await GatewayProgram.open(gateway.path);
  for (const name of ['door', 'yard']) await again.waitForChannel(name, isOnline);
  expect((await again.channel('door')).labels).toEqual({ site: 'north' });
  expect((await again.ask('GET', '/v1/channels/gate')).status).toBe(404);
  expect(await readFile(again.path, 'utf8')).toContain('# the camera above the door');
  expect(await again.stop()).toMatchObject({ code: 0 });
});

test('whatever is done to a channel, another one sends each of its pictures on one connection', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using camera = await ScriptedCamera.listen();
  const channel = (name: string, source: string) =>
    `  ${name}: { source: ${source}, destinations: [ { name: cloud, url: "${receiver.url(name)}" } ] }\n`;
  const lobby = channel('lobby', `{ file: "${clip.video}", loop: true }`);
  const text = `version: 1\n${API}\nchannels:\n${lobby}${channel('yard', `"${camera.url}"`)}`;
  await using gateway = await GatewayProgram.start(folder, text);
  for (const name of ['lobby', 'yard']) await gateway.waitForChannel(name, isOnline);
  await gateway.patch('yard', { labels: { site: 'north' } });
  await gateway.patch('yard', { audio: 'none', sourceTimeout: '3s' });
  await gateway.patch('yard', { destinations: [{ name: 'cloud', url: receiver.url('yard-2') }] });
  await receiver.published('yard-2');
  await gateway.patch('yard', { hevc: 'legacy' });
  await gateway.waitForChannel('yard', isOnline);
  for (const action of ['stop', 'start', 'restart']) await gateway.ask('POST', `/v1/channels/yard/${action}`);
  await gateway.waitForChannel('yard', isOnline);
  expect((await gateway.ask('DELETE', '/v1/channels/yard')).status).toBe(204);

  const { source, destinations } = await gateway.waitForChannel(
    'lobby',
    ({ destinations: [cloud] }) => cloud!.counters.videoFrames > 2 * clip.frames,
  );
  expect(source.counters.reconnects).toBe(0);
  expect(destinations[0]!.counters).toMatchObject({ reconnects: 0, moves: 0, droppedPictures: 0 });
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  expect(receiver.events().filter(({ event, name }) => event === 'publish' && name === 'lobby')).toHaveLength(
    1,
  );
  const times = (await packetTimes(await receiver.recording('lobby'), 'video')).map(({ dts }) => dts);
  expect(times.length).toBeGreaterThan(2 * clip.frames);
  expect(new Set(times.slice(1).map((time, index) => time - times[index]!))).toEqual(new Set([40]));
});

test.each([
  ['is connected and silent', 'frozen', 'nothing has come'],
  ['sends sound and no pictures', 'blind', 'no picture has come'],
] as const)(
  'a camera that %s is told, given up and connected again, and the server notices nothing',
  async (_, fault, words) => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    await using camera = await ScriptedCamera.listen({ audio: true });
    await using other = await ScriptedCamera.listen();
    const text = `version: 1
log: { level: info }
${API}
channelDefaults: { sourceTimeout: 1s, videoTimeout: 1s, sourceRetry: { initial: 100ms, max: 300ms } }
channels:
  gate: { source: "${camera.url}", destinations: [ "${receiver.url('gate')}" ] }
  door: { source: "${other.url}", destinations: [ "${receiver.url('door')}" ] }
`;
    await using gateway = await GatewayProgram.start(folder, text);
    for (const name of ['gate', 'door']) await gateway.waitForChannel(name, isOnline);
    camera[fault] = true;
    await gateway.program.waitForOutput(new RegExp(`${words} from the source of gate`));
    const { source, destinations } = await gateway.waitForChannel(
      'gate',
      (state) => state.source.lastError !== undefined,
    );
    expect(source.lastError!.code).toBe('ERR_CLOUDPUSH_SOURCE_TIMEOUT');
    expect(destinations[0]!.state).toBe('publishing');
    camera[fault] = false;
    await gateway.waitForChannel('gate', (state) => isOnline(state) && state.source.counters.reconnects > 0);
    expect((await gateway.channel('door')).source.counters.reconnects).toBe(0);
    expect(await gateway.stop()).toMatchObject({ code: 0 });
    expect(receiver.events().filter(({ event }) => event === 'publish')).toHaveLength(2);
    expect(await receiver.ended('gate')).toMatchObject({ clean: true });
  },
);

test('G.711 of a foreign camera, of either law, comes through two servers as it was sent', async (context) => {
  requirePeers(context, 'ffmpeg', 'nginx-rtmp', 'gst-rtsp-server');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using nginx = await NginxRtmp.start(folder.path);
  await using camera = await RtspCamera.start();
  const channel = (name: string, mount: string) =>
    `  ${name}: { source: "${camera.url(mount)}", destinations: [ "${receiver.url(name)}", "${nginx.url(name)}" ] }\n`;
  const channels = channel('mulaw', 'live264') + channel('alaw', 'live264a');
  await using gateway = await GatewayProgram.start(folder, `version: 1\n${API}\nchannels:\n${channels}`);
  for (const name of ['mulaw', 'alaw']) {
    await gateway.waitForChannel(name, ({ destinations }) =>
      destinations.every(({ counters }) => counters.audioFrames > 50 && counters.videoFrames > 25),
    );
  }
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  for (const name of ['mulaw', 'alaw']) {
    for (const recording of [await receiver.recording(name), await nginx.recording(name)]) {
      expect(await streamFacts(recording)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ codec_name: 'h264' }),
          expect.objectContaining({ codec_name: `pcm_${name}`, sample_rate: '8000', channels: 1 }),
        ]),
      );
      // A tone: each block decodes to something else.
      expect(new Set(await frameHashes(recording, 'audio')).size).toBeGreaterThan(20);
    }
  }
});

test('a server that wants a sound track gets silence that goes along with the pictures', async (context) => {
  requirePeers(context, 'ffmpeg', 'nginx-rtmp');
  await using folder = await TempFolder.create();
  await using nginx = await NginxRtmp.start(folder.path);
  await using camera = await ScriptedCamera.listen();
  const text = `version: 1
${API}
channels:
  mute: { audio: silence, source: "${camera.url}", destinations: [ "${nginx.url('mute')}" ] }
`;
  await using gateway = await GatewayProgram.start(folder, text);
  await gateway.waitForChannel('mute', ({ destinations }) => destinations[0]!.counters.videoFrames > 50);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  const recording = await nginx.recording('mute');
  expect(await streamFacts(recording)).toContainEqual(expect.objectContaining({ codec_name: 'aac' }));
  const [video, audio] = [await packetTimes(recording, 'video'), await packetTimes(recording, 'audio')];
  expect(Math.abs(video.at(-1)!.dts - audio.at(-1)!.dts)).toBeLessThan(100);
  expect((await frameHashes(recording, 'audio')).length).toBeGreaterThanOrEqual(audio.length - 2);
});

test('no process has a credential in its arguments, whichever way it was given', async () => {
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using camera = await ScriptedCamera.listen({ password: 'hush-in-the-environment' });
  await folder.write('token', Buffer.from('hush-in-a-file-of-its-own\n'));
  const withUser = camera.url.replace('://', `://viewer:\${CAMERA_PASSWORD}@`);
  const text = `version: 1
api: { listen: "127.0.0.1:0", tokenFile: token }
channels:
  gate:
    source: "${withUser}"
    destinations: [ { url: "${receiver.url('gate')}?key=hush-in-a-query", token: hush-in-plain } ]
`;
  await using gateway = await GatewayProgram.start(folder, text, {
    CAMERA_PASSWORD: 'hush-in-the-environment',
  });
  await receiver.published('gate');
  const top = cloudpush(['top', '--url', gateway.url, '--token-file', folder.file('token'), '--once']);
  const seen = new Set<string>();
  let isOver = false;
  const watched = top.finally(() => {
    isOver = true;
  });
  while (!isOver) for (const line of await commandLines()) seen.add(line);
  expect((await watched).stdout).toContain('1 online');
  const ours = [...seen].filter((line) => line.includes('cloudpush.js'));
  expect(ours.some((line) => line.includes(gateway.path))).toBe(true);
  expect(ours.some((line) => line.includes('--token-file'))).toBe(true);
  expect([...seen].filter((line) => line.includes('hush-in'))).toEqual([]);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  expect(gateway.program.stderr + gateway.program.stdout).not.toContain('hush-in');
});

/** Arguments of every process, as `ps` shows them. */
async function commandLines(): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const texts = processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(texts)).map((text) => text.replaceAll('\0', ' '));
}

test.each([
  ['api: { listen: "0.0.0.0:0" }', 'api.listen'],
  ['api: { listen: ":0" }', 'api.listen'],
  ['api: { listen: "[::]:0" }', 'api.listen'],
  ['metrics: { listen: "0.0.0.0:0" }', 'metrics.listen'],
])('%s without a token does not start, and the way out is told', async (line, key) => {
  await using folder = await TempFolder.create();
  const path = await folder.write('gateway.yaml', Buffer.from(`version: 1\n${line}\nchannels: {}\n`));
  const { code, stderr } = await cloudpush(['gateway', path]);
  expect(code).toBe(2);
  expect(stderr).toMatch(new RegExp(`gateway\\.yaml:2:\\d+: ${key.replace('.', '\\.')}: .*no token`));
  expect(stderr).toMatch(/api\.token|give token or tokenFile/);
  expect(stderr).not.toContain('gateway is running');
});

test('without a key for it nothing listens, without a token the machine itself alone is served, with one whoever shows it', async () => {
  await using folder = await TempFolder.create();
  const token = 'hush-hush-hush-hush';
  const text = (more: string) => `version: 1\n${more}\nchannels: {}\n`;
  {
    await using gateway = await GatewayProgram.start(folder, text(''));
    expect(await gateway.listeningAddresses()).toEqual([]);
  }
  {
    await using gateway = await GatewayProgram.start(
      folder,
      text(`${API}\nmetrics: { listen: "127.0.0.1:0" }`),
    );
    expect(await gateway.listeningAddresses()).toEqual([LOOPBACK, LOOPBACK]);
    expect((await gateway.ask('GET', '/v1/info')).status).toBe(200);
  }
  await using gateway = await GatewayProgram.start(
    folder,
    text(`api: { listen: "0.0.0.0:0", token: ${token} }`),
  );
  expect(await gateway.listeningAddresses()).toEqual(['00000000']);
  const statuses = async () => [
    (await gateway.ask('GET', '/v1/info')).status,
    (await gateway.ask('GET', '/v1/info', { headers: { authorization: `Bearer ${token}` } })).status,
  ];
  expect(await statuses()).toEqual([401, 200]);
});
