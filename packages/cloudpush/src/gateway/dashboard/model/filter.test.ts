import { expect, test } from 'vitest';
import { sampleChannel, sampleDestination } from '../../http/testing/sample-state.js';
import { streamedChannel } from '../../view/testing/streamed.js';
import { hasTerm, parseFilter, termsOf, toggleTerm } from './filter.js';

const gate = sampleChannel('gate', { node: 'gateway-1', labels: { site: 'north', inside: '' } });
const error = { code: 'ERR_CLOUDPUSH_X', message: 'Publish denied by Server 7', at: 1 };
const door = sampleChannel('door-1', {
  state: 'offline',
  labels: { site: 'south' },
  source: { ...gate.source, state: 'retrying', place: 'rtsp://camera-2.example/1' },
  destinations: [sampleDestination({ state: 'refused', host: 'other.example', lastError: error })],
});
const channels = [gate, door].map(streamedChannel);

const found = (filter: string): string[] =>
  channels.filter(parseFilter(filter).matches).map(({ name }) => name);

test.each([
  ['', ['gate', 'door-1']],
  ['   ', ['gate', 'door-1']],
  ['GATE', ['gate']],
  ['camera-2', ['door-1']],
  ['cloud.example', ['gate', 'door-1']],
  ['"denied by server"', ['door-1']],
  ['denied gate', []],
  ['site=north', ['gate']],
  ['-door', ['gate']],
  ['-', ['gate', 'door-1']],
  ['state:offline', ['door-1']],
  ['state:offline,online', ['gate', 'door-1']],
  ['-state:offline', ['gate']],
  ['state:off', []],
  ['source:retrying', ['door-1']],
  ['dest:refused host:other.example', ['door-1']],
  ['dest:refused host:cloud.example', []],
  ['label:site', ['gate', 'door-1']],
  ['label:site=south', ['door-1']],
  ['label:"site=south"', ['door-1']],
  ['code:err_cloudpush_x', ['door-1']],
  ['name:gate', ['gate']],
  ['mode:event', []],
  ['node:gateway-1', ['gate']],
  ['gateway-1', ['gate']],
  ['kind:rtsp', ['gate', 'door-1']],
  ['toString:x', []],
  ['rtsp://camera-2.example/1', ['door-1']],
])('the filter %j finds %j', (filter, names) => {
  expect(found(filter)).toEqual(names);
});

test('an error that is over is not found', () => {
  const mended = sampleChannel('x', { destinations: [sampleDestination({ lastError: error })] });
  expect(parseFilter('denied').matches(streamedChannel(mended))).toBe(false);
});

test('a term is added, and taken out again', () => {
  expect(toggleTerm('', 'state:offline')).toBe('state:offline');
  expect(toggleTerm('gate', 'state:offline')).toBe('gate state:offline');
  expect(toggleTerm('state:offline  "a b" gate', 'state:offline')).toBe('"a b" gate');
  expect(hasTerm('gate state:offline', 'state:offline')).toBe(true);
  expect(hasTerm('gate -state:offline', 'state:offline')).toBe(false);
});

test('quotes hold words together, also where one is missing', () => {
  expect(termsOf('a "b c" label:"d e" "f g')).toEqual(['a', '"b c"', 'label:"d e"', '"f g']);
});
