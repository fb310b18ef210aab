import { describe, expect, test } from 'vitest';
import { DtsFromPts } from './dts-from-pts.js';
import { stamp, Timeline, TrackClock, wrap32 } from './timeline.js';

describe('timeline', () => {
  test("begins at 0, whatever the caller's clock says, and keeps the offset of the tracks", () => {
    const timeline = new Timeline('native');
    const video = new TrackClock();
    const audio = new TrackClock();
    expect(timeline.place(video, 1_700_000_000_000)).toBe(0);
    expect(timeline.place(audio, 1_700_000_000_012.5)).toBe(12.5);
    expect(timeline.place(video, 1_700_000_000_040)).toBe(40);
    expect(timeline.fromOrigin(1_700_000_000_080)).toBe(80);
    expect(timeline.elapsed).toBe(40);
  });

  test('holds a track that begins a little before the origin at 0 until it gets there', () => {
    const timeline = new Timeline('native');
    const audio = new TrackClock();
    timeline.place(new TrackClock(), 500);
    expect([480, 499, 500, 520].map((dts) => timeline.place(audio, dts))).toEqual([0, 0, 0, 20]);
  });

  test('refuses a track that begins long before the origin', () => {
    const timeline = new Timeline('native');
    timeline.place(new TrackClock(), 5000);
    expect(() => timeline.place(new TrackClock(), 3999)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START' }),
    );
  });

  test('takes equal times, refuses a step back, and goes on from where it was', () => {
    const timeline = new Timeline('native');
    const track = new TrackClock();
    timeline.place(track, 100);
    timeline.place(track, 140);
    expect(timeline.place(track, 140)).toBe(40);
    expect(() => timeline.place(track, 139)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK', actual: '39 ms' }),
    );
    expect(timeline.place(track, 141)).toBe(41);
  });

  test('a 32-bit clock goes on over its wrap, for both tracks and many times', () => {
    const timeline = new Timeline('wrapping32');
    const video = new TrackClock();
    const audio = new TrackClock();
    let expected = 0;
    const start = 2 ** 32 - 50;
    for (let turn = 0; turn < 40; turn++, expected += 2 ** 30) {
      const now = (start + expected) % 2 ** 32;
      expect(timeline.place(video, timeline.unwrap(now))).toBe(expected);
      expect(timeline.place(audio, timeline.unwrap((now + 20) % 2 ** 32))).toBe(expected + 20);
    }
  });

  test('a small step back over the wrap of a 32-bit clock is a step back, not 49 days', () => {
    const timeline = new Timeline('wrapping32');
    const track = new TrackClock();
    timeline.place(track, timeline.unwrap(4));
    expect(() => timeline.place(track, timeline.unwrap(2 ** 32 - 4))).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK' }),
    );
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

describe('dts from pts', () => {
  /** Decoding times of pictures of which the first is a key frame; those that step back are refused. */
  const derive = (ptsList: number[], depth: number | undefined, duration: number | undefined) => {
    const deriver = new DtsFromPts();
    let last = Number.NEGATIVE_INFINITY;
    return ptsList.map((pts, i) => {
      const dts = deriver.propose(pts, depth, duration, i === 0, Number.NEGATIVE_INFINITY);
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
    const next = (pts: number) => deriver.propose(pts, 1, 40, false, Number.NEGATIVE_INFINITY);
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
      const dts = deriver.propose(pts, 2, 40, keyFrame, Number.NEGATIVE_INFINITY);
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
      const time = deriver.propose(pts, 2, 1000, pts === 0, -1000);
      deriver.accept();
      return time;
    });
    expect(dts).toEqual([-1000, -1000, 0, 1000, 2000]);
  });
});
