import { expect, test } from 'vitest';
import { editChannels } from './edit.js';

const TEXT = `# cameras of the north gate
version: 1
channels:
  # the gate itself
  gate:
    source: rtsp://camera/1 # upper camera
    audio: copy
    destinations: [ rtmp://cloud/live/gate ]
  door: { source: rtsp://camera/2, destinations: [ rtmp://cloud/live/door ] }
`;

test('a changed key leaves everything else as it was written, comments included', () => {
  const value = { source: 'rtsp://camera/1', audio: 'none', destinations: ['rtmp://cloud/live/gate'] };
  expect(editChannels(TEXT, new Map([['gate', value]]))).toBe(TEXT.replace('audio: copy', 'audio: none'));
});

test('a new channel goes to the end', () => {
  const value = { source: 'rtsp://camera/3', destinations: ['rtmp://cloud/live/yard'] };
  expect(editChannels(TEXT, new Map([['yard', value]]))).toBe(
    `${TEXT}  yard:\n    source: rtsp://camera/3\n    destinations:\n      - rtmp://cloud/live/yard\n`,
  );
});

test('a removed channel takes its lines along', () => {
  expect(editChannels(TEXT, new Map([['door', undefined]]))).toBe(TEXT.replace(/ {2}door: .*\n/, ''));
});

test('the first channel of all', () => {
  const value = { source: 'rtsp://c/1', destinations: ['rtmp://s/live/a'] };
  expect(editChannels('version: 1\nchannels: {}\n', new Map([['a', value]]))).toBe(
    'version: 1\nchannels:\n  a:\n    source: rtsp://c/1\n    destinations:\n      - rtmp://s/live/a\n',
  );
});

test('what an alias or a merge key brings in is written out when it changes', () => {
  const text = 'channels:\n  a: &a { source: x, audio: none }\n  b: *a\n  c: { <<: *a, mode: event }\n';
  const edited = editChannels(
    text,
    new Map<string, unknown>([
      ['b', { source: 'y', audio: 'none' }],
      ['c', { source: 'x', mode: 'event' }],
    ]),
  );
  expect(edited).toBe(
    'channels:\n  a: &a { source: x, audio: none }\n  b:\n    source: y\n    audio: none\n  c:\n    source: x\n    mode: event\n',
  );
});
