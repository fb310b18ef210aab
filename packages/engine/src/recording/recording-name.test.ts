import { basename, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { recordingName, templateFault } from './recording-name.js';

const TIME = new Date('2026-11-22T11:30:05.123Z');

function named(app: string, streamName: string, template?: string): string {
  return recordingName({ app, streamName, startedAt: TIME, id: 7, from: '::1' }, template);
}

test('the name tells app, stream and time', () => {
  expect(named('live', 'camera-1')).toBe('live_camera-1_20261122T113005.123Z');
  expect(named('live', 'front door/1700000000')).toBe('live_front-door-1700000000_20261122T113005.123Z');
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
  '{time}',
  '',
])('%j stays inside the folder, in a file that can be seen', (streamName) => {
  const templates = [undefined, '{name}', '{app}{name}', '{name}-{id}', '{name}.{from}'];
  for (const template of templates) {
    for (const app of ['live', streamName]) {
      const name = named(app, streamName, template);
      expect(basename(name)).toBe(name);
      expect(normalize(join('/records', name))).toBe(`/records/${name}`);
      expect(name).not.toMatch(/^\.|[\\/:\p{Cc}]/u);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255 - '-12345678.flv'.length);
    }
  }
});

test('names in other scripts are kept, as far as a file system takes them', () => {
  expect(named('live', 'камера-1')).toBe('live_камера-1_20261122T113005.123Z');
  expect(Buffer.byteLength(named('live', '門'.repeat(300)))).toBeLessThanOrEqual(240);
});

test.each([
  ['{app}-{name}', 'live-cam'],
  ['{app}-{name}.flv', 'live-cam'],
  ['{app}/{date}/{name}_{id}', 'live/20261122/cam_7'],
  ['{from}_{name}', '1_cam'],
])('the template %s gives %s', (template, expected) => {
  expect(templateFault(template)).toBeUndefined();
  expect(named('live', 'cam', template)).toBe(expected);
});

test.each([
  ['{app}/{stream}', /\{stream\} is not a placeholder; permitted: \{app\} \{name\}/],
  ['../{name}', /below the folder/],
  ['/etc/{name}', /below the folder/],
  ['', /below the folder/],
  ['a//b', /below the folder/],
  ['a\nb', /below the folder/],
])('the template %j is refused', (template, fault) => {
  expect(templateFault(template)).toMatch(fault);
});
