import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeData } from '@cloudpush/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AudioTrackReport } from './audio-track-inspection.js';
import type { FileReport } from './file-report.js';
import { type InspectOptions, inspectFile } from './inspect-file.js';
import { AAC, AVC, flvBytes, type TagBytes, tagBytes } from './testing/flv-bytes.js';
import type { VideoTrackReport } from './video-track-inspection.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/${name}`, import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-inspect-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

let files = 0;
async function inspect(bytes: Uint8Array, options?: InspectOptions): Promise<FileReport> {
  const path = join(folder, String(files++));
  await writeFile(path, bytes);
  return await inspectFile(path, options);
}

const video = (timestamp: number, body: string): TagBytes => ({ type: 'video', timestamp, body });
const audio = (timestamp: number, body: string): TagBytes => ({ type: 'audio', timestamp, body });
const data = (timestamp: number, body: Uint8Array): TagBytes => ({ type: 'data', timestamp, body });

/** Two groups of three pictures at 25 a second, with sound that begins 10 ms after them. */
const TAGS: readonly TagBytes[] = [
  video(0, AVC.sequenceHeader),
  audio(0, AAC.sequenceHeader),
  ...[AVC.key, AVC.inter, AVC.disposable, AVC.key, AVC.inter, AVC.disposable].flatMap((body, i) => [
    video(40 * i, body),
    audio(90 + 40 * i, AAC.frame),
  ]),
];
const FILE = flvBytes(TAGS);

function videoOf({ tracks }: FileReport): VideoTrackReport {
  return tracks.find(({ kind }) => kind === 'video') as VideoTrackReport;
}

function audioOf({ tracks }: FileReport): AudioTrackReport {
  return tracks.find(({ kind }) => kind === 'audio') as AudioTrackReport;
}

/** Offset of the n-th tag of TAGS. */
const offsetOf = (n: number) => flvBytes(TAGS.slice(0, n)).length;

