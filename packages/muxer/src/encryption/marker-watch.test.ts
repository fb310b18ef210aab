import { expect, test } from 'vitest';
import type { EncryptionMode } from './encryption-parameters.js';
import { MarkerWatch } from './marker-watch.js';
import type { DecryptionFailure } from './sample-run.js';

/**
 * A track, sample by sample: `K` a key frame and `P` another picture, encrypted, each of 10 blocks; `k` and
 * `p` without a marker; `x` an encrypted picture that is missing; `+` the next key or nonce; `n`, `f` and `a`
 * what `onEncryption` says: none, key frames, all frames.
 */
function watched(track: string, mode: EncryptionMode | undefined, start = 0): string {
  const watch = new MarkerWatch('video');
  const found: (DecryptionFailure | undefined)[] = [];
  let block = start;
  let nonce = 0;
  let time = 0;
  const announced: Record<string, EncryptionMode> = { n: 'none', f: 'keyFrames', a: 'allFrames' };
  for (const letter of track.replaceAll(' ', '')) {
    if (announced[letter] !== undefined) watch.announce(announced[letter]);
    else if (letter === '+') [nonce, block] = [nonce + 1, 0];
    else if (letter === 'x') [time, block] = [time + 1, block + 10];
    else if (letter === 'k' || letter === 'p') watch.unmarked(letter === 'k', { timestamp: time++ });
    else {
      const sample = { keyId: `${nonce}`, firstBlock: block, endBlock: block + 10, version: 2, mode };
      found.push(watch.marked(mode === undefined ? { ...sample, version: 1 } : sample, letter === 'K'));
      block += 10;
      time++;
    }
  }
  found.push(watch.end(undefined));
  const told = found.filter((failure) => failure !== undefined);
  return told.map(({ samples, from, to }) => `${samples} at ${from}-${to}`).join(', ');
}

/** Makes the marker of a sample that was encrypted disappear: it takes its blocks all the same. */
const lost = (letters: string): string => letters.replaceAll(/k|p/g, (letter) => `${letter}x`);

test.each([
  ['a whole stream', 'KPPPKPPP', ''],
  ['a stream with missing pictures', 'KPxxKPxx', ''],
  ['a clear picture between two that follow each other', 'KPpPkPKP', ''],
  ['clear pictures in front of the first', 'pppkpKPP', ''],
  ['pictures behind another key', 'KPP+KPP', ''],
  ['clear pictures behind a message', 'KPPn kpp kpp', ''],
  ['clear pictures between two messages, beside missing ones', 'KPPn kpp a x KPP', ''],
  ['a picture that lost its marker', `KP${lost('p')}PK`, '1 at 2-2'],
  ['two of them', `KP${lost('pp')}PK${lost('p')}P`, '2 at 2-4, 1 at 8-8'],
  ['one at the end', 'KPPp', '1 at 3-3'],
  ['one in front of another key', 'KPPp+KPP', '1 at 3-3'],
  ['one in front of the message that ends encryption', 'KPPp n kpp', '1 at 3-3'],
  ['all of them, behind a message', 'a kppp', '4 at 0-3'],
])('all frames encrypted, %s', (_, track, expected) => {
  expect(watched(track, 'allFrames')).toBe(expected);
});

test.each([
  ['a whole stream', 'KpppKppp', ''],
  ['a stream with a missing group', 'Kpp xpp Kpp', ''],
  ['a key picture that lost its marker', `Kpp${lost('k')}pp Kpp`, '1 at 3-3'],
  ['one at the end', 'Kpp kpp', '1 at 3-3'],
  ['a clear one between two that follow each other', 'KppkppKpp', ''],
  ['a clear one behind a message', 'Kpp n kpp', ''],
  ['all of them, behind a message', 'f kpp kpp', '2 at 0-3'],
])('key frames encrypted, %s', (_, track, expected) => {
  expect(watched(track, 'keyFrames')).toBe(expected);
});

test.each([
  ['a picture', 'pkppKPP', 'allFrames', '4 at 0-3'],
  ['a key picture', 'pkppKpp', 'keyFrames', '1 at 1-1'],
  ['no key picture', 'pppKpp', 'keyFrames', ''],
] as const)(
  'a recording that begins in the middle tells that %s in front has lost its marker',
  (_, track, mode, expected) => {
    expect(watched(track, mode, 500)).toBe(expected);
  },
);

test.each([
  ['the first key picture of each file', 'kx PPP', '1 at 0-0'],
  ['a key picture in mid-stream', 'KPPP kx PPP', '1 at 4-4'],
  ['a picture, once it is known that all are encrypted', 'KP px P', '1 at 2-2'],
  ['a key picture alone', 'Kpp kx pp Kpp', '1 at 3-3'],
  ['none, in the mode of key frames', 'Kpp Kpp', ''],
])('format 1, which tells no mode: %s', (_, track, expected) => {
  expect(watched(track, undefined)).toBe(expected);
});

test('without any marker, a track is clear, unless the other one is of format 1', () => {
  for (const [other, expected] of [
    [undefined, undefined],
    [2, undefined],
    [1, { track: 'audio', reason: 'unmarked', samples: 2, from: 5, to: 7, offset: 100 }],
  ] as const) {
    const watch = new MarkerWatch('audio');
    watch.unmarked(true, { timestamp: 5, offset: 100 });
    watch.unmarked(true, { timestamp: 7, offset: 200 });
    expect(watch.end(other)).toEqual(expected);
  }
});
