import { expect, test } from 'vitest';
import {
  destinationFields,
  faultsByField,
  hasUrlSource,
  labelsText,
  sourceField,
  textField,
  withDestination,
  withLabels,
  withoutDestination,
  withSourceField,
  withTextField,
} from './editor.js';

test('a source is a URL until it needs to be more, and again when it does not', () => {
  const plain = { source: 'rtsp://a.example/1' };
  const named = withSourceField(plain, 'username', 'viewer');
  expect(named).toEqual({ source: { url: 'rtsp://a.example/1', username: 'viewer' } });
  expect([sourceField(named, 'url'), sourceField(named, 'username'), sourceField(named, 'password')]).toEqual(
    ['rtsp://a.example/1', 'viewer', ''],
  );
  expect(withSourceField(named, 'username', '')).toEqual(plain);
  expect(withSourceField(plain, 'url', 'rtsp://b.example/')).toEqual({ source: 'rtsp://b.example/' });
  expect(sourceField(plain, 'username')).toBe('');
});

test('other keys of a source stay', () => {
  const document = { source: { url: 'rtsps://a/', fingerprint: 'ab', password: '***' } };
  expect(withSourceField(document, 'url', 'rtsps://b/')).toEqual({
    source: { url: 'rtsps://b/', fingerprint: 'ab', password: '***' },
  });
});

test('files, programs and modules are no URL', () => {
  expect(hasUrlSource({ source: { file: 'a.mkv' } })).toBe(false);
  expect(hasUrlSource({ source: { command: ['a'] } })).toBe(false);
  expect(hasUrlSource({ source: { url: 'rtsp://a/' } })).toBe(true);
  expect(hasUrlSource({ source: '' })).toBe(true);
});

test('a key without a value is left out', () => {
  expect(withTextField({ source: 'x', audio: 'none' }, 'audio', '')).toEqual({ source: 'x' });
  expect(withTextField({ source: 'x' }, 'audio', 'none')).toEqual({ source: 'x', audio: 'none' });
  expect(textField({ audio: 'copy' }, 'audio')).toBe('copy');
});

test('labels are one text, both ways', () => {
  const document = withLabels({ source: 'x' }, ' site = north,floor=2,, indoor ,a=b=c');
  expect(document).toEqual({ source: 'x', labels: { site: 'north', floor: '2', indoor: '', a: 'b=c' } });
  expect(labelsText(document)).toBe('site=north, floor=2, indoor=, a=b=c');
  expect(withLabels(document, ' ')).toEqual({ source: 'x' });
  expect(labelsText({})).toBe('');
});

test('destinations keep what the form does not show', () => {
  const document = {
    destinations: [
      'rtmp://a/live/1',
      { name: 'b', url: 'rtmp://b/live/1', overflow: 'spool' },
      { name: 'c', device: {} },
    ],
  };
  expect(destinationFields(document)).toEqual([
    { name: '', url: 'rtmp://a/live/1' },
    { name: 'b', url: 'rtmp://b/live/1' },
    { name: 'c', url: undefined },
  ]);
  expect(withDestination(document, 1, { url: 'rtmp://d/live/1' })['destinations']).toEqual([
    'rtmp://a/live/1',
    { name: 'b', url: 'rtmp://d/live/1', overflow: 'spool' },
    { name: 'c', device: {} },
  ]);
  expect(withDestination(document, 0, { url: 'rtmp://e/live/1' })['destinations']).toContain(
    'rtmp://e/live/1',
  );
  expect(withDestination({}, 0, { url: '' })).toEqual({ destinations: [''] });
  expect(withoutDestination(document, 1)['destinations']).toHaveLength(2);
});

test('faults stand at the field that they are about', () => {
  const faults = [
    { path: 'channels.gate.source.url', message: 'a' },
    { path: 'channels.gate.source', message: 'b' },
    { path: 'channels.gate.destinations[1].url', message: 'c' },
    { path: 'channels.gate.destinations.0', message: 'd' },
    { path: 'channels.gate.destinations', message: 'e' },
    { path: 'channels.gate', message: 'f' },
    { path: 'channels.gate-2.source', message: 'g' },
    { path: 'channels', message: 'h' },
  ];
  expect(Object.fromEntries(faultsByField(faults, 'gate'))).toEqual({
    source: ['a', 'b'],
    'destinations.1': ['c'],
    'destinations.0': ['d'],
    destinations: ['e'],
    '': ['f', 'g'],
    name: ['h'],
  });
});