describe('an FLV file', () => {
  test('is told track by track', async () => {
    const report = await inspect(FILE);
    expect(report).toMatchObject({
      version: 1,
      size: FILE.length,
      format: 'flv',
      intact: true,
      duration: 240,
    });
    expect(report.notices).toEqual([]);
    expect(videoOf(report)).toMatchObject({
      form: 'legacy',
      configuration: { codec: 'h264', profileName: 'High', level: 10, frameRate: 25 },
      samples: 6,
      measuredFrameRate: 25,
      pictures: { key: 2, inter: 2, disposable: 2, withoutPicture: 0, unreadable: 0 },
      gops: { count: 2, pictures: { mean: 3 }, duration: { mean: 120 }, open: 0, picturesInLast: 3 },
      keyFrameMarks: { missing: 0, wrong: 0 },
      timestamps: { first: 0, last: 200, duration: 240, compositionOffset: { min: 0, max: 200 } },
    });
    expect(audioOf(report)).toMatchObject({
      form: 'legacy',
      configuration: { codec: 'aac', objectType: 2, sampleRate: 48_000, channels: 2 },
      samples: 6,
      bytes: 36,
      sampleClock: { timestamps: 200 },
    });
    expect(report.synchronization).toEqual({ startOffset: 10, endOffset: -70, drift: -80 });
  });

  test('the end of a sequence is counted, and what contradicts the marks of key frames', async () => {
    const wrong = AVC.inter.replace('27', '17');
    const missing = AVC.key.replace('17', '27');
    const tags = [video(40, wrong), video(80, missing), video(120, AVC.endOfSequence)];
    const report = await inspect(flvBytes([...TAGS.slice(0, 3), ...tags]));
    expect(videoOf(report)).toMatchObject({
      samples: 3,
      keyFrameMarks: { missing: 1, wrong: 1 },
      endsOfSequence: 1,
    });
    expect(report.intact).toBe(true);
    expect(report.notices).toEqual([
      'frame types contradict the pictures: of 3 pictures, 1 marked as key frames are none, 1 key frames are not marked',
    ]);
  });

  test('a picture in front of the first key frame that is marked as one contradicts its mark, too', async () => {
    const wrong = AVC.inter.replace('27', '17');
    const report = await inspect(flvBytes([TAGS[0]!, video(0, wrong), video(40, AVC.key)]));
    expect(videoOf(report).keyFrameMarks).toEqual({ missing: 0, wrong: 1 });
    expect(report.notices).toContainEqual(expect.stringContaining('1 marked as key frames are none'));
  });

  test('slices in tags of their own are damage: what they are a part of cannot be decoded', async () => {
    // first_mb_in_slice 1
    const rest = AVC.inter.replace(/419a/, '415a');
    expect(rest).not.toBe(AVC.inter);
    const report = await inspect(flvBytes([...TAGS.slice(0, 3), video(40, AVC.inter), video(40, rest)]));
    expect(report.damage).toMatchObject({ count: 1, list: [{ code: 'ERR_CLOUDPUSH_VIDEO_PICTURE_TORN' }] });
  });

  test.each([
    ['with its marker and block header', '664c6143 80000022'],
    ['bare, as FFmpeg 8.1 writes it', ''],
  ])('the stream header of FLAC is taken %s', async (_form, marker) => {
    // STREAMINFO (RFC 9639 §8.2): blocks of 4608, 48 kHz, 2 channels, 24 bits; then a frame of 4608 samples.
    const streamInfo = `1200 1200 000000 000000 0bb80370 00000000 ${'00'.repeat(16)}`;
    const tag = (body: string, timestamp = 0): TagBytes => ({ type: 'audio', timestamp, body });
    const tags = [tag(`90 664c6143 ${marker} ${streamInfo}`), tag('91 664c6143 fff85a1800ffffff')];
    const report = await inspect(flvBytes([...tags, tag('91 664c6143 fff85a1801ffffff', 96)]));
    expect(report.intact).toBe(true);
    expect(audioOf(report)).toMatchObject({
      configuration: { codec: 'flac', sampleRate: 48_000, channels: 2 },
      samples: 2,
    });
  });

  test('a form that changes is mixed', async () => {
    const hex = Buffer.from('avc1').toString('hex');
    const enhanced = `91 ${hex} 000050 00000008 6588840047dae398`;
    const report = await inspect(flvBytes([...TAGS.slice(0, 3), video(40, enhanced)]));
    expect(videoOf(report)).toMatchObject({ form: 'mixed', samples: 2, bytes: 24 });
  });

  test('parameter sets that change in mid-stream are told with their place', async () => {
    const higher = AVC.sequenceHeader.replaceAll('64000a', '64000b');
    const tags = [...TAGS, video(240, higher), video(240, AVC.key)];
    const { configurationChanges } = videoOf(await inspect(flvBytes(tags)));
    expect(configurationChanges.count).toBe(1);
    expect(configurationChanges.list[0]).toMatchObject({
      offset: flvBytes(tags.slice(0, -1)).length,
      at: 240,
      level: 11,
    });
  });

  test('a stream that is joined in the middle begins with pictures that nobody can decode, which is no damage', async () => {
    const report = await inspect(flvBytes([TAGS[0]!, video(0, AVC.inter), video(40, AVC.key)]));
    expect(report.intact).toBe(true);
    expect(videoOf(report)).toMatchObject({
      pictures: { key: 1, inter: 1 },
      gops: { count: 1, picturesBeforeFirst: 1 },
    });
  });

  test('timestamps go on past 2^32 ms', async () => {
    const shifted = TAGS.map((tag) => ({ ...tag, timestamp: (tag.timestamp + 2 ** 32 - 100) % 2 ** 32 }));
    const { timestamps } = videoOf(await inspect(flvBytes(shifted)));
    expect(timestamps).toMatchObject({ first: 2 ** 32 - 100, last: 2 ** 32 + 100, stepsBack: { count: 0 } });
  });

  test('gaps are looked for above the threshold that is asked for', async () => {
    const tags = [...TAGS, video(700, AVC.key)];
    expect(videoOf(await inspect(flvBytes(tags))).timestamps?.gaps.count).toBe(0);
    const report = await inspect(flvBytes(tags), { gapThreshold: 499 });
    expect(videoOf(report).timestamps?.gaps).toMatchObject({ threshold: 499, longest: 500, count: 1 });
  });

  test('tracks of a multitrack file are told one by one', async () => {
    const hex = Buffer.from('avc1').toString('hex');
    const record = AVC.sequenceHeader.slice('17 00 000000'.length).replaceAll(' ', '');
    const picture = '000050 00000008 6588840047dae398'.replaceAll(' ', '');
    const sized = (trackId: string, body: string) =>
      `${trackId} ${(body.length / 2).toString(16).padStart(6, '0')} ${body}`;
    const headers = `96 10 ${hex} ${sized('00', record)} ${sized('01', record)}`;
    const frames = `96 11 ${hex} ${sized('00', picture)} ${sized('01', picture)}`;
    const second = `a6 03 ${hex} 01 00000008 419a236c457fbc7c`;
    const report = await inspect(flvBytes([video(0, headers), video(0, frames), video(40, second)]));
    expect(report.damage.list).toEqual([]);
    expect(report.tracks).toMatchObject([
      { kind: 'video', trackId: 0, form: 'enhanced', samples: 1, pictures: { key: 1 } },
      { kind: 'video', trackId: 1, form: 'enhanced', samples: 2, pictures: { key: 1, inter: 1 } },
    ]);
  });

  test('metadata and events are told with their times and fields', async () => {
    const when = new Date(1_700_000_000_000);
    const report = await inspect(
      flvBytes([
        data(0, encodeData('@setDataFrame', 'onMetaData', { width: 320, encoder: 'camera' })),
        ...TAGS,
        data(240, encodeData('onStreamEnd', { alarmDuration: 10_000, time: when })),
        data(250, encodeData('onPrivateData', 'a', [1, null])),
      ]),
    );
    expect(report.metadata).toEqual({
      count: 1,
      list: [{ offset: 13, at: 0, name: 'onMetaData', values: [{ width: 320, encoder: 'camera' }] }],
    });
    expect(report.events?.byName).toEqual({ onStreamEnd: 1, onPrivateData: 1 });
    expect(report.events?.list).toMatchObject([
      { at: 240, name: 'onStreamEnd', values: [{ alarmDuration: 10_000, time: when.toISOString() }] },
      { at: 250, name: 'onPrivateData', values: ['a', [1, null]] },
    ]);
  });

  test('what a caller has encrypted is not looked at, once the file says so', async () => {
    const noise = '27 01 000000 00000008 41d0ffffffffffff';
    const said = encodeData('onEncryption', { scheme: 'caller', track: 'video' });
    const ended = encodeData('onEncryption', { scheme: 'aes-ctr', track: 'video', mode: 'none' });
    const known = await inspect(
      flvBytes([data(0, said), ...TAGS, video(240, noise), data(280, ended), video(280, AVC.inter)]),
    );
    expect(known.intact).toBe(true);
    expect(videoOf(known).pictures).toMatchObject({ key: 2, inter: 4 });
    expect((await inspect(flvBytes([...TAGS, video(240, noise)]))).intact).toBe(false);
  });
});

