import { expect, test } from 'vitest';
import { compareFrames } from './compare.js';
import type { Frame } from './frame.js';

/** One second of a channel: 25 pictures and 40 audio frames. */
function channel(): Frame[] {
  const frames: Frame[] = [];
  for (let i = 0; i < 25; i++) {
    const dts = i * 40;
    const times = { dts, pts: dts + 80, keyFrame: i % 10 === 0 };
    frames.push({ kind: 'video', ...times, fingerprint: `picture ${i}`, configuration: 'sets' });
  }
  for (let i = 0; i < 40; i++) {
    const dts = i * 25 + 0.4;
    const times = { dts, pts: dts, keyFrame: true };
    frames.push({ kind: 'audio', ...times, fingerprint: `sound ${i}`, configuration: '1190' });
  }
  return frames.toSorted((a, b) => a.dts - b.dts);
}

/** The same frames as a recording has them: from another origin, in whole milliseconds. */
function recorded(frames: Frame[], origin = 5000): Frame[] {
  return frames.map((frame) => ({
    ...frame,
    dts: Math.round(frame.dts + origin),
    pts: Math.round(frame.pts + origin),
  }));
}

function indexOf(frames: Frame[], fingerprint: string): number {
  return frames.findIndex((frame) => frame.fingerprint === fingerprint);
}

function differences(received: Frame[]) {
  return compareFrames(channel(), received).differences;
}

test('a faithful recording matches whole, whatever its origin and for all its rounding', () => {
  expect(compareFrames(channel(), recorded(channel()))).toEqual({ matched: 65, differences: [] });
});

test('interleaving the tracks otherwise makes no difference', () => {
  const received = recorded(channel());
  const regrouped = [
    ...received.filter((frame) => frame.kind === 'audio'),
    ...received.filter((frame) => frame.kind === 'video'),
  ];
  expect(differences(regrouped)).toEqual([]);
});

test.each(['picture 0', 'picture 7', 'picture 24'])('a lost frame is named: %s', (fingerprint) => {
  const received = recorded(channel());
  received.splice(indexOf(received, fingerprint), 1);
  expect(differences(received)).toMatchObject([
    { kind: 'lost', track: 'video', frame: Number(fingerprint.split(' ')[1]) + 1 },
  ]);
});

test('a lost audio frame leaves the pictures alone', () => {
  const received = recorded(channel());
  received.splice(indexOf(received, 'sound 12'), 1);
  expect(differences(received)).toEqual([
    { kind: 'lost', track: 'audio', frame: 13, detail: 'never came (dts 300.4 ms)' },
  ]);
});

test('several lost in a row are counted one by one', () => {
  const received = recorded(channel()).filter(
    (frame) => !['picture 3', 'picture 4', 'picture 5'].includes(frame.fingerprint),
  );
  expect(differences(received).map(({ kind, frame }) => [kind, frame])).toEqual([
    ['lost', 4],
    ['lost', 5],
    ['lost', 6],
  ]);
});

test('a changed frame is told from a lost one', () => {
  const received = recorded(channel());
  const index = indexOf(received, 'picture 9');
  received[index] = { ...received[index]!, fingerprint: 'something else' };
  expect(differences(received)).toEqual([
    { kind: 'changed', track: 'video', frame: 10, detail: 'other content (dts 360 ms)' },
  ]);
});

test.each(['picture 9', 'picture 24'])('a duplicated frame is named: %s', (fingerprint) => {
  const received = recorded(channel());
  const index = indexOf(received, fingerprint);
  received.splice(index, 0, received[index]!);
  expect(differences(received)).toMatchObject([
    { kind: 'duplicated', track: 'video', frame: Number(fingerprint.split(' ')[1]) + 1 },
  ]);
});

test('two frames that changed places are reordered, not lost', () => {
  const received = recorded(channel());
  const first = indexOf(received, 'picture 9');
  const second = indexOf(received, 'picture 10');
  [received[first], received[second]] = [received[second]!, received[first]!];
  expect(differences(received)).toMatchObject([{ kind: 'reordered', track: 'video', frame: 10 }]);
});

test.each([
  ['dts', { dts: 5362, pts: 5440 }, 'dts 362 ms instead of 360 ms'],
  ['pts', { dts: 5360, pts: 5400 }, 'pts 400 ms instead of 440 ms'],
])('a wrong %s is named with both values', (_name, times, detail) => {
  const received = recorded(channel());
  const index = indexOf(received, 'picture 9');
  received[index] = { ...received[index]!, ...times };
  expect(differences(received)).toEqual([{ kind: 'timestamp', track: 'video', frame: 10, detail }]);
});

test('an offset between the tracks is a difference of every frame that has moved', () => {
  const received = recorded(channel()).map((frame) =>
    frame.kind === 'audio' ? { ...frame, dts: frame.dts + 20, pts: frame.pts + 20 } : frame,
  );
  const found = differences(received);
  expect(found).toHaveLength(40);
  expect(found.every(({ kind, track }) => kind === 'timestamp' && track === 'audio')).toBe(true);
});

test('a wrong key frame mark is a difference', () => {
  const received = recorded(channel());
  const index = indexOf(received, 'picture 10');
  received[index] = { ...received[index]!, keyFrame: false };
  expect(differences(received)).toMatchObject([{ kind: 'keyFrame', track: 'video', frame: 11 }]);
});

test.each([
  ['', 'without its parameter sets: it cannot be decoded'],
  ['other sets', 'under other parameter sets'],
])('pictures under the configuration %j are different, every one of them', (configuration, detail) => {
  const received = recorded(channel()).map((frame) =>
    frame.kind === 'video' ? { ...frame, configuration } : frame,
  );
  const { matched, differences } = compareFrames(channel(), received);
  expect(matched).toBe(40);
  expect(differences).toHaveLength(25);
  expect(differences[0]).toEqual({ kind: 'configuration', track: 'video', frame: 1, detail });
});

test('a frame that was never sent is unexpected', () => {
  const received = recorded(channel());
  received.push({ ...received[0]!, dts: 6000, pts: 6080, keyFrame: false, fingerprint: 'picture 25' });
  expect(differences(received)).toMatchObject([{ kind: 'unexpected', track: 'video', frame: 26 }]);
});

test('a recording of other media matches nowhere', () => {
  const received = recorded(channel()).map((frame) => ({
    ...frame,
    fingerprint: `other ${frame.fingerprint}`,
  }));
  const result = compareFrames(channel(), received);
  expect(result.matched).toBe(0);
  expect(result.differences.every(({ kind }) => kind === 'changed')).toBe(true);
});

test('an empty recording has lost everything', () => {
  const result = compareFrames(channel(), []);
  expect(result.matched).toBe(0);
  expect(result.differences).toHaveLength(65);
  expect(result.differences.every(({ kind }) => kind === 'lost')).toBe(true);
});
