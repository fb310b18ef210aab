// `audio: aac`: G.711 of a file or a camera arrives as AAC, at its time and its level, decoded by ffmpeg.

import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ChannelState } from '../../packages/cloudpush/dist/gateway/state.js';
import { COMMAND } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { packetTimes, streamFacts } from '../support/ffmpeg.js';
import { NginxRtmp } from '../support/nginx.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { RtspCamera } from '../support/rtsp-camera.js';
import { TempFolder } from '../support/temp.js';
import { GatewayProgram } from './support/gateway-program.js';
import { type Burst, burstsOf, makeToneFile, type ToneFile } from './support/tones.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const API = 'api: { listen: "127.0.0.1:0" }';
/** Half of the full level, as a sine's root mean square. */
const LEVEL = 0.5 / Math.SQRT2;
const MOST_OFF = 0.01;
/** Of AAC at 8 kHz. */
const FRAME_MS = 128;
/** Frames of G.711 of a tone file. */
const FRAMES_A_SECOND = 50;

/** Files, and cameras by their mounts, each a channel. */
const FILES = {
  'tone-u': {
    codec: 'pcm_mulaw',
    bursts: [
      [0.5, 1],
      [1.7, 2.4],
    ],
    duration: 3,
  },
  'tone-a': {
    codec: 'pcm_alaw',
    bursts: [
      [0.5, 1],
      [1.7, 2.4],
    ],
    duration: 3,
  },
  gap: {
    codec: 'pcm_alaw',
    bursts: [
      [0.5, 1],
      [2.8, 3.5],
    ],
    hole: [1.2, 2.7],
    duration: 4,
  },
} as const satisfies Record<string, ToneFile>;
const CAMERAS = { 'a-law': 'live264a', 'mu-law': 'live264', aac: 'live264aac' };

/** Hides the optional package from whoever looks for it. */
const WITHOUT_PACKAGE = `data:text/javascript,${encodeURIComponent(`
import Module from 'node:module';
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (name === '@mediabunny/aac-encoder') throw new Error('not found');
  return resolve.call(this, name, ...rest);
};
`)}`;

const resources: AsyncDisposable[] = [];
let receiver: CloudpushReceiver;
let nginx: NginxRtmp | undefined;
/** Of each channel, when its sound had been sent. */
const states = new Map<string, ChannelState>();

/** The least frames of AAC from a camera: 128 ms each. */
const CAMERA_FRAMES = 30;

/** All channels at a time, on one gateway. */
beforeAll(async () => {
  if (!isPeerPresent('ffmpeg')) return;
  const folder = await TempFolder.create();
  resources.push(folder);
  const hasCamera = isPeerPresent('nginx-rtmp') && isPeerPresent('gst-rtsp-server');
  const names = Object.keys(FILES) as (keyof typeof FILES)[];
  let camera: RtspCamera | undefined;
  [receiver, nginx, camera] = await Promise.all([
    CloudpushReceiver.start(folder.file('recordings')),
    hasCamera ? NginxRtmp.start(folder.path) : undefined,
    hasCamera ? RtspCamera.start() : undefined,
    ...names.map((name) => makeToneFile(folder.file(`${name}.flv`), FILES[name])),
  ]);
  for (const resource of [receiver, nginx, camera]) if (resource !== undefined) resources.push(resource);
  const lines = names.map(
    (name) => `{ source: { file: ${name}.flv }, destinations: [ "${receiver.url(name)}" ] }`,
  );
  const channels = names.map((name, index) => `  ${name}: ${lines[index]}`);
  const cameras = Object.entries(CAMERAS).map(
    ([name, mount]) =>
      `  ${name}: { source: "${camera?.url(mount)}", destinations: [ "${nginx?.url(name)}" ] }`,
  );
  const all = hasCamera ? [...channels, ...cameras] : channels;
  const text = `version: 1\n${API}\nchannelDefaults: { audio: aac }\nchannels:\n${all.join('\n')}\n`;
  const gateway = await GatewayProgram.start(folder, text);
  resources.push(gateway);
  const wait = async (name: string, isWanted: (state: ChannelState) => boolean): Promise<void> =>
    void states.set(name, await gateway.waitForChannel(name, isWanted));
  for (const name of names) await wait(name, ({ source }) => source.state === 'ended');
  if (hasCamera) {
    // Sound comes later than pictures, by what its encoder takes to start: it is what has been sent that
    // counts.
    for (const name of Object.keys(CAMERAS))
      await wait(name, ({ destinations: [to] }) => to!.counters.audioFrames > CAMERA_FRAMES);
  }
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});
afterAll(async () => {
  for (const resource of resources.reverse()) await resource[Symbol.asyncDispose]();
});

