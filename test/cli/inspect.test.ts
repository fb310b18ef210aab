// `cloudpush inspect` as a user runs it: what it says of foreign files is what ffprobe says of them.

import { readFile } from 'node:fs/promises';
import type { AudioTrackReport, FileReport, VideoTrackReport } from '@cloudpush/engine';
import {
  AccessUnitSplitter,
  FlvReader,
  FlvTag,
  FlvWriter,
  Muxer,
  SampleEncryptor,
  TagRole,
  TagType,
} from '@cloudpush/muxer';
import { encodeData } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { cloudpush } from '../support/cloudpush.js';
import { probe } from '../support/ffmpeg.js';
import { clip, fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;

interface ProbedStream {
  codec_type: 'video' | 'audio';
  codec_name: string;
  profile: string;
  width?: number;
  height?: number;
  level?: number;
  r_frame_rate: string;
  has_b_frames?: number;
  sample_rate?: string;
  channels?: number;
}

interface ProbedPacket {
  codec_type: 'video' | 'audio';
  pts_time?: string;
  dts_time?: string;
  size: string;
  flags: string;
}

interface Probed {
  streams: ProbedStream[];
  packets: ProbedPacket[];
}

const CODECS: Readonly<Record<string, string>> = { h264: 'h264', hevc: 'h265', aac: 'aac', mp3: 'mp3' };

async function inspect(file: string, ...args: string[]): Promise<FileReport> {
  const { code, stdout, stderr } = await cloudpush(['inspect', file, '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as FileReport;
}

function rate(fraction: string): number {
  const [numerator = '', denominator = ''] = fraction.split('/');
  return Number(numerator) / Number(denominator);
}

const milliseconds = (time: string | undefined): number => Math.round(Number(time) * 1000);

/** The frames of each group of pictures, by the key frames that ffprobe sees. */
function groups(packets: readonly ProbedPacket[]): number[] {
  const starts = packets.flatMap(({ flags }, index) => (flags.startsWith('K') ? [index] : []));
  return starts.map((start, i) => (starts[i + 1] ?? packets.length) - start);
}

/** The most bits in ten neighbouring tenths of a second. */
function peakBitRate(packets: readonly ProbedPacket[]): number {
  const steps = new Map<number, number>();
  for (const { dts_time, size } of packets) {
    const step = Math.floor(milliseconds(dts_time) / 100);
    steps.set(step, (steps.get(step) ?? 0) + Number(size));
  }
  const sums = [...steps.keys()].map((last) =>
    Array.from({ length: 10 }, (_, i) => steps.get(last - i) ?? 0).reduce((sum, size) => sum + size),
  );
  return Math.max(...sums) * 8;
}

function expectVideo(track: VideoTrackReport, stream: ProbedStream, packets: readonly ProbedPacket[]): void {
  const { configuration, pictures, gops } = track;
  expect(configuration).toMatchObject({
    codec: CODECS[stream.codec_name],
    width: stream.width,
    height: stream.height,
    level: stream.level,
    profileName: stream.profile,
    reorderDepth: stream.has_b_frames,
  });
  expect(configuration?.frameRate).toBeCloseTo(rate(stream.r_frame_rate));
  const frames = groups(packets);
  expect(pictures.key).toBe(frames.length);
  expect(gops).toMatchObject({ count: frames.length, picturesBeforeFirst: 0, picturesInLast: frames.at(-1) });
  const complete = frames.slice(0, -1);
  const mean = complete.reduce((sum, length) => sum + length, 0) / complete.length;
  expect(gops.pictures).toEqual({ min: Math.min(...complete), mean, max: Math.max(...complete) });
  const { key, inter, disposable } = pictures;
  expect(key + inter + disposable).toBe(packets.length);
  expect(track.keyFrameMarks).toEqual({ missing: 0, wrong: 0 });
}

function expectAudio({ configuration }: AudioTrackReport, stream: ProbedStream): void {
  expect(configuration).toMatchObject({
    codec: CODECS[stream.codec_name],
    sampleRate: Number(stream.sample_rate),
    channels: stream.channels,
  });
  expect(configuration?.objectType).toBe(stream.profile === 'LC' ? 2 : undefined);
}

async function expectTracks(file: string, report: FileReport): Promise<Probed> {
  const probed = (await probe(file, ['-show_streams', '-show_packets'])) as Probed;
  expect(report).toMatchObject({ intact: true, damage: { count: 0, list: [] } });
  expect(report.tracks.map(({ kind }) => kind)).toEqual(probed.streams.map(({ codec_type }) => codec_type));
  for (const [i, track] of report.tracks.entries()) {
    const stream = probed.streams[i] as ProbedStream;
    const packets = probed.packets.filter(({ codec_type }) => codec_type === track.kind);
    expect(track.samples).toBe(packets.length);
    expect(track.bytes).toBe(packets.reduce((sum, { size }) => sum + Number(size), 0));
    if (track.kind === 'video') expectVideo(track, stream, packets);
    else expectAudio(track, stream);
  }
  return probed;
}

describe.concurrent('inspect says what ffprobe says', { timeout: TIMEOUT_MS }, () => {
  test.for(['plain.flv', 'bframes.flv', 'mp3.flv', 'empty-audio-config.flv'])(
    'of %s',
    async (name, context) => {
      requirePeers(context, 'ffmpeg');
      const report = await inspect(fixture(name));
      const { packets } = await expectTracks(fixture(name), report);
      for (const { kind, timestamps, bitRate } of report.tracks) {
        const own = packets.filter(({ codec_type }) => codec_type === kind);
        const dts = own.map(({ dts_time }) => milliseconds(dts_time));
        const offsets = own.map(({ pts_time, dts_time }) => milliseconds(pts_time) - milliseconds(dts_time));
        const intervals = dts.slice(1).map((time, i) => time - dts[i]!);
        expect(timestamps).toMatchObject({
          clock: 'file',
          first: dts[0],
          last: dts.at(-1),
          interval: { min: Math.min(...intervals), max: Math.max(...intervals) },
          compositionOffset: { min: Math.min(...offsets), max: Math.max(...offsets) },
          stepsBack: { count: 0 },
          gaps: { count: 0 },
        });
        expect(bitRate.peak).toBe(peakBitRate(own));
      }
      const [video, audio] = (['video', 'audio'] as const).map((kind) => {
        return milliseconds(packets.find(({ codec_type }) => codec_type === kind)?.pts_time);
      });
      expect(report.synchronization?.startOffset).toBe(audio! - video!);
    },
  );

  test.for([
    ...['plain.h264', 'bframes.h264', 'slices.h264', 'ntsc.h264', 'short-start-codes.h264'],
    ...['plain.h265', 'bframes.h265', 'stereo-48k.aac', 'mono-16k.aac', 'stereo-44k.mp3', 'mono-22k.mp3'],
  ])('of %s', async (name, context) => {
    requirePeers(context, 'ffmpeg');
    const report = await inspect(fixture(name));
    await expectTracks(fixture(name), report);
    expect(report.tracks[0]?.bytes).toBe(report.size);
    expect(report.tracks[0]?.timestamps?.clock).toBe('counted');
  });

  test('of the bundled clip', async (context) => {
    requirePeers(context, 'ffmpeg');
    await expectTracks(clip.video, await inspect(clip.video));
    await expectTracks(clip.audio, await inspect(clip.audio));
  });

  test('of the pictures that no other refers to', async (context) => {
    requirePeers(context, 'ffmpeg');
    const report = await inspect(fixture('bframes.flv'));
    const args = [
      '-i',
      fixture('bframes.flv'),
      '-map',
      'v',
      '-c',
      'copy',
      '-bsf:v',
      'trace_headers',
      '-f',
      'null',
      '-',
    ];
    const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', ...args]);
    // nal_ref_idc, then nal_unit_type: a slice of a picture that is not IDR (ISO/IEC 14496-10 table 7-1).
    const slices = stderr.matchAll(/nal_ref_idc +\d+ = (\d)[^\n]*\n[^\n]*nal_unit_type +\d+ = 1\n/g);
    const disposable = [...slices].filter(([, reference]) => reference === '0').length;
    expect(disposable).toBeGreaterThan(0);
    expect(report.tracks[0]).toMatchObject({ pictures: { disposable } });
  });

  test('of a picture size that changes in mid-stream', async (context) => {
    requirePeers(context, 'ffmpeg');
    const answer = await probe(fixture('size-change.h264'), ['-show_entries', 'frame=width,height']);
    const probed = answer as { frames: { width: number; height: number }[] };
    const frames = probed.frames.map(({ width, height }) => ({ width, height }));
    const at = frames.findIndex(({ width }) => width !== frames[0]?.width);
    const { tracks } = await inspect(fixture('size-change.h264'));
    expect(tracks[0]?.configuration).toMatchObject(frames[0]!);
    expect(tracks[0]?.configurationChanges).toMatchObject({
      count: 1,
      list: [{ ...frames[at], at: at * 40 }],
    });
  });
});

/** The tags of a file as a muxer makes them: sequence headers with theirs, frames with that of their kind. */
function* flvTags(file: Uint8Array): Generator<FlvTag> {
  for (const { type, timestamp, payload } of new FlvReader().push(file)) {
    const isKey = payload[0]! >> 4 === 1;
    const frame = type === TagType.audio ? TagRole.audioFrame : isKey ? TagRole.keyFrame : TagRole.interFrame;
    const header = type === TagType.audio ? TagRole.audioSequenceHeader : TagRole.videoSequenceHeader;
    const role = type === TagType.scriptData ? TagRole.data : payload[1] === 1 ? frame : header;
    yield new FlvTag(type, role, timestamp, [payload], payload.length, 0);
  }
}

/** Unlike AAC, MP3 has no sequence header: every tag is a frame. */
function asFrame({ type, timestamp, parts, size }: FlvTag): FlvTag {
  return new FlvTag(type, TagRole.audioFrame, timestamp, parts, size, 0);
}

function flvFile(tags: readonly FlvTag[]): Buffer {
  const writer = new FlvWriter();
  return Buffer.concat([writer.header(), ...tags.flatMap((tag) => writer.tag(tag))]);
}

function dataTag(timestamp: number, name: string, fields: Record<string, string | number>): FlvTag {
  const body = encodeData(name, fields);
  return new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
}

describe.concurrent('inspect sees what cloudpush puts into a stream', { timeout: TIMEOUT_MS }, () => {
  const events = [
    [0, 'onStreamStart', { trigger: 3, time: 1_700_000_000_000 }],
    [400, 'onBitrate', { audio: 64_000, video: 2_000_000 }],
    [800, 'onDropFrames', { audio: 0, video: 5 }],
    [1000, 'onTriggerChange', { from: 3, to: 100 }],
    [1200, 'onDisconnect', { code: 7 }],
    [1400, 'onPrivateData', { text: 'two\nlines' }],
    [1960, 'onStreamEnd', { alarmDuration: 10_000, time: 1_700_000_002_000 }],
  ] as const;

  async function withEvents(folder: TempFolder): Promise<string> {
    const media = [...flvTags(await readFile(fixture('plain.flv')))];
    const tags = [...media, ...events.map(([at, name, fields]) => dataTag(at, name, fields))];
    return folder.write('events.flv', flvFile(tags.sort((a, b) => a.timestamp - b.timestamp)));
  }

  test('events, with their times and fields', async () => {
    await using folder = await TempFolder.create();
    const report = await inspect(await withEvents(folder));
    expect(report.metadata?.list[0]?.values).toMatchObject([{ width: 320, height: 180, framerate: 25 }]);
    expect(report.events?.count).toBe(events.length);
    expect(report.events?.list).toMatchObject(
      events.map(([at, name, fields]) => ({ at, name, values: [fields] })),
    );
  });

  test('events, for people: a line each', async () => {
    await using folder = await TempFolder.create();
    const { code, stdout } = await cloudpush(['inspect', await withEvents(folder)]);
    expect(code).toBe(0);
    for (const [, name] of events) expect(stdout).toMatch(new RegExp(`│ ${name} +│ \\{`));
    expect(stdout).toContain('│ {"text":"two\\nlines"}');
  });

  test('encrypted frames, with what tells their keys apart, and never a key', async () => {
    await using folder = await TempFolder.create();
    const video = new SampleEncryptor('video');
    video.configure({ mode: 'keyFrames', key: 'vavakey' });
    const audio = new SampleEncryptor('audio');
    audio.configure({ mode: 'allFrames', key: 'vavakey' });
    const tags = [...flvTags(await readFile(fixture('bframes.flv')))].map((tag) => {
      if (tag.timestamp === 1000) audio.configure({ mode: 'allFrames', key: new Uint8Array(16).fill(9) });
      return tag.type === TagType.video ? video.encrypt(tag, false) : audio.encrypt(tag, false);
    });
    const path = await folder.write('encrypted.flv', flvFile(tags));
    const report = await inspect(path);
    const { nonce, keyCheck } = video.parameters as { nonce: string; keyCheck: string };
    expect(report.tracks[0]).toMatchObject({
      samples: 50,
      pictures: { key: 2, disposable: 24 },
      encryption: { samples: 2, keyFrames: 2, keys: { count: 1, list: [{ nonce, keyCheck, version: 2 }] } },
    });
    expect(report.tracks[1]).toMatchObject({ samples: 95, encryption: { samples: 95 } });
    const { stdout } = await cloudpush(['inspect', path]);
    expect(stdout).toMatch(/video encrypted +2 of 50 samples/);
    expect(stdout).toContain(keyCheck);
    expect(stdout).not.toContain('vavakey');
  });

  test('encrypted MP3 frames, which are frames all the same', async () => {
    await using folder = await TempFolder.create();
    const encryptor = new SampleEncryptor('audio');
    encryptor.configure({ mode: 'allFrames', key: 'vavakey' });
    const tags = [...flvTags(await readFile(fixture('mp3.flv')))].map((tag) => {
      return tag.type === TagType.audio ? encryptor.encrypt(asFrame(tag), false) : tag;
    });
    const [, clear] = (await inspect(fixture('mp3.flv'))).tracks;
    const [, audio] = (await inspect(await folder.write('mp3.flv', flvFile(tags)))).tracks;
    const { configuration, samples, timestamps } = clear as AudioTrackReport;
    expect(audio).toMatchObject({ configuration, samples, timestamps, encryption: { samples } });
  });

  test.for(['legacy', 'enhanced'] as const)('H.265 in its %s form', async (hevcForm) => {
    await using folder = await TempFolder.create();
    const splitter = new AccessUnitSplitter('h265');
    const units = [...splitter.push(await readFile(fixture('bframes.h265'))), ...splitter.flush()];
    const muxer = new Muxer({ hevcForm });
    const tags: FlvTag[] = [];
    for (const { data, decodingIndex, presentationIndex } of units) {
      muxer.video('h265', { data, headroom: 0, dts: decodingIndex * 40, pts: presentationIndex * 40 }, tags);
    }
    const report = await inspect(await folder.write('hevc.flv', flvFile(tags)));
    const { tracks } = await inspect(fixture('bframes.h265'));
    const { configuration, pictures, gops } = tracks[0] as VideoTrackReport;
    expect(report.tracks).toMatchObject([{ form: hevcForm, configuration, pictures, gops }]);
  });
});

describe.concurrent('what inspect says of files that are not as they should be', {
  timeout: TIMEOUT_MS,
}, () => {
  test('a recording that was broken off: exit code 1, and the place', async () => {
    await using folder = await TempFolder.create();
    const whole = await readFile(fixture('plain.flv'));
    const path = await folder.write('cut.flv', whole.subarray(0, 30_000));
    const { code, stdout, stderr } = await cloudpush(['inspect', path]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^\S+cut\.flv: FLV, 30\.0 kB, [\d.]+ s, damaged in 1 place$/m);
    expect(stdout).toMatch(/the file ends \d+ bytes into this tag; no tag follows/);
  });

  test('damage in the middle: what is behind it is there', async () => {
    await using folder = await TempFolder.create();
    const bytes = await readFile(fixture('plain.flv'));
    const { offset } = new FlvReader().push(bytes).find((tag) => tag.offset > 20_000)!;
    bytes.fill(0xff, offset, offset + 50);
    const { code, stdout } = await cloudpush(['inspect', await folder.write('damaged.flv', bytes), '--json']);
    expect(code).toBe(1);
    const { damage, tracks, intact } = JSON.parse(stdout) as FileReport;
    expect(intact).toBe(false);
    expect(damage.list[0]).toMatchObject({ offset, code: 'ERR_CLOUDPUSH_FLV_TAG_INVALID' });
    for (const { samples, timestamps } of tracks) {
      expect(samples).toBeGreaterThan(45);
      expect(timestamps?.last).toBeGreaterThan(1900);
    }
  });

  test('timestamps that step back and leave gaps are told, and are no damage', async () => {
    await using folder = await TempFolder.create();
    const tags = [...flvTags(await readFile(fixture('plain.flv')))].filter(
      ({ type }) => type === TagType.video,
    );
    for (const tag of tags) tag.timestamp += tag.timestamp > 1500 ? 3000 : tag.timestamp > 1000 ? -200 : 0;
    const { tracks } = await inspect(await folder.write('times.flv', flvFile(tags)), '--gap', '500');
    expect(tracks[0]?.timestamps).toMatchObject({
      stepsBack: { count: 1, list: [{ at: 840, by: 160 }] },
      gaps: { threshold: 500, count: 1, longest: 3240 },
    });
  });

  test('a foreign file, and none at all: one line, exit code 2', async () => {
    await using folder = await TempFolder.create();
    const text = await folder.write('notes.txt', Buffer.from('not media, only words'));
    for (const [path, words] of [
      [text, 'this is neither FLV nor an elementary stream'],
      [folder.file('absent.flv'), 'there is no such file'],
      [folder.path, 'this is a folder, not a file'],
    ] as const) {
      const { code, stdout, stderr } = await cloudpush(['inspect', path]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^cloudpush: [^\n]+\n$/);
      expect(stderr).toContain(words);
    }
  });

  test('an empty file: one line, exit code 1', async () => {
    await using folder = await TempFolder.create();
    const path = await folder.write('empty.flv', Buffer.alloc(0));
    const { code, stderr } = await cloudpush(['inspect', path]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `cloudpush: ${path}: the file is empty\n` });
  });

  test('arguments that make no sense: exit code 2', async () => {
    for (const args of [
      [],
      [clip.video, clip.audio],
      [clip.video, '--gap', '0'],
      [clip.video, '--gap', 'x'],
    ]) {
      const { code, stdout } = await cloudpush(['inspect', ...args]);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
    }
  });
});
