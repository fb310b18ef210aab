import { expect, test } from 'vitest';
import type { SourcePacket, TrackKind } from '../packet.js';
import { ClipReader, readClip } from './clip.js';
import { InterleaveReader } from './interleave-reader.js';
import { LoopReader } from './loop-reader.js';
import { MergeReader } from './merge-reader.js';

/** `count` packets of one track, one every `duration` ms from 0 on; the data tells which one it is. */
function track(kind: TrackKind, count: number, duration: number): SourcePacket[] {
  return Array.from({ length: count }, (_, index) => ({
    kind,
    codec: kind === 'video' ? 'h264' : 'aac',
    data: Uint8Array.of(index),
    pts: index * duration,
    dts: index * duration,
    keyFrame: kind === 'audio' || index === 0,
    duration,
  }));
}

function looped(passes: number, ...tracks: SourcePacket[][]): Promise<SourcePacket[]> {
  const [first, second] = tracks;
  const open = () =>
    second === undefined
      ? new ClipReader(first!)
      : new MergeReader(new ClipReader(first!), new ClipReader(second));
  return readClip(new InterleaveReader(new LoopReader(open, passes)));
}

/** The steps between one packet of a track and the next. */
function steps(packets: SourcePacket[], kind: TrackKind): number[] {
  const times = packets.filter((packet) => packet.kind === kind).map((packet) => packet.dts);
  return times.slice(1).map((time, index) => time - times[index]!);
}

test('a video track goes on at the next frame time when it starts over', async () => {
  const packets = await looped(3, track('video', 4, 40));
  expect(packets.map((packet) => packet.dts)).toEqual([
    0, 40, 80, 120, 160, 200, 240, 280, 320, 360, 400, 440,
  ]);
  expect(packets.map((packet) => packet.data[0])).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  expect(packets.filter((packet) => packet.keyFrame).map((packet) => packet.dts)).toEqual([0, 160, 320]);
});

test('one pass is the source as it is', async () => {
  const video = track('video', 4, 40);
  const audio = track('audio', 9, 21);
  const packets = await looped(1, video, audio);
  expect(packets.filter((packet) => packet.kind === 'video')).toEqual(video);
  expect(packets.filter((packet) => packet.kind === 'audio')).toEqual(audio);
});

/** The steps that are not `expected` ms, but for the rounding of fractions. */
function uneven(found: number[], expected: number): number[] {
  return found.filter((step) => Math.abs(step - expected) > 1e-6);
}

const AAC_44100 = (1024 / 44_100) * 1000;

/** Audio that ends a little before, with and after 3.2 s of pictures. */
const lengths = [136, 137, 138, 139, 140, 142];

test.each(lengths)(
  'with %i audio frames neither track jumps and they stay together for 200 passes',
  async (frames) => {
    const passes = 200;
    const packets = await looped(passes, track('video', 80, 40), track('audio', frames, AAC_44100));
    expect(packets.filter((packet) => packet.kind === 'video')).toHaveLength(80 * passes);
    expect(uneven(steps(packets, 'video'), 40)).toEqual([]);
    expect(uneven(steps(packets, 'audio'), AAC_44100)).toEqual([]);
    const drifts = packets
      .filter((packet) => packet.kind === 'audio')
      .map((packet) => (packet.dts - packet.data[0]! * packet.duration) / 3200)
      .map((passesBefore) => Math.abs(passesBefore - Math.round(passesBefore)) * 3200);
    expect(Math.max(...drifts)).toBeLessThanOrEqual(AAC_44100 * 2.5);
  },
);

test('audio much longer than the pictures is played to its end in every pass', async () => {
  const packets = await looped(2, track('video', 4, 40), track('audio', 50, 20));
  expect(packets.filter((packet) => packet.kind === 'audio')).toHaveLength(100);
  expect(packets.filter((packet) => packet.kind === 'video').map((packet) => packet.dts)).toEqual([
    0, 40, 80, 120, 1000, 1040, 1080, 1120,
  ]);
});

test('a gap of many frames at the end of the audio is kept, not filled', async () => {
  const packets = await looped(2, track('video', 80, 40), track('audio', 130, AAC_44100));
  expect(uneven(steps(packets, 'audio'), AAC_44100)).toHaveLength(1);
  expect(packets.filter((packet) => packet.kind === 'audio')[130]?.dts).toBeCloseTo(3200, 6);
});

test('audio much shorter than the pictures starts over together with them', async () => {
  const packets = await looped(2, track('video', 25, 40), track('audio', 10, 20));
  const audio = packets.filter((packet) => packet.kind === 'audio').map((packet) => packet.dts);
  expect(audio.slice(0, 2)).toEqual([0, 20]);
  expect(audio.slice(10, 12)).toEqual([1000, 1020]);
  expect(audio).toHaveLength(20);
});

test('an empty source ends instead of looping for ever', async () => {
  expect(await looped(Number.POSITIVE_INFINITY, [])).toEqual([]);
});

test.each([
  [80, 40],
  [200 / 3, 100 / 3],
])(
  'sound that begins %f ms behind reordered pictures has no hole where passes meet',
  async (delay, picture) => {
    const pictures = track('video', 60, picture);
    const sounds = track('audio', Math.ceil((60 * picture) / AAC_44100), AAC_44100).map((packet) => ({
      ...packet,
      pts: packet.pts + delay,
      dts: packet.dts + delay,
    }));
    const packets = await looped(20, pictures, sounds);
    expect(uneven(steps(packets, 'video'), picture)).toEqual([]);
    expect(uneven(steps(packets, 'audio'), AAC_44100)).toEqual([]);
  },
);