function expectTone(bursts: readonly Burst[], wanted: ToneFile['bursts']): void {
  expect(bursts).toHaveLength(wanted.length);
  for (const [index, { at, until, frequency, level }] of bursts.entries()) {
    const [from, to] = wanted[index]!;
    expect(Math.abs(at - from)).toBeLessThanOrEqual(MOST_OFF);
    expect(Math.abs(until - to)).toBeLessThanOrEqual(MOST_OFF);
    expect(Math.abs(frequency - 1000)).toBeLessThan(5);
    expect(Math.abs(20 * Math.log10(level / LEVEL))).toBeLessThan(1);
  }
}

/** The recording of a file's channel, whose frames were all taken. */
async function recordingOf(name: keyof typeof FILES): Promise<string> {
  const { codec, bursts, hole = [0, 0], duration } = FILES[name] as ToneFile;
  expect(bursts.length).toBeGreaterThan(0);
  const { tracks, counters } = states.get(name)!.source;
  expect(tracks).toMatchObject({
    audio: { codec: 'aac', transcodedFrom: codec === 'pcm_alaw' ? 'g711a' : 'g711u' },
  });
  // Frames of the source, and not those that were made of them.
  const frames = (duration - hole[1] + hole[0]) * FRAMES_A_SECOND;
  expect(Math.abs(counters.audioFrames - frames)).toBeLessThanOrEqual(1);
  expect(counters.framesRefused).toBe(0);
  return receiver.recording(name);
}

for (const name of ['tone-u', 'tone-a'] as const) {
  test(`a tone of 1 kHz in ${FILES[name].codec} arrives as AAC, within 10 ms and 1 dB`, async (context) => {
    requirePeers(context, 'ffmpeg');
    const recording = await recordingOf(name);
    expect(await streamFacts(recording)).toContainEqual(
      expect.objectContaining({ codec_name: 'aac', sample_rate: '8000', channels: 1 }),
    );
    expectTone(await burstsOf(recording), FILES[name].bursts);
    expect(await packetTimes(recording, 'video')).toHaveLength(25 * FILES[name].duration);
  });
}

test('a gap in the sound stays a gap of its length', async (context) => {
  requirePeers(context, 'ffmpeg');
  const recording = await recordingOf('gap');
  expectTone(await burstsOf(recording), FILES.gap.bursts);
  const times = (await packetTimes(recording, 'audio')).map(({ pts }) => pts);
  expect(Math.max(...times.slice(1).map((time, index) => time - times[index]!))).toBeGreaterThan(1300);
});

test("the sound of a foreign camera, 440 Hz in G.711, arrives as AAC at nginx beside the camera's pictures", async (context) => {
  requirePeers(context, 'nginx-rtmp', 'gst-rtsp-server', 'ffmpeg');
  const { tracks } = states.get('aac')!.source;
  expect(tracks).toMatchObject({ audio: { codec: 'aac' } });
  expect(tracks!['audio']).not.toHaveProperty('transcodedFrom');
  for (const name of ['a-law', 'mu-law']) {
    const recording = await nginx!.recording(name);
    const [burst, ...others] = await burstsOf(recording);
    expect(others).toEqual([]);
    expect(Math.abs(burst!.frequency - 440)).toBeLessThan(2);
    // Sound that begins a little before the pictures is held where they begin: the first frames may be.
    const held = 4;
    const times = (await packetTimes(recording, 'audio')).map(({ pts }) => pts).slice(held);
    expect(times.length).toBeGreaterThan(CAMERA_FRAMES - held - 1);
    expect(burst!.until - burst!.at).toBeGreaterThan(((times.length - 2) * FRAME_MS) / 1000);
    const off = times.map((time, index) => time - times[0]! - index * FRAME_MS);
    expect(off.filter((ms) => Math.abs(ms) > 10)).toEqual([]);
  }
});

test('a program without the optional package says what to install, at the check and at the start', async () => {
  await using folder = await TempFolder.create();
  const path = folder.file('gateway.yaml');
  const gate =
    'gate: { source: rtsp://camera.example/1, audio: aac, destinations: [ rtmp://cloud.example/a ] }';
  await writeFile(path, `version: 1\nchannels:\n  ${gate}\n`);
  for (const more of [['--check'], []]) {
    const args = ['--import', WITHOUT_PACKAGE, COMMAND, 'gateway', path, ...more];
    const { code, stderr } = await run(process.execPath, args);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /gateway\.yaml:3:\d+: channels\.gate\.audio: aac needs .* npm install @mediabunny\/aac-encoder/,
    );
  }
});
