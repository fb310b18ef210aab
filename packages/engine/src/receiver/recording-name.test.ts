import { basename, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { recordingName } from './recording-name.js';

const TIME = new Date('2026-11-22T11:30:05.123Z');

test('the name tells app, stream and time', () => {
  expect(recordingName('live', 'camera-1', TIME)).toBe('live_camera-1_20261122T113005.123Z');
  expect(recordingName('live', 'front door/1700000000', TIME)).toBe(
    'live_front-door-1700000000_20261122T113005.123Z',
  );
});

test.each([
  '../../etc/passwd',
  '..',
  '.',
  '/etc/passwd',
  'C:\\windows\\system32',
  '.hidden',
  'a/../../b',
  'nul\0byte',
  'new\nline',
  'x'.repeat(5000),
  '%2e%2e%2f',
  '',
])('%j stays inside the folder, in a file that can be seen', (streamName) => {
  for (const name of [recordingName('live', streamName, TIME), recordingName(streamName, streamName, TIME)]) {
    expect(basename(name)).toBe(name);
    expect(normalize(join('/records', name))).toBe(`/records/${name}`);
    expect(name).not.toMatch(/^\.|[\\/:\p{Cc}]/u);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255 - '-99.flv'.length);
  }
});

test('names in other scripts are kept, as far as a file system takes them', () => {
  expect(recordingName('live', 'камера-1', TIME)).toBe('live_камера-1_20261122T113005.123Z');
  expect(Buffer.byteLength(recordingName('live', '門'.repeat(300), TIME))).toBeLessThanOrEqual(240);
});
