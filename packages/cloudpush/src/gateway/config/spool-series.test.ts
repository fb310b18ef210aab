import { expect, test } from 'vitest';
import { faultText, parseConfiguration } from './parse.js';

/** A configuration whose destinations have disk spools. */
function parse(...lines: string[]) {
  const head = ['version: 1', 'spool: { folder: spool }'];
  const defaults = ['channelDefaults: { destination: { overflow: spool } }', 'channels:'];
  const text = [...head, ...defaults, ...lines.map((line) => `  ${line}`), ''].join('\n');
  const { configuration, faults } = parseConfiguration(text, '/etc/cloudpush/gateway.yaml', {});
  const seriesOf = (channel: string) =>
    configuration!.channels.get(channel)!.destinations.map(({ options }) => options.spool?.series);
  return { seriesOf, faults: faults.map((fault) => faultText('gateway.yaml', fault)) };
}

const CAM = 'rtmp://cloud.example/live/cam';

test('a series is named after its channel, and after the destination where that has a name', () => {
  const { faults, seriesOf } = parse(
    `yard: { source: rtsp://c/1, destinations: [ { url: ${CAM}, name: cloud }, rtmp://b.example/live/cam ] }`,
    `gate: { source: rtsp://c/2, destinations: [ { url: rtmp://c.example/live/gate, spool: { series: mine } } ] }`,
  );
  expect(faults).toEqual([]);
  expect(seriesOf('yard')).toEqual([{ channel: 'yard', destination: 'cloud' }, { channel: 'yard' }]);
  expect(seriesOf('gate')).toEqual(['mine']);
});

test('channels that differ in the query only have series of their own, and leave what nobody can tell apart', () => {
  const { faults, seriesOf } = parse(
    `a: { source: rtsp://c/1, destinations: [ "${CAM}?vhost=a" ] }`,
    `b: { source: rtsp://c/2, destinations: [ { url: "${CAM}?vhost=b", name: cloud } ] }`,
    `c: { source: rtsp://c/3, destinations: [ { url: "${CAM}?vhost=c", overflow: drop } ] }`,
    `d: { source: rtsp://c/4, destinations: [ ${CAM}_ ] }`,
  );
  expect(faults).toEqual([]);
  expect(seriesOf('a')).toEqual([{ channel: 'a', takesOver: false }]);
  expect(seriesOf('b')).toEqual([{ channel: 'b', destination: 'cloud', takesOver: false }]);
  expect(seriesOf('c')).toEqual([undefined]);
  expect(seriesOf('d')).toEqual([{ channel: 'd' }]);
});

test('two destinations with one series are refused, at the second one', () => {
  const { faults } = parse(
    'a:',
    '  source: rtsp://c/1',
    '  destinations:',
    `    - ${CAM}?vhost=a`,
    `    - { url: "${CAM}?vhost=b" }`,
    `    - { url: "${CAM}?vhost=c", name: third }`,
    `    - { url: rtmp://x/live/y, spool: { series: mine } }`,
    'b:',
    '  source: rtsp://c/2',
    `  destinations: [ { url: rtmp://z/live/y, spool: { series: mine } } ]`,
    'off:',
    '  enabled: false',
    '  source: rtsp://c/3',
    `  destinations: [ { url: rtmp://z/live/y, spool: { series: mine } } ]`,
  );
  expect(faults).toEqual([
    expect.stringMatching(
      /^gateway\.yaml:9:\d+: channels\.a\.destinations\[?\.?1\]?: its series in the disk spool is that of destination-1 of the channel a: /,
    ),
    expect.stringMatching(
      /^gateway\.yaml:14:\d+: channels\.b\.destinations.*spool\.series: .*destination-4 of the channel a/,
    ),
  ]);
});

test('devices are told apart by their serial numbers', () => {
  const device = (serialNumber: string) =>
    `{ device: { serialNumber: ${serialNumber}, tokenUrl: "http://t.example/", live: true } }`;
  const lines = (a: string, b: string) =>
    `a: { source: rtsp://c/1, destinations: [ ${device(a)}, ${device(b)} ] }`;
  expect(parse(lines('S1', 'S2')).faults).toEqual([]);
  expect(parse(lines('S1', 'S1')).faults).toHaveLength(1);
});
