import { expect, test } from 'vitest';
import type { SourcePacket, TrackKind } from '../packet.js';
import { ClipReader, readClip } from './clip.js';
import { SteadyReader } from './steady-reader.js';

const HOURS = 3 * 3_600_000;

/** A packet every so often of a track, from one time to another, on a clock that is off by `shift`. */
function packets(kind: TrackKind, every: number, from: number, to: number, shift = 0): SourcePacket[] {
  const list: SourcePacket[] = [];
  for (let at = from; at < to; at += every) {
    const codec = kind === 'video' ? 'h264' : 'aac';
    const times = { dts: at + shift, pts: at + shift + 80, duration: every };
    list.push({ kind, codec, data: new Uint8Array(1), keyFrame: true, ...times });
  }
  return list;
}

/** In the order in which a file has them. */
function inOrder(...lists: SourcePacket[][]): SourcePacket[] {
  return lists.flat().toSorted((a, b) => a.dts - b.dts);
}

async function read(list: SourcePacket[], clock?: { now: () => number }) {
  const told: string[] = [];
  const options = { onJump: (notice: string) => told.push(notice), clock: clock as never };
  const out = await readClip(new SteadyReader(new ClipReader(list), options));
  const of = (wanted: TrackKind) => out.filter(({ kind }) => kind === wanted).map(({ dts }) => dts);
  return { out, told, video: of('video'), audio: of('audio') };
}

const times = (list: SourcePacket[]) => list.map(({ dts }) => dts);
const both = (from: number, to: number, shift = 0) =>
  inOrder(packets('video', 40, from, to, shift), packets('audio', 20, from, to, shift));

test.each([
  ['ahead', 0, HOURS],
  ['back', HOURS, 0],
])(
  'a clock that is set %s by hours goes on, with both tracks together, and is told once',
  async (way, before, after) => {
    const list = [...both(0, 3000, before), ...both(3000, 6000, after), ...both(6000, 9000, after + HOURS)];
    const { out, told, video, audio } = await read(
      list.map((packet) => ({ ...packet, dts: packet.dts - before, pts: packet.pts - before })),
    );
    expect(video).toEqual(times(packets('video', 40, 0, 9000)));
    expect(audio).toEqual(times(packets('audio', 20, 0, 9000)));
    expect(out.every(({ pts, dts }) => pts - dts === 80)).toBe(true);
    expect(told).toEqual([`the timestamps jump ${way} by 10800.0 s at 3.0 s: it goes on there at once`]);
  },
);

test('a track whose clock alone is set stays with the other', async () => {
  const audio = packets('audio', 20, 0, 6000);
  const early = packets('video', 40, 0, 3000);
  const late = packets('video', 40, 3000, 6000);
  const list = inOrder(audio, early, late).map((packet) =>
    late.includes(packet) ? { ...packet, dts: packet.dts + HOURS, pts: packet.pts + HOURS } : packet,
  );
  const result = await read(list);
  expect(result.audio).toEqual(times(audio));
  expect(Math.max(...result.video.map((dts, index) => Math.abs(dts - index * 40)))).toBeLessThanOrEqual(40);
});

test('an average length of packets that has the jump in it does not outlast it', async () => {
  const list = [...both(0, 3000), ...both(3000, 6000, HOURS).map((one) => ({ ...one, duration: 72_000 }))];
  const { out } = await read(list);
  expect(new Set(out.map(({ duration }) => duration))).toEqual(new Set([40, 20]));
});

test('pauses that a file may have stay, and its packets go through as they are', async () => {
  const slides = inOrder(packets('video', 60_000, 0, 300_000), packets('audio', 5000, 0, 300_000));
  const pause = [...both(0, 1000), ...both(10_900, 12_000)];
  for (const list of [slides, pause]) {
    const { out, told } = await read(list);
    expect(out).toEqual(list);
    expect(told).toEqual([]);
  }
});

test('of media that comes as it is made, a gap that has passed is one, and a longer one is a jump', async () => {
  let now = 0;
  const inner = new ClipReader([...both(0, 40), ...both(60_000, 60_040), ...both(HOURS, HOURS + 40)]);
  const told: string[] = [];
  const clock = { now: () => now, after: () => () => {} };
  const reader = new SteadyReader(inner, { onJump: (notice) => told.push(notice), clock });
  for (let index = 0; index < 3; index++) reader.next();
  now = 55_000;
  expect(reader.next()?.dts).toBe(60_000);
  expect(told).toEqual([]);
  for (let index = 0; index < 2; index++) reader.next();
  now = 56_000;
  expect(reader.next()?.dts).toBeLessThan(60_100);
  expect(told).toHaveLength(1);
});
