import { describe, expect, test } from 'vitest';
import type { MuxerError } from '../errors.js';
import { limits } from '../limits.js';

import { DtsFromPts } from './dts-from-pts.js';
import { type InputClock, stamp, Timeline, TrackClock, wrap32 } from './timeline.js';

describe('timeline', () => {
  test("begins at 0, whatever the caller's clock says, and keeps the offset of the tracks", () => {
    const timeline = new Timeline('native');
    const video = new TrackClock();
    const audio = new TrackClock();
    expect(timeline.place(video, 1_700_000_000_000)).toBe(0);
    expect(timeline.place(audio, 1_700_000_000_012.5)).toBe(12.5);
    expect(timeline.place(video, 1_700_000_000_040)).toBe(40);
    expect(timeline.presentation(video, 1_700_000_000_080, 1_700_000_000_040, 40)).toBe(80);
    expect(timeline.elapsed).toBe(40);
  });

  test('has come as far as the track that is ahead, and shows nothing before it is decoded', () => {
    const timeline = new Timeline('native');
    const video = new TrackClock();
    timeline.place(video, 100);
    timeline.place(video, 160);
    timeline.place(new TrackClock(), 120);
    expect(timeline.elapsed).toBe(60);
    expect([100, 90, 60, 30].map((pts) => timeline.presentation(video, 100 + pts, 110, 60))).toEqual([
      100, 90, 60, 60,
    ]);
  });

  test('holds a track that begins a little before the origin at 0 until it gets there', () => {
    const timeline = new Timeline('native');
    const audio = new TrackClock();
    timeline.place(new TrackClock(), 500);
    expect([480, 499, 500, 520].map((dts) => timeline.place(audio, dts))).toEqual([0, 0, 0, 20]);
  });

  test('a 32-bit clock goes on over its wrap, for both tracks and many times', () => {
    const timeline = new Timeline('wrapping32');
    const video = new TrackClock();
    const audio = new TrackClock();
    let expected = 0;
    const start = 2 ** 32 - 50;
    for (let turn = 0; turn < 4000; turn++, expected += limits.longestGap32Ms) {
      const now = (start + expected) % 2 ** 32;
      expect(timeline.place(video, timeline.unwrap(now))).toBe(expected);
      expect(timeline.place(audio, timeline.unwrap((now + 20) % 2 ** 32))).toBe(expected + 20);
    }
  });

  test('a 32-bit clock is told in whole ms, also behind a decoding time that was made up in between', () => {
    const timeline = new Timeline('wrapping32');
    timeline.place(new TrackClock(), 1010.25);
    expect([1040, 1011, 1010, 1005].map((time) => timeline.unwrap(time))).toEqual([1040, 1011, 1010, 1005]);
    timeline.resume(2 ** 32 - 100.5, 99.75);
    expect(timeline.unwrap(20)).toBe(2 ** 32 + 20);
  });

  test('a time is unwrapped on the side of the wrap where its reference is', () => {
    const timeline = new Timeline('wrapping32');
    expect(timeline.unwrapNear(40, 2 ** 32 - 40)).toBe(2 ** 32 + 40);
    expect(timeline.unwrapNear(2 ** 32 - 40, 2 ** 32 + 40)).toBe(2 ** 32 - 40);
  });

  test('tells the earliest decoding time of a track', () => {
    const timeline = new Timeline('native');
    const video = new TrackClock();
    expect(timeline.earliest(video)).toBe(Number.NEGATIVE_INFINITY);
    timeline.place(new TrackClock(), 5000);
    expect(timeline.earliest(video)).toBe(4000);
    timeline.place(video, 5040);
    expect(timeline.earliest(video)).toBe(5040);
  });

  test.each([-1, 0.5, 2 ** 32, Number.NaN])('%d is no time of a 32-bit clock', (time) => {
    expect(() => new Timeline('wrapping32').unwrap(time)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_TIMESTAMP_INVALID' }),
    );
  });

  test('stamps are whole milliseconds that never step back, and wrap at 2^32', () => {
    const track = new TrackClock();
    expect([0.4, 23.22, 46.44, 46].map((time) => stamp(track, time))).toEqual([0, 23, 46, 46]);
    expect(wrap32(2 ** 32 + 7)).toBe(7);
    expect(wrap32(5 * 2 ** 32 - 1)).toBe(2 ** 32 - 1);
  });
});

