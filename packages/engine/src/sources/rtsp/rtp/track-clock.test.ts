import { expect, test } from 'vitest';
import { LipSync } from './lip-sync.js';
import { TimelineOrigin, TrackClock } from './track-clock.js';

function clockOf(rate = 90_000, monotonic = false, origin = new TimelineOrigin()): TrackClock {
  return new TrackClock(rate, monotonic, origin);
}

function times(clock: TrackClock, ...packets: readonly [timestamp: number, now: number][]): number[] {
  return packets.map(([timestamp, now]) => clock.timeOf(clock.advance(timestamp >>> 0, now)));
}

test('timestamps wrap at 32 bits, and pictures out of order go back', () => {
  const clock = clockOf();
  const start = 2 ** 32 - 3600;
  expect(times(clock, [start, 5], [start + 7200, 45], [start + 3600, 85], [start + 10_800, 125])).toEqual([
    0, 80, 40, 120,
  ]);
});

test('without RTP-Info tracks are put where their first packets came', () => {
  const origin = new TimelineOrigin();
  const video = clockOf(90_000, false, origin);
  const audio = clockOf(8000, true, origin);
  expect(times(video, [123_456, 1000])).toEqual([0]);
  expect(times(audio, [999, 1060], [999 + 160, 1080])).toEqual([60, 80]);
});

test('RTP-Info says where tracks begin, whenever their packets come', () => {
  const origin = new TimelineOrigin();
  const video = clockOf(90_000, false, origin);
  const audio = clockOf(8000, true, origin);
  video.announce(4_294_966_396);
  audio.announce(800);
  expect(times(video, [8100, 1000])).toEqual([100]);
  expect(times(audio, [720, 1400])).toEqual([-10]);
});

test('a track without RTP-Info is put behind the first packet of one that has it', () => {
  const origin = new TimelineOrigin();
  const video = clockOf(90_000, false, origin);
  const audio = clockOf(8000, true, origin);
  video.announce(0);
  expect(times(video, [0, 1000])).toEqual([0]);
  expect(times(audio, [5, 1060])).toEqual([60]);
});

test('RTP-Info that is far from the first packet is not believed', () => {
  const clock = clockOf(90_000);
  clock.announce(0);
  expect(times(clock, [90_000 * 11, 0])).toEqual([0]);
});

test('a gap is a gap: as long in time as in timestamps', () => {
  expect(times(clockOf(), [0, 0], [90_000 * 60, 60_100])).toEqual([0, 60_000]);
});

test('a burst after a standstill keeps its own times', () => {
  expect(times(clockOf(), [0, 0], [3600, 9000], [7200, 9001])).toEqual([0, 40, 80]);
});

test('a step of the clock, forward or back, is evened out by the time of arrival', () => {
  const clock = clockOf();
  expect(times(clock, [0, 0], [90_000 * 3600, 40], [90_000 * 3600 + 3600, 80])).toEqual([0, 40, 80]);
  expect(times(clock, [500, 120], [500 + 3600, 160])).toEqual([120, 160]);
  expect(clock.steps).toBe(2);
});

test('a new sequence goes on where the old one was', () => {
  const clock = clockOf();
  expect(times(clock, [1000, 500])).toEqual([0]);
  clock.restart();
  expect(Number.isNaN(clock.timeOfTimestamp(5))).toBe(true);
  expect(times(clock, [4_000_000_000, 530], [4_000_003_600, 570])).toEqual([30, 70]);
});

test('times of sound never fall, although the track is moved', () => {
  const clock = clockOf(8000, true);
  expect(times(clock, [0, 0], [320, 40])).toEqual([0, 40]);
  clock.shift = -60;
  expect(times(clock, [640, 80], [960, 120])).toEqual([40, 60]);
});

/** Pictures and sound that came 500 ms apart, without RTP-Info. */
function twoTracks() {
  const origin = new TimelineOrigin();
  const video = clockOf(90_000, false, origin);
  const audio = clockOf(8000, true, origin);
  times(video, [90_000, 0]);
  times(audio, [16_000, 500]);
  const lipSync = new LipSync();
  const report = (track: number, ntpTime: number, rtpTime: number): void =>
    lipSync.report(track, { ssrc: 1, ntpTime, compactNtp: 1, rtpTime });
  lipSync.add(video);
  lipSync.add(audio);
  return { audio, video, report };
}

test('sender reports move the sound to the pictures', () => {
  const { audio, video, report } = twoTracks();
  report(0, 1_000_000, 90_000);
  expect(audio.shift).toBe(0);
  report(1, 1_000_000, 16_000);
  expect(audio.shift).toBe(-500);
  expect(video.shift).toBe(0);
});

test('small differences are mended little by little, noticeable ones at once', () => {
  const { audio, report } = twoTracks();
  report(0, 1_000_000, 90_000);
  report(1, 1_000_000, 16_000);
  report(1, 1_001_008, 24_000);
  expect(audio.shift).toBe(-498);
  report(1, 1_002_040, 32_000);
  expect(audio.shift).toBe(-460);
});

test('a step of the wall clock moves nothing until both tracks have seen it', () => {
  const { audio, report } = twoTracks();
  report(0, 1_000_000, 90_000);
  report(1, 1_000_000, 16_000);
  report(0, 1_001_300, 180_000);
  expect(audio.shift).toBe(-500);
  report(1, 1_001_300, 24_000);
  report(0, 1_002_300, 270_000);
  report(1, 1_002_300, 32_000);
  expect(audio.shift).toBe(-500);
});

test('reports that contradict each other, or have no wall clock, are not believed', () => {
  const { audio, report } = twoTracks();
  report(0, 1_000_000, 90_000);
  report(1, 9_000_000, 16_000);
  expect(audio.shift).toBe(0);
  const silent = twoTracks();
  const lipSync = new LipSync();
  lipSync.add(silent.video);
  lipSync.add(silent.audio);
  lipSync.report(0, { ssrc: 1, ntpTime: -2_208_988_800_000, compactNtp: 0, rtpTime: 90_000 });
  lipSync.report(1, { ssrc: 1, ntpTime: -2_208_988_800_000, compactNtp: 0, rtpTime: 16_000 });
  expect(silent.audio.shift).toBe(0);
});