describe('what is odd, and no damage', () => {
  test('a file header that lies, and wrong PreviousTagSizes', async () => {
    const bytes = flvBytes(TAGS.filter(({ type }) => type === 'video'));
    bytes[bytes.length - 1] = 99;
    const silent = await inspect(bytes);
    expect(silent.intact).toBe(true);
    expect(silent.notices).toEqual([
      'PreviousTagSize is wrong in 1 place',
      'the file header says that there is audio, and there is none',
    ]);
    const denied = Buffer.from(FILE);
    denied[4] = 4;
    expect((await inspect(denied)).notices).toEqual([
      'the file header says that there is no video, and there is some',
    ]);
  });

  test('a codec that is foreign to us', async () => {
    const { intact, notices, tracks } = await inspect(
      flvBytes([video(0, '22 00'), ...TAGS, video(0, '22 01')]),
    );
    expect({ intact, tracks: tracks.length }).toEqual({ intact: true, tracks: 2 });
    expect(notices).toEqual(['2 tags are of a codec that cloudpush does not know: CodecID 2 at byte 13']);
  });
});

describe('a damaged FLV file', () => {
  test('tags that cannot be read are told, and those behind them looked at', async () => {
    const cutNalUnit = '27 01 000000 000000ff 419a';
    const forbidden = '27 01 000000 00000004 c19a236c';
    const tags = [
      ...TAGS,
      video(240, cutNalUnit),
      video(280, forbidden),
      audio(330, 'af'),
      video(320, AVC.key),
    ];
    const report = await inspect(flvBytes([...tags, data(360, Buffer.from('030001', 'hex'))]));
    expect(report.intact).toBe(false);
    expect(report.damage.count).toBe(4);
    expect(report.damage.list).toMatchObject([
      { offset: offsetOf(14), at: 240, track: 'video', code: 'ERR_CLOUDPUSH_FLV_TAG_INVALID' },
      { at: 280, track: 'video', code: 'ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT' },
      { at: 330, track: 'audio', code: 'ERR_CLOUDPUSH_FLV_TAG_INVALID' },
      { at: 360, track: 'data', code: 'ERR_CLOUDPUSH_AMF' },
    ]);
    expect(videoOf(report)).toMatchObject({ samples: 9, pictures: { key: 3, unreadable: 2 } });
  });

  test.each([1, 11, 15, 40])('%i bytes of nonsense between tags are passed over', async (size) => {
    const at = offsetOf(6);
    const nonsense = Buffer.alloc(size, 0xaa);
    const report = await inspect(Buffer.concat([FILE.subarray(0, at), nonsense, FILE.subarray(at)]));
    expect(report.damage).toMatchObject({
      count: 1,
      list: [{ offset: at, code: 'ERR_CLOUDPUSH_FLV_TAG_INVALID' }],
    });
    expect(report.damage.list[0]?.message).toContain(`; the next whole tag is at byte ${at + size}`);
    expect(report.tracks.map(({ samples }) => samples)).toEqual([6, 6]);
  });

  test('bytes that are missing from the middle cost the tags that they are of', async () => {
    const [from, to] = [offsetOf(6) + 5, offsetOf(8) + 3];
    const report = await inspect(Buffer.concat([FILE.subarray(0, from), FILE.subarray(to)]));
    expect(report.damage.count).toBeGreaterThan(0);
    expect(report.damage.list[0]?.offset).toBeGreaterThanOrEqual(offsetOf(6));
    const samples = report.tracks.map(({ samples }) => samples);
    expect(Math.min(...samples)).toBeGreaterThanOrEqual(4);
  });

  test('a tag that claims to be longer than the file hides nothing behind it', async () => {
    const bytes = Buffer.from(FILE);
    bytes.writeUIntBE(0xffffff, offsetOf(6) + 1, 3);
    const report = await inspect(bytes);
    expect(report.damage.count).toBe(1);
    expect(report.damage.list[0]).toMatchObject({
      offset: offsetOf(6),
      code: 'ERR_CLOUDPUSH_SOURCE_INVALID',
    });
    expect(report.tracks.map(({ samples }) => samples)).toEqual([5, 6]);
  });

  test('an end that is cut off is told, wherever it is', async () => {
    const last = offsetOf(TAGS.length - 1);
    for (let cut = last + 1; cut < FILE.length - 4; cut++) {
      const report = await inspect(FILE.subarray(0, cut));
      const message = `the file ends ${cut - last} bytes into this tag; no tag follows`;
      expect(report.damage.list).toEqual([{ offset: last, code: 'ERR_CLOUDPUSH_SOURCE_INVALID', message }]);
      expect(report.tracks.map(({ samples }) => samples)).toEqual([6, 5]);
    }
  });

  test('a broken file header', async () => {
    const bytes = Buffer.from(FILE);
    bytes[8] = 2;
    const report = await inspect(bytes);
    expect(report.damage.list).toMatchObject([{ offset: 5, code: 'ERR_CLOUDPUSH_FLV_SIGNATURE' }]);
    expect(report.tracks.map(({ samples }) => samples)).toEqual([6, 6]);
  });

  test('a file of lost places is given up after the thousandth', async () => {
    const tag = tagBytes({ type: 'audio', timestamp: 0, body: AAC.frame });
    const bytes = Buffer.concat([FILE, ...Array.from({ length: 1010 }, () => [Buffer.of(0xff), tag]).flat()]);
    const { damage } = await inspect(bytes);
    expect(damage.count).toBe(1001);
    expect(damage.list).toHaveLength(100);
  });

  test('no media at all', async () => {
    const { damage, tracks } = await inspect(flvBytes([]));
    expect(tracks).toEqual([]);
    expect(damage.list).toMatchObject([{ offset: 0, code: 'ERR_CLOUDPUSH_SOURCE_EMPTY' }]);
  });
});

