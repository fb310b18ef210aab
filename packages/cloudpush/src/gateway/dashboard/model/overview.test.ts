import { expect, test } from 'vitest';
import { sampleChannel, sampleDestination } from '../../http/testing/sample-state.js';
import { channelRows } from '../../view/channel-rows.js';
import { delta, viewOf } from '../../view/testing/sample-view.js';
import { streamedChannel } from '../../view/testing/streamed.js';
import { factsOf, wordsOf } from './facts.js';
import { formatLocation, parseLocation } from './location.js';
import { retriesOf } from './retries.js';
import { totalsOf } from './totals.js';

test('the totals count channels by state and add up their rates', () => {
  const view = viewOf([sampleChannel('a'), sampleChannel('b'), sampleChannel('c', { state: 'offline' })]);
  const { at, channels } = view.state!;
  const { bytesReceived } = channels['a']!.source.counters;
  delta(view, {
    at: at + 1000,
    channels: { a: { source: { counters: { bytesReceived: bytesReceived + 1000 } } } },
  });
  expect(totalsOf(view.state!, channelRows(view))).toEqual({
    counts: { online: 2, degraded: 0, offline: 1, starting: 0, disabled: 0 },
    bitRateIn: 8000,
    bitRateOut: 6_000_000,
    poolUse: 25,
    spool: undefined,
  });
});

test('the totals tell what lies on disk, and whether a disk has failed', () => {
  const spool = { behindMs: 60_000, bytes: 1000, gaps: 1, backfillRate: 0, isOff: false };
  const destinations = [
    sampleDestination({ spool }),
    sampleDestination({ name: 'backup', spool: { ...spool, bytes: 500, isOff: true } }),
    sampleDestination({ name: 'none' }),
  ];
  const first = viewOf([sampleChannel('a', { destinations: destinations.slice(0, 1) })]);
  expect(totalsOf(first.state!, [])).toMatchObject({ spool: { bytes: 1000, isOff: false } });
  const all = viewOf([sampleChannel('a', { destinations })]);
  expect(totalsOf(all.state!, [])).toMatchObject({ spool: { bytes: 1500, isOff: true } });
});

test('an address says what is shown, and is read as it was written', () => {
  const places = [
    { filter: '', channel: undefined },
    { filter: 'state:offline "a & b" #1', channel: undefined },
    { filter: '', channel: 'gate.1' },
    { filter: 'x=y', channel: 'gate' },
  ];
  for (const place of places) expect(parseLocation(formatLocation(place))).toEqual(place);
  expect(parseLocation('')).toEqual(places[0]);
  expect(parseLocation('#anything&else=1')).toEqual(places[0]);
});

test('what waits for its next attempt can be retried; with its source away, the channel as a whole', () => {
  const waiting = sampleDestination({ nextRetryAt: 1 });
  const channel = sampleChannel('gate', { destinations: [waiting, sampleDestination({ name: 'backup' })] });
  expect(retriesOf(streamedChannel(channel))).toEqual([{ channel: 'gate', destination: 'cloud' }]);
  const whole = [{ channel: 'gate', destination: undefined }];
  const away = { ...channel, source: { ...channel.source, state: 'retrying' as const, nextRetryAt: 2 } };
  expect(retriesOf(streamedChannel(away))).toEqual(whole);
  const failed = { ...channel, source: { ...channel.source, state: 'failed' as const } };
  expect(retriesOf(streamedChannel(failed))).toEqual(whole);
  expect(retriesOf(streamedChannel({ ...away, state: 'disabled' }))).toEqual([]);
});

test('nested data becomes facts', () => {
  const data = {
    video: { codec: 'h264', frameRate: 25, sizes: [1, 2], none: undefined },
    audio: null,
    list: [{ a: 1 }],
  };
  expect(factsOf(data)).toEqual([
    ['video codec', 'h264'],
    ['video frame rate', '25'],
    ['video sizes', '1, 2'],
    ['list 0 a', '1'],
  ]);
  expect(factsOf({ a: { b: { c: { d: { e: 1 } } } } })).toEqual([['a b c d', '{"e":1}']]);
  expect(wordsOf('bitDepthLuma')).toBe('bit depth luma');
});
