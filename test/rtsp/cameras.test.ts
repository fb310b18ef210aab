import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { frameHashes } from '../support/ffmpeg.js';
import { clip } from '../support/media.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { RtspCamera } from '../support/rtsp-camera.js';
import { RtspPump } from '../support/rtsp-pump.js';
import { readAudioFrames } from '../support/source.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

/** Bytes of an ADTS header without a checksum, as ffmpeg writes it. */
const ADTS_HEADER_BYTES = 7;
const FRAME_MS = 40;
const AAC_FRAME_MS = 1024 / 48;

let camera: RtspCamera;
let folder: TempFolder;

beforeAll(async () => {
  if (!isPeerPresent('gst-rtsp-server')) return;
  camera = await RtspCamera.start();
  folder = await TempFolder.create();
}, 60_000);

afterAll(async () => {
  await camera?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Plays a mount to its end. */
async function play(mount: string, transport: 'tcp' | 'udp'): Promise<RtspPump> {
  const pump = new RtspPump(camera.url(mount), transport);
  expect(await pump.ended).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_CLOSED', class: 'retryable' });
  expect(pump.transport).toBe(transport);
  return pump;
}

/** Decodes what was received, and what the camera was given, and expects the same pictures at even times. */
async function expectPictures(pump: RtspPump, source: string, extension: string): Promise<void> {
  const { collected } = pump.sinks[0]!;
  const received = await folder.write(`received-${performance.now()}.${extension}`, pump.sinks[0]!.annexB());
  const wanted = await frameHashes(source, 'video');
  expect(await frameHashes(received, 'video')).toEqual(wanted);
  const times = collected.map(({ pts }) => Math.round(pts)).sort((a, b) => a - b);
  expect(times).toEqual(wanted.map((_, position) => position * FRAME_MS));
  expect(collected[0]!.keyFrame).toBe(true);
}

/** The frames are those of the source, from the first on, and as many as the pictures last at least. */
async function expectSound(pump: RtspPump, lasting: number): Promise<void> {
  const source = await readAudioFrames(clip.audio);
  const frames = source.map(({ data }) => Buffer.from(data.subarray(ADTS_HEADER_BYTES)));
  const { collected, configurations } = pump.sinks[1]!;
  expect(configurations.map((bytes) => bytes.toString('hex'))).toEqual(['1190']);
  expect(collected.map(({ units }) => units[0]!.toString('hex'))).toEqual(
    frames.slice(0, collected.length).map((frame) => frame.toString('hex')),
  );
  expect(collected.length * AAC_FRAME_MS).toBeGreaterThanOrEqual(lasting);
  for (const [position, { pts }] of collected.entries()) {
    expect(Math.abs(pts - position * AAC_FRAME_MS)).toBeLessThan(10);
  }
}

function expectNoLoss(pump: RtspPump): void {
  for (const { index } of pump.tracks) {
    expect(pump.client.statistics(index)).toMatchObject({ lost: 0, malformed: 0, damagedPictures: 0 });
  }
}

for (const transport of ['tcp', 'udp'] as const) {
  test(`H.264 and AAC over ${transport} come out as they went in, with sound and pictures in step`, async (context) => {
    requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
    const pump = await play('h264', transport);
    await expectPictures(pump, camera.file('clip'), 'h264');
    await expectSound(pump, 3180);
    expectNoLoss(pump);
  });

  test(`H.265 with reordered pictures over ${transport} comes out as it went in`, async (context) => {
    requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
    const pump = await play('h265', transport);
    await expectPictures(pump, camera.file('h265'), 'h265');
    await expectSound(pump, 1980);
    expectNoLoss(pump);
  });
}

test('H.264 with reordered pictures keeps their presentation times', async (context) => {
  requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
  const pump = await play('bframes', 'tcp');
  await expectPictures(pump, camera.file('bframes'), 'h264');
  expectNoLoss(pump);
});

test('AAC in LATM comes out as it went in', async (context) => {
  requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
  const pump = await play('h264latm', 'tcp');
  await expectSound(pump, 3180);
  expectNoLoss(pump);
});

test('packets that come twice count once', async (context) => {
  requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
  const pump = await play('doubled264', 'udp');
  await expectPictures(pump, camera.file('clip'), 'h264');
  expectNoLoss(pump);
  expect(pump.client.statistics(0)!.duplicates).toBeGreaterThan(0);
});

for (const mount of ['lossy264', 'shuffled264']) {
  test(`of ${mount} no damaged picture comes through, and each picture is counted`, async (context) => {
    requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
    const pump = await play(mount, 'udp');
    const { packets, lost, late, accessUnits, damagedPictures, skippedPictures } = pump.client.statistics(0)!;
    const { collected } = pump.sinks[0]!;
    const whole = await frameHashes(camera.file('clip'), 'video');
    const received = await folder.write(`${mount}.h264`, pump.sinks[0]!.annexB());
    const hashes = collected.length === 0 ? [] : await frameHashes(received, 'video');
    const wanted = collected.map(({ pts }) => whole[Math.round(pts / FRAME_MS)]);
    expect(hashes).toEqual(wanted);
    // The file has 398 packets, of which the last ones may be among the missing.
    expect(packets - late + lost).toBeLessThanOrEqual(398);
    expect(packets - late + lost).toBeGreaterThan(380);
    expect(accessUnits + damagedPictures + skippedPictures).toBeLessThanOrEqual(80);
    expect(accessUnits).toBe(collected.length);
  });
}

for (const kind of ['digest', 'basic'] as const) {
  test(`a camera with ${kind} authentication takes the right password, and no other`, async (context) => {
    requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
    await using guarded = await RtspCamera.start({ auth: [kind, 'viewer', 'open sesame'] });
    const pump = new RtspPump(guarded.url('bframes', 'viewer:open%20sesame@'), 'tcp');
    expect(await pump.ended).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_CLOSED' });
    await expectPictures(pump, camera.file('bframes'), 'h264');
    const wrong = new RtspPump(guarded.url('bframes', 'viewer:tiger@'), 'tcp');
    const error = await wrong.ended;
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_AUTH', class: 'auth' });
    expect(error!.message).not.toMatch(/tiger|viewer/);
    const anonymous = new RtspPump(guarded.url('bframes'), 'tcp');
    expect(await anonymous.ended).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_AUTH', class: 'auth' });
  });
}

/** Media of a live camera for a while; TEARDOWN ends it. */
async function watch(mount: string, pictures: number): Promise<RtspPump> {
  const pump = new RtspPump(camera.url(mount), 'tcp');
  await waitFor(`${pictures} pictures`, 30_000, () =>
    pump.sinks[0]?.collected[pictures] ? true : undefined,
  );
  pump.client.close(performance.now());
  expect(await pump.ended).toBeUndefined();
  return pump;
}

test('a live camera is watched from a key frame on, with sound in step, until it is told to stop', async (context) => {
  requirePeers(context, 'gst-rtsp-server', 'ffmpeg');
  const pump = await watch('live264aac', 30);
  const pictures = pump.sinks[0]!.collected;
  const received = await folder.write('live.h264', pump.sinks[0]!.annexB());
  expect(await frameHashes(received, 'video')).toHaveLength(pictures.length);
  expect(pictures[0]!.keyFrame).toBe(true);
  const sound = pump.sinks[1]!.collected;
  for (const [position, { pts }] of sound.entries()) {
    expect(Math.abs(pts - sound[0]!.pts - position * AAC_FRAME_MS)).toBeLessThan(1);
  }
  // Both are generated from the same clock: what is shown and heard together comes together.
  expect(Math.abs(pictures.at(-1)!.pts - sound.at(-1)!.pts)).toBeLessThan(500);
});

for (const [mount, codec] of [
  ['live264', 'pcmu'],
  ['live264a', 'pcma'],
]) {
  test(`${codec} of a live camera comes without gaps`, async (context) => {
    requirePeers(context, 'gst-rtsp-server');
    const pump = await watch(mount!, 15);
    expect(pump.tracks[1]).toMatchObject({ clockRate: 8000, format: { codec, channels: 1 } });
    let next = pump.sinks[1]!.collected[0]!.pts;
    for (const { pts, units } of pump.sinks[1]!.collected) {
      expect(Math.abs(pts - next)).toBeLessThan(1);
      next = pts + units[0]!.length / 8;
    }
  });
}
