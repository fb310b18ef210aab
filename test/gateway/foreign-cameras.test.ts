// GStreamer's cameras, through the gateway to nginx-rtmp and our receiver: whole pictures, sound in step,
// losses counted.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ChannelState } from '../../packages/cloudpush/dist/gateway/state.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { type TimedFrame, timedFrames } from '../support/ffmpeg.js';
import { NginxRtmp } from '../support/nginx.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { RtspCamera } from '../support/rtsp-camera.js';
import { TempFolder } from '../support/temp.js';
import { makeCertificate } from '../transport/support/certificate.js';
import { GatewayProgram } from './support/gateway-program.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const PEERS = ['nginx-rtmp', 'gst-rtsp-server', 'ffmpeg', 'openssl'] as const;
const FRAME_MS = 40;
const TRANSPORTS = ['tcp', 'udp'] as const;
/** Their losses are the simulator's: over TCP, the way to the gateway adds none. */
const IMPAIRED = ['lossy264', 'shuffled264', 'doubled264'] as const;

const resources: AsyncDisposable[] = [];
let nginx: NginxRtmp;
let receiver: CloudpushReceiver;
let camera: RtspCamera;
/** Of each channel, once its camera had played its file. */
const states = new Map<string, ChannelState>();
let metrics: string;
/** With a password, over TLS. */
let guarded: RtspCamera;
let fingerprint: string;
/** Of a live camera: frozen, back, and killed. */
const story: ChannelState[] = [];
/** Pictures of the file that all cameras play. */
let whole: readonly TimedFrame[];

const isLost = ({ source }: ChannelState): boolean => source.state === 'retrying';
const isBack = ({ state, source }: ChannelState): boolean =>
  state === 'online' && source.counters.reconnects > 0;
const STORY = [
  ['SIGSTOP', isLost],
  ['SIGCONT', isBack],
  ['SIGKILL', isLost],
] as const;

/** All channels play at a time, once. */
beforeAll(async () => {
  if (!PEERS.every(isPeerPresent)) return;
  const folder = await TempFolder.create();
  resources.push(folder);
  const certificate = makeCertificate('DNS:camera.example');
  fingerprint = certificate.fingerprint;
  [nginx, receiver, camera, guarded] = await Promise.all([
    NginxRtmp.start(folder.path),
    CloudpushReceiver.start(folder.file('recordings')),
    RtspCamera.start(),
    RtspCamera.start({ auth: ['digest', 'viewer', 'open sesame'], tls: certificate }),
  ]);
  resources.push(nginx, receiver, camera, guarded);
  const port = await freePort();
  const gateway = await GatewayProgram.start(folder, configuration(port));
  resources.push(gateway);
  const names = [...TRANSPORTS, 'tls', ...IMPAIRED, 'wrong'];
  await Promise.all(
    names.map(async (name) => {
      states.set(name, await gateway.waitForChannel(name, ({ source }) => source.lastError !== undefined));
    }),
  );
  await gateway.waitForChannel('live', ({ state }) => state === 'online');
  for (const [signal, isWanted] of STORY) {
    guarded.signal(signal);
    story.push(await gateway.waitForChannel('live', isWanted));
    guarded.signal('SIGCONT');
  }
  metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  whole = (await timedFrames(camera.file('clip'))).video;
});
afterAll(async () => {
  for (const resource of resources.reverse()) await resource[Symbol.asyncDispose]();
});

function configuration(metricsPort: number): string {
  const channel = (name: string, mount: string, transport: string, urls: readonly string[]): string =>
    `  ${name}: { source: "${camera.url(mount)}", rtspTransport: ${transport}, destinations: [ ${urls.map((url) => `"${url}"`).join(', ')} ] }`;
  return [
    'version: 1',
    'api: { listen: "127.0.0.1:0" }',
    `metrics: { listen: "127.0.0.1:${metricsPort}" }`,
    'channelDefaults: { sourceRetry: { initial: 1h, max: 1h } }',
    'channels:',
    ...TRANSPORTS.map((name) => channel(name, 'h264', name, [nginx.url(name), receiver.url(name)])),
    guardedChannel('tls', 'open sesame', 'h264', ''),
    guardedChannel('wrong', 'open', 'h264', ''),
    guardedChannel(
      'live',
      'open sesame',
      'live264',
      'sourceTimeout: 2s, sourceRetry: { initial: 200ms, max: 1s },',
    ),
    ...IMPAIRED.map((mount) => channel(mount, mount, 'tcp', [receiver.url(mount)])),
    '',
  ].join('\n');
}

