import { describe, expect, test } from 'vitest';
import { Segments } from './segment-tracker.js';

const near = 1;
const far = 2;
const both = [near, far];

test('segments are numbered from where a channel is, and open from their start to their end', () => {
  const segments = new Segments({ number: 4, isOpen: false });
  expect([segments.state, segments.isOpen, segments.isSettled]).toEqual([
    { number: 4, isOpen: false },
    false,
    false,
  ]);
  expect(segments.start()).toEqual({ border: 'start', number: 5 });
  expect([segments.state, segments.isOpen, segments.isSettled]).toEqual([
    { number: 5, isOpen: true },
    true,
    true,
  ]);
  expect(segments.end(both)).toEqual({ border: 'end', number: 5 });
  expect([segments.state, segments.isOpen, segments.isSettled]).toEqual([
    { number: 5, isOpen: false },
    false,
    false,
  ]);
});

describe('a segment that has ended', () => {
  const ended = (): Segments => {
    const segments = new Segments({ number: 1, isOpen: true });
    segments.end(both);
    return segments;
  };

  test('is over when the last destination has brought it there, each once', () => {
    const segments = ended();
    expect([segments.settle(1, near), segments.settle(1, near)]).toEqual([false, false]);
    expect(segments.settle(1, far)).toBe(true);
    expect(segments.settle(1, far)).toBe(false);
  });

  test('keeps the next one from being settled until it is over', () => {
    const segments = ended();
    segments.start();
    expect(segments.isSettled).toBe(false);
    segments.settle(1, near);
    expect(segments.isSettled).toBe(false);
    segments.settle(1, far);
    expect(segments.isSettled).toBe(true);
  });

  test('is over, too, when those that it waited for are, but only if somebody brought it there', () => {
    const one = ended();
    one.settle(1, near);
    expect(one.leave(far)).toEqual([1]);
    expect(one.leave(far)).toEqual([]);
    const none = ended();
    expect([none.leave(near), none.leave(far)]).toEqual([[], []]);
    none.start();
    expect(none.isSettled).toBe(true);
  });

  test('does not wait for a destination that came later, or that has another number', () => {
    const segments = new Segments({ number: 1, isOpen: true });
    segments.end([near]);
    expect([segments.settle(1, far), segments.settle(2, near), segments.leave(far)]).toEqual([
      false,
      false,
      [],
    ]);
    expect(segments.settle(1, near)).toBe(true);
  });
});

test('a destination that ends leaves every segment that it has not brought to its end', () => {
  const segments = new Segments({ number: 1, isOpen: true });
  segments.end(both);
  segments.start();
  segments.end(both);
  segments.settle(1, near);
  segments.settle(2, near);
  expect(segments.leave(far)).toEqual([1, 2]);
});
