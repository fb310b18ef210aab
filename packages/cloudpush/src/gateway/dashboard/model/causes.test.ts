import { expect, test } from 'vitest';
import { BEGINNING, sampleChannel, sampleDestination } from '../../http/testing/sample-state.js';
import type { ChannelState, SourceState } from '../../state.js';
import { streamedState } from '../../view/testing/streamed.js';
import { causesOf } from './causes.js';
import { parseFilter } from './filter.js';

const { source } = sampleChannel('x');

const refused = (name: string, since: number): ChannelState =>
  sampleChannel(name, {
    state: 'offline',
    destinations: [
      sampleDestination({
        state: 'refused',
        since,
        nextRetryAt: since + 60_000,
        lastError: { code: 'ERR_CLOUDPUSH_R', message: `denied ${name}`, at: since },
      }),
    ],
  });

const withSource = (name: string, changes: Partial<SourceState>): ChannelState =>
  sampleChannel(name, { state: 'offline', source: { ...source, ...changes } });

const lostError = { code: 'ERR_CLOUDPUSH_L', message: 'no route', at: BEGINNING };

test('destinations that one server refuses are one cause, as old as the first and with the latest message', () => {
  const channels = [
    refused('a', BEGINNING + 5000),
    refused('b', BEGINNING + 1000),
    refused('c', BEGINNING + 9000),
  ];
  expect(causesOf(streamedState(channels))).toEqual([
    expect.objectContaining({
      tone: 'bad',
      who: '3 destinations',
      what: 'cloud.example refused',
      since: BEGINNING + 1000,
      message: 'denied c',
      nextRetryAt: BEGINNING + 61_000,
      filter: 'host:cloud.example dest:refused',
      count: 3,
    }),
  ]);
});

test('one alone is named', () => {
  const [cause] = causesOf(streamedState([refused('a', BEGINNING)]));
  expect(cause).toMatchObject({
    who: 'a → cloud',
    filter: 'name:a',
    retries: [{ channel: 'a', destination: 'cloud' }],
  });
});

test('cameras are grouped by how they fail, not by where they are', () => {
  const lost = {
    state: 'retrying',
    attempt: 2,
    lastError: lostError,
    nextRetryAt: BEGINNING + 8000,
  } as const;
  const channels = [
    withSource('a', { ...lost, place: 'rtsp://one.example/' }),
    withSource('b', { ...lost, place: 'rtsp://two.example/' }),
    withSource('c', { ...lost, lastError: { ...lostError, code: 'ERR_CLOUDPUSH_AUTH' } }),
  ];
  const causes = causesOf(streamedState(channels));
  expect(causes.map(({ who, what }) => `${who} ${what}`)).toEqual(['2 cameras lost', 'camera of c lost']);
  expect(causes[0]).toMatchObject({
    retries: [
      { channel: 'a', destination: undefined },
      { channel: 'b', destination: undefined },
    ],
  });
});

test('an attempt that is under way does not end the trouble', () => {
  const channels = [
    withSource('a', { state: 'retrying', attempt: 3, lastError: lostError }),
    withSource('b', { state: 'connecting', attempt: 3, lastError: lostError }),
  ];
  const [cause, ...others] = causesOf(streamedState(channels));
  expect(others).toEqual([]);
  expect(cause).toMatchObject({
    who: '2 cameras',
    filter: 'source:retrying,connecting code:ERR_CLOUDPUSH_L',
  });
});

test('a first attempt, a channel that is well and one that is stopped are no trouble', () => {
  const channels = [
    sampleChannel('well'),
    withSource('new', { state: 'connecting' }),
    { ...refused('off', BEGINNING), state: 'disabled' as const },
  ];
  expect(causesOf(streamedState(channels))).toEqual([]);
});

test('what is worst stands first, then what concerns most', () => {
  const slow = (name: string) =>
    sampleChannel(name, { destinations: [sampleDestination({ state: 'paused', host: 'slow.example' })] });
  const channels = [
    slow('s1'),
    slow('s2'),
    slow('s3'),
    withSource('silent', { state: 'stalled' }),
    refused('a', BEGINNING),
    withSource('l1', { state: 'retrying', lastError: lostError }),
    withSource('l2', { state: 'retrying', lastError: lostError }),
  ];
  expect(causesOf(streamedState(channels)).map(({ who }) => who)).toEqual([
    '2 cameras',
    'a → cloud',
    '3 destinations',
    'camera of silent',
  ]);
});

test('the filter of a cause shows the channels that suffer from it, and no others', () => {
  const channels = [refused('a', BEGINNING), refused('b', BEGINNING), sampleChannel('well')];
  const state = streamedState(channels);
  const { matches } = parseFilter(causesOf(state)[0]!.filter);
  expect(
    Object.values(state.channels)
      .filter(matches)
      .map(({ name }) => name),
  ).toEqual(['a', 'b']);
});