function guardedChannel(name: string, password: string, mount: string, more: string): string {
  const source = `{ url: "${guarded.url(mount)}", username: viewer, password: "${password}", fingerprint: "${fingerprint}" }`;
  return `  ${name}: { source: ${source}, ${more} destinations: [ "${nginx.url(name)}", "${receiver.url(name)}" ] }`;
}

for (const name of [...TRANSPORTS, 'tls']) {
  test(`all pictures of a camera over ${name} arrive at nginx and at our receiver, with the sound within 10 ms`, async (context) => {
    requirePeers(context, ...PEERS);
    expect(states.get(name)!.source.counters).toMatchObject({ rtpLost: 0, damagedPictures: 0 });
    for (const recording of [await nginx.recording(name), await receiver.recording(name)]) {
      const { video, audio } = await timedFrames(recording);
      expect(video.map(({ hash }) => hash)).toEqual(whole.map(({ hash }) => hash));
      expect(Math.abs(audio[0]!.pts - video[0]!.pts)).toBeLessThanOrEqual(10);
    }
  });
}

/**
 * Expects that each picture sent is one of the file's, at its time. @returns how many have been left out
 * since the first
 */
async function expectWholePictures(mount: string): Promise<number> {
  const { video } = await timedFrames(await receiver.recording(mount));
  expect(video).toHaveLength(states.get(mount)!.source.counters.videoFrames);
  const first = whole.findIndex(({ hash }) => hash === video[0]!.hash);
  const place = ({ pts }: TimedFrame): number => first + Math.round((pts - video[0]!.pts) / FRAME_MS);
  expect(video.map(({ hash }) => hash)).toEqual(video.map((frame) => whole[place(frame)]?.hash));
  return whole.length - first - video.length;
}

test('losses of a camera are counted exactly, and no damaged picture is sent', async (context) => {
  requirePeers(context, ...PEERS);
  const { counters } = states.get('lossy264')!.source;
  const { lost } = await camera.impairment('lossy264');
  expect(lost).toBeGreaterThan(0);
  expect(counters).toMatchObject({ rtpLost: lost, rtpDuplicates: 0 });
  expect(metrics).toContain(`cloudpush_source_rtp_lost_total{channel="lossy264"} ${lost}\n`);
  expect(counters.damagedPictures).toBeGreaterThan(0);
  await expectWholePictures('lossy264');
});

test('packets that come twice are counted exactly, and cost nothing', async (context) => {
  requirePeers(context, ...PEERS);
  const { counters } = states.get('doubled264')!.source;
  const { doubled } = await camera.impairment('doubled264');
  expect(doubled).toBeGreaterThan(0);
  expect(counters).toMatchObject({ rtpLost: 0, rtpDuplicates: doubled, damagedPictures: 0 });
  expect(await expectWholePictures('doubled264')).toBe(0);
});

test('packets that change places are put in order; one that comes too late is counted as lost', async (context) => {
  requirePeers(context, ...PEERS);
  const { counters } = states.get('shuffled264')!.source;
  const { lost, cut } = await camera.impairment('shuffled264');
  expect(counters.rtpReordered).toBeGreaterThan(0);
  expect(counters.rtpLost).toBeGreaterThanOrEqual(lost);
  const missing = await expectWholePictures('shuffled264');
  if (counters.rtpLost + cut === 0) expect(missing).toBe(0);
});

test('a wrong password is told as such, and not shown', async (context) => {
  requirePeers(context, ...PEERS);
  const { source, destinations } = states.get('wrong')!;
  expect(source.lastError).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_AUTH' });
  expect(JSON.stringify([source, destinations])).not.toMatch(/sesame|"open"|viewer/);
});

test('a camera that freezes is silent, goes on when it does, and is lost when it is killed', async (context) => {
  requirePeers(context, ...PEERS);
  const [frozen, back, killed] = story;
  expect(frozen!.source.lastError).toMatchObject({ code: 'ERR_CLOUDPUSH_SOURCE_TIMEOUT' });
  expect(back!.source.state).toBe('streaming');
  expect(killed!.source.lastError!.code).toMatch(/RTSP|SOURCE/);
  // The servers had one stream all the while.
  const publishes = receiver.events().filter(({ event, name }) => event === 'publish' && name === 'live');
  expect(publishes).toHaveLength(1);
  expect(await receiver.ended('live')).toMatchObject({ clean: true });
});