describe('a timeline repairs', () => {
  /** Two tracks, and what is told. */
  const repairing = (inputClock: InputClock = 'native') => {
    const timeline = new Timeline(inputClock);
    const video = new TrackClock();
    const audio = new TrackClock(video);
    const told: MuxerError[] = [];
    timeline.onWarning = (warning) => told.push(warning);
    const at = (track: TrackClock, time: number): number =>
      stamp(track, timeline.place(track, timeline.unwrap(time)));
    return { timeline, video, audio, told, at };
  };

  test('a small step back, 1 ms behind the packet before, and tells it once with its size', () => {
    const { video, told, at } = repairing();
    expect([100, 140, 140, 130, 180].map((time) => at(video, time))).toEqual([0, 40, 40, 41, 80]);
    expect(told).toMatchObject([
      { code: 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK', details: { field: 'dts', actual: '-10 ms' } },
    ]);
  });

  test('a clock that was set back by less than a second, until it has caught up, and tells it once', () => {
    const { video, told, at } = repairing();
    const times = [0, 400, 440, 480, 80, 120, 160, 480, 520];
    expect(times.map((time) => at(video, 1000 + time))).toEqual([0, 400, 440, 480, 481, 482, 483, 484, 520]);
    expect(told).toMatchObject([{ details: { actual: '-400 ms' } }]);
  });

  test.each([
    ['by 5 s', -5000, 'native'],
    ['by 1001 ms', -1001 - 40, 'native'],
    ['by years', -1.6e12, 'native'],
    ['forward by years', 1.7e12, 'native'],
    ['by days, on 32 bits', -8e8, 'wrapping32'],
    ['forward by days, on 32 bits', 7e8, 'wrapping32'],
    ['by half of 32 bits', 2 ** 31 - 20, 'wrapping32'],
    ['by just more than half of 32 bits', 2 ** 31 + 20, 'wrapping32'],
    ['over the wrap', -20_000, 'wrapping32'],
  ] as const)(
    'a clock that was set %s: both tracks go on, and keep their distance',
    (_name, step, inputClock) => {
      const { video, audio, told, at } = repairing(inputClock);
      const clock = (time: number): number => {
        const now = 10_000 + time + (time >= 800 ? step : 0);
        return inputClock === 'native' ? now : ((now % 2 ** 32) + 2 ** 32) % 2 ** 32;
      };
      const out: [number, number][] = [];
      for (let time = 0; time < 2000; time += 10) {
        if (time % 40 === 0) out.push([time, at(video, clock(time))]);
        if (time % 20 === 10) out.push([time, at(audio, clock(time))]);
      }
      for (const [expected, actual] of out) expect(actual).toBe(expected);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({ details: { field: 'clock' } });
    },
  );

  test('a clock that was set while packets of the other track with old times are on their way', () => {
    const { video, audio, told, at } = repairing();
    for (const time of [0, 40, 80]) at(video, 10_000 + time);
    for (const time of [0, 20, 40]) at(audio, 10_000 + time);
    expect([5120, 5160].map((time) => at(video, time))).toEqual([120, 160]);
    expect([10_060, 10_080, 5100, 5120].map((time) => at(audio, time))).toEqual([60, 80, 100, 120]);
    expect(told).toHaveLength(1);
  });

  test('the clock of one track alone, when the other has a clock of its own', () => {
    const { video, audio, told, at } = repairing();
    at(video, 1e6);
    expect([0, 20, 40].map((time) => at(audio, time))).toEqual([0, 20, 40]);
    expect([1e6 + 40, 1e6 - 9920, 1e6 - 9880].map((time) => at(video, time))).toEqual([40, 80, 120]);
    expect([60, 80].map((time) => at(audio, time))).toEqual([60, 80]);
    expect(told.map(({ code }) => code)).toEqual([
      'ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START',
      'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK',
    ]);
  });

  test('one time far ahead: both tracks go on behind it, and keep their distance', () => {
    const { video, audio, told, at } = repairing();
    for (const time of [0, 40]) at(video, time);
    for (const time of [0, 20, 40]) at(audio, time);
    expect([3_600_080, 120, 160].map((time) => at(video, time))).toEqual([3_600_080, 3_600_120, 3_600_160]);
    expect([60, 120].map((time) => at(audio, time))).toEqual([3_600_060, 3_600_120]);
    expect(told).toHaveLength(1);
  });

  test('nothing where a source pauses: the gap stays', () => {
    for (const inputClock of ['native', 'wrapping32'] as const) {
      const { video, told, at } = repairing(inputClock);
      expect([0, 40, 60_040, 60_080].map((time) => at(video, time))).toEqual([0, 40, 60_040, 60_080]);
      expect(told).toEqual([]);
    }
  });

  test('a small step back over the wrap of a 32-bit clock, not 49 days', () => {
    const { video, told, at } = repairing('wrapping32');
    expect([0, 4, 2 ** 32 - 4, 8].map((time) => at(video, time))).toEqual([0, 4, 5, 8]);
    expect(told).toMatchObject([{ details: { actual: '-8 ms' } }]);
  });

  test('the time of a data message, which never moves the clock of the media', () => {
    const { timeline, video, told, at } = repairing();
    const data = new TrackClock();
    const tell = (time: number): number => stamp(data, timeline.placeData(data, time));
    at(video, 1000);
    at(video, 1040);
    expect([1040, 900, 1e12].map(tell)).toEqual([40, 41, 41]);
    expect(at(video, 1080)).toBe(80);
    expect(told.map(({ code }) => code)).toEqual([
      'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK',
      'ERR_CLOUDPUSH_TIMESTAMP_JUMP',
    ]);
  });
});

describe('dts from pts', () => {
  /** Decoding times of pictures of which the first is a key frame; those that step back are refused. */
  const derive = (ptsList: number[], depth: number | undefined, duration: number | undefined) => {
    const deriver = new DtsFromPts();
    let last = Number.NEGATIVE_INFINITY;
    return ptsList.map((pts, i) => {
      const dts = deriver.propose(pts, depth, undefined, duration, i === 0, Number.NEGATIVE_INFINITY);
      if (dts < last) return 'refused';
      deriver.accept();
      last = dts;
      return dts;
    });
  };

  test('is the pts without reordering, told or not', () => {
    expect(derive([0, 40, 80], 0, 40)).toEqual([0, 40, 80]);
    expect(derive([0, 40, 80], undefined, undefined)).toEqual([0, 40, 80]);
  });

  test('is what an encoder with B-frames would have said', () => {
    // Decoding order I0 P4 B2 b1 b3 P8 B6 b5 b7: x264 with a pyramid, depth 2.
    const pts = [0, 160, 80, 40, 120, 320, 240, 200, 280];
    expect(derive(pts, 2, 40)).toEqual([-80, -40, 0, 40, 80, 120, 160, 200, 240]);
  });

  test('never exceeds the pts and never steps back, with any frame rate and gaps', () => {
    const pts = [0, 33, 17, 500, 483, 467, 517, 9000, 8950];
    const dts = derive(pts, 2, undefined);
    dts.forEach((time, i) => {
      expect(time).toBeLessThanOrEqual(pts[i]!);
      expect(time).toBeGreaterThanOrEqual(Number(dts[i - 1] ?? Number.NEGATIVE_INFINITY));
    });
  });

  test('never lies behind the pts: a pts before the last dts is refused, and forgotten', () => {
    expect(derive([1000, 100, 1120, 1040, 1080], 2, 40)).toEqual([920, 'refused', 960, 1000, 1040]);
  });

  test('keeps nothing of a picture that was refused', () => {
    const deriver = new DtsFromPts();
    const next = (pts: number) => deriver.propose(pts, 1, undefined, 40, false, Number.NEGATIVE_INFINITY);
    next(0);
    deriver.accept();
    next(1e9);
    expect(next(80)).toBe(0);
    deriver.accept();
    expect(next(40)).toBe(40);
  });

  test('begins anew at a key frame after a pause', () => {
    const deriver = new DtsFromPts();
    const next = (pts: number, keyFrame: boolean) => {
      const dts = deriver.propose(pts, 2, undefined, 40, keyFrame, Number.NEGATIVE_INFINITY);
      deriver.accept();
      return dts;
    };
    for (const pts of [0, 160, 80, 40, 120]) next(pts, pts === 0);
    expect(next(60_000, true)).toBe(59_920);
    expect([60_160, 60_080, 60_040].map((pts) => next(pts, false))).toEqual([59_960, 60_000, 60_040]);
  });

  test('shifts the first pictures no further than the timeline permits', () => {
    const deriver = new DtsFromPts();
    const dts = [0, 4000, 2000, 1000, 3000].map((pts) => {
      const time = deriver.propose(pts, 2, undefined, 1000, pts === 0, -1000);
      deriver.accept();
      return time;
    });
    expect(dts).toEqual([-1000, -1000, 0, 1000, 2000]);
  });
});
