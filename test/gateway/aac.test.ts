// `audio: aac`: G.711 of a file or a camera arrives as AAC, at its time and its level, decoded by ffmpeg.

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { COMMAND } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { packetTimes, streamFacts } from '../support/ffmpeg.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { RtspCamera } from '../support/rtsp-camera.js';
import { TempFolder } from '../support/temp.js';
import { GatewayProgram } from './support/gateway-program.js';
import { type Burst, burstsOf, makeToneFile, type ToneFile } from './support/tones.js';

vi.setConfig({ testTimeout: 120_000 });

const API = 'api: { listen: "127.0.0.1:0" }';
/** Half of the full level, as a sine's root mean square. */
const LEVEL = 0.5 / Math.SQRT2;
const MOST_OFF = 0.01;

/** Hides the optional package from whoever looks for it. */
const WITHOUT_PACKAGE = `data:text/javascript,${encodeURIComponent(`
import Module from 'node:module';
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (name === '@mediabunny/aac-encoder') throw new Error('not found');
  return resolve.call(this, name, ...rest);
};
`)}`;

async function pushed(folder: TempFolder, tones: ToneFile): Promise<{ file: string; source: string }> {
  const source = await makeToneFile(folder.file('tones.flv'), tones);
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const text = `version: 1
${API}
channels:
  gate: { source: { file: "${source}" }, audio: aac, destinations: [ "${receiver.url('gate')}" ] }
`;
  await using gateway = await GatewayProgram.start(folder, text);
  const { source: state } = await gateway.waitForChannel('gate', (one) => one.source.state === 'ended');
  expect(state.tracks).toMatchObject({
    audio: { codec: 'aac', transcodedFrom: tones.codec === 'pcm_alaw' ? 'g711a' : 'g711u' },
  });
  // Frames of the source, and not those that were made of them.
  expect(state.counters.audioFrames).toBe((await packetTimes(source, 'audio')).length);
  expect(state.counters.framesRefused).toBe(0);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  return { file: await receiver.recording('gate'), source };
}

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

for (const codec of ['pcm_mulaw', 'pcm_alaw'] as const) {
  test(`a tone of 1 kHz in ${codec} arrives as AAC, within 10 ms and 1 dB`, async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const bursts = [
      [1, 1.5],
      [2.3, 3],
    ] as const;
    const { file, source } = await pushed(folder, { codec, bursts, duration: 4 });
    expect(await streamFacts(file)).toContainEqual(
      expect.objectContaining({ codec_name: 'aac', sample_rate: '8000', channels: 1 }),
    );
    // The source itself has its tones where they were asked for.
    expectTone(await burstsOf(source), bursts);
    expectTone(await burstsOf(file), bursts);
    expect(await packetTimes(file, 'video')).toHaveLength(100);
  });
}

test('a gap in the sound stays a gap of its length', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  const bursts = [
    [0.5, 1],
    [2.8, 3.5],
  ] as const;
  const { file } = await pushed(folder, { codec: 'pcm_alaw', bursts, hole: [1.2, 2.7], duration: 4 });
  expectTone(await burstsOf(file), bursts);
  const times = (await packetTimes(file, 'audio')).map(({ pts }) => pts);
  expect(Math.max(...times.slice(1).map((time, index) => time - times[index]!))).toBeGreaterThan(1300);
});

test("the sound of a foreign camera, 440 Hz in G.711, arrives as AAC at nginx beside the camera's pictures", async (context) => {
  requirePeers(context, 'nginx-rtmp', 'gst-rtsp-server', 'ffmpeg');
  await using folder = await TempFolder.create();
  await using nginx = await NginxRtmp.start(folder.path);
  await using camera = await RtspCamera.start();
  const channel = (name: string, mount: string): string =>
    `  ${name}: { source: "${camera.url(mount)}", destinations: [ "${nginx.url(name)}" ] }\n`;
  const text = `version: 1
${API}
channelDefaults: { audio: aac }
channels:
${channel('a-law', 'live264a')}${channel('mu-law', 'live264')}${channel('aac', 'live264aac')}`;
  await using gateway = await GatewayProgram.start(folder, text);
  for (const name of ['a-law', 'mu-law', 'aac'])
    await gateway.waitForChannel(name, ({ source }) => source.counters.videoFrames > 150);
  const { source } = await gateway.channel('aac');
  expect(source.tracks).toMatchObject({ audio: { codec: 'aac' } });
  expect(source.tracks!['audio']).not.toHaveProperty('transcodedFrom');
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  for (const name of ['a-law', 'mu-law']) {
    const [burst, ...others] = await burstsOf(await nginx.recording(name));
    expect(others).toEqual([]);
    expect(burst!.until - burst!.at).toBeGreaterThan(1);
    expect(Math.abs(burst!.frequency - 440)).toBeLessThan(2);
    // Sound that begins a little before the pictures is held where they begin: the first frames may be.
    const held = 4;
    const times = (await packetTimes(await nginx.recording(name), 'audio')).map(({ pts }) => pts).slice(held);
    expect(times.length).toBeGreaterThan(4);
    const off = times.map((time, index) => time - times[0]! - index * 128);
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
