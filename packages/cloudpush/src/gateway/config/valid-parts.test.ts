// Faults of the schema and of the values, told together.

import { expect, test } from 'vitest';
import { faultText, parseConfiguration } from './parse.js';

function faultsOf(...lines: string[]): string[] {
  const { faults } = parseConfiguration(`${lines.join('\n')}\n`, '/nowhere/gateway.yaml', {});
  return faults.map((fault) => faultText('g', fault));
}

const GOOD = '{ source: rtsp://camera.example/1, destinations: [ rtmp://cloud.example/live/gate ] }';

test('faults of the values are told beside those that break the schema elsewhere, in the order of the text', () => {
  const faults = faultsOf(
    'version: 1',
    'api: { token: short }',
    'log: { level: loud }',
    'channels:',
    `  good: { source: '\${CAMERA}', destinations: [ rtmp://cloud.example/live/a ] }`,
    '  gate: { source: rtsp://camera.example/1, destinations: [ { url: rtmp://c.example/a/b, tokn: x } ] }',
    '  door: { source: rtsp://camera.example/2, destinations: [ { name: a } ] }',
  );
  expect(faults.map((fault) => fault.split(': ').slice(0, 2).join(': '))).toEqual([
    'g:2:6: api',
    'g:3:15: log.level',
    // It is not set, and an empty text is no URL.
    'g:5:19: channels.good.source',
    'g:5:19: channels.good.source',
    expect.stringMatching(/^g:6:\d+: channels\.gate\.destinations\[0\]\.tokn$/),
    expect.stringMatching(/^g:7:\d+: channels\.door\.destinations\[0\]$/),
  ]);
});

test.each<[string, string[], string[]]>([
  [
    'metrics, whose token stands in the API',
    ['api: { listen: 0.0.0.0:9997, tokn: 0123456789abcdef }', 'metrics: { listen: 0.0.0.0:9998 }'],
    ['api.tokn'],
  ],
  [
    'channels that spool',
    ['spool: { folder: 7 }', 'channelDefaults: { destination: { overflow: spool } }'],
    ['spool.folder'],
  ],
  ['the number of destinations', ['engine: { maxConnections: none }'], ['engine.maxConnections']],
  [
    'channels whose defaults are at fault',
    ['channelDefaults: { destination: { overflow: spol, spool: { when: always } } }'],
    ['channelDefaults.destination.overflow'],
  ],
])('what hangs on a section that is at fault is not judged: %s', (_, lines, paths) => {
  const faults = faultsOf('version: 1', ...lines, 'channels:', `  gate: ${GOOD}`);
  expect(faults.map((fault) => fault.split(': ')[1])).toEqual(paths);
});

test.each([
  '[]',
  '7',
  'text',
  '{ version: 2 }',
  '{ channels: [] }',
  '{ channels: { a: 7 } }',
  '{ cluster: 1 }',
])('a document of another shape has the faults of its shape: %s', (text) => {
  expect(faultsOf(text).length).toBeGreaterThan(0);
});