describe('elementary streams', () => {
  test('video is counted at the rate that it tells, with places in the file', async () => {
    const report = await inspectFile(fixture('size-change.h264'));
    const first = await readFile(fixture('plain.h264'));
    expect(report).toMatchObject({ format: 'h264', intact: true, duration: 4000 });
    expect(videoOf(report)).not.toHaveProperty('measuredFrameRate');
    expect(videoOf(report)).toMatchObject({
      samples: 100,
      bytes: report.size,
      timestamps: { clock: 'counted' },
    });
    expect(videoOf(report).configurationChanges.list).toMatchObject([
      { offset: first.length, at: 2000, width: 480, height: 270 },
    ]);
  });

  test('zeros in front of the first start code move the places', async () => {
    const bytes = Buffer.concat([Buffer.alloc(10), await readFile(fixture('size-change.h264'))]);
    const first = await readFile(fixture('plain.h264'));
    const { configurationChanges } = videoOf(await inspect(bytes));
    expect(configurationChanges.list[0]?.offset).toBe(first.length + 10);
  });

  test('a damaged NAL unit is told with its place', async () => {
    const bytes = await readFile(fixture('plain.h264'));
    // The forbidden_zero_bit of a slice in the middle.
    const slice = bytes.indexOf(Buffer.from('00000141', 'hex'), 15_000) + 3;
    bytes[slice] = 0xc1;
    const report = await inspect(bytes);
    expect(report.damage.list).toMatchObject([{ track: 'video', code: 'ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT' }]);
    const { offset = 0 } = report.damage.list[0] ?? {};
    expect(slice - offset).toBeGreaterThan(0);
    expect(slice - offset).toBeLessThan(10);
  });

  test('a stream without parameter sets is unreadable from end to end', async () => {
    const report = await inspect(Buffer.from('00000001419a236c457fbc7c00000001419e417884bff811d5', 'hex'));
    expect(report.damage.list).toMatchObject([
      { offset: 0, code: 'ERR_CLOUDPUSH_NO_SPS_PPS' },
      { offset: 12, code: 'ERR_CLOUDPUSH_NO_SPS_PPS' },
    ]);
    expect(report.notices).toEqual([
      'the stream does not tell its frame rate: 25 frames a second are assumed',
    ]);
  });

  test('bytes that are part of no audio frame are told with their places', async () => {
    const bytes = await readFile(fixture('stereo-48k.aac'));
    const frameLength = (at: number) => (bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
    const at = frameLength(0) + frameLength(frameLength(0));
    const nonsense = Buffer.alloc(7, 0x55);
    const cut = bytes.subarray(0, bytes.length - 1);
    const report = await inspect(Buffer.concat([cut.subarray(0, at), nonsense, cut.subarray(at)]));
    expect(report.damage.count).toBe(2);
    expect(report.damage.list[0]).toEqual({
      offset: at,
      track: 'audio',
      code: 'ERR_CLOUDPUSH_SOURCE_INVALID',
      message: '7 bytes belong to no frame',
    });
    expect(report.damage.list[1]?.offset).toBeGreaterThan(16_000);
    expect(audioOf(report).samples).toBe(94);
  });
});

describe('inspecting', () => {
  test('tells how far it has come', async () => {
    const steps: number[] = [];
    const { size } = await inspectFile(fixture('bframes.flv'), {
      onProgress: ({ done }) => void steps.push(done),
    });
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(size);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  test('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    await expect(inspectFile(fixture('bframes.flv'), options)).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const { signal } = controller;
    await expect(inspectFile(fixture('bframes.flv'), { signal, onProgress })).rejects.toBe(reason);
  });

  test.each([
    ['an empty file', async () => inspect(Buffer.alloc(0)), 'ERR_CLOUDPUSH_SOURCE_EMPTY'],
    ['words', async () => inspect(Buffer.from('only words here')), 'ERR_CLOUDPUSH_SOURCE_UNSUPPORTED'],
    ['a folder', async () => inspectFile(folder), 'ERR_CLOUDPUSH_SOURCE_UNREADABLE'],
    ['no gap', async () => inspect(FILE, { gapThreshold: 0 }), 'ERR_CLOUDPUSH_INVALID_PARAMETER'],
    ['nothing', async () => inspectFile(join(folder, 'absent')), 'ERR_CLOUDPUSH_SOURCE_UNREADABLE'],
  ])('refuses %s', async (_, start, code) => {
    await expect(start()).rejects.toMatchObject({ name: 'CloudPushError', code });
  });
});

test.each([
  [
    '00000020667479706d703432',
    "is an MP4 or QuickTime file, which cannot be read; remux it without loss: ffmpeg -i '.*' -c copy -f flv",
  ],
  [`47${'00'.repeat(187)}47`, "is an MPEG transport stream, .* ffmpeg -i '.*' -c copy -f flv"],
  ['1a45dfa301000000', 'is a Matroska or WebM file, .* ffmpeg -i'],
  [
    '444b494600002000415630310001c000',
    String.raw`is an IVF file \(AV1 or VP9\), which can be pushed but not inspected`,
  ],
  ['12000a0a00000002aff9bffff30080', String.raw`is a stream of AV1 \(OBUs\), which can be pushed`],
  ['4f67675300020000', 'is an Ogg file, which can be pushed'],
  ['664c614300000022', 'is a FLAC file, which can be pushed'],
  ['0b770123000540', 'is a stream of AC-3, which can be pushed'],
  ['0b7701230080', 'is a stream of E-AC-3, which can be pushed'],
  ['6f6e6c7920776f726473', 'is neither FLV nor an elementary stream of H.264, H.265, AAC'],
])('a file that begins with %s is refused by its name: it %s', async (hex, what) => {
  await expect(inspect(Buffer.from(hex, 'hex'))).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_SOURCE_UNSUPPORTED',
    message: expect.stringMatching(new RegExp(`this ${what}`)),
  });
});
