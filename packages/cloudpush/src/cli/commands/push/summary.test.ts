import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import type { ChannelOutcome } from './channel-run.js';
import { failureLines, warningLines } from './failures.js';
import type { PushOutcome } from './push-run.js';
import { summaryJson, summaryText, totalsOf } from './summary.js';
import { channel, destination } from './testing/outcomes.js';

function outcome(...channels: ChannelOutcome[]): PushOutcome {
  return { channels, elapsed: 4000, cpu: 60, latency: { count: 1, p50: 0.2, p99: 0.9, p999: 1.5, max: 2 } };
}

const refused = new CloudPushError(
  'ERR_CLOUDPUSH_SOCKET_CONNECT',
  'The TCP connection failed: ECONNREFUSED',
  {
    class: 'retryable',
  },
);
const lost = { complete: false, clean: false, ending: 'stopped' as const, error: refused };

test('totals add up the channels', () => {
  expect(totalsOf(outcome(channel(1), channel(2, lost, 7)))).toEqual({
    channels: 2,
    connected: 2,
    complete: 1,
    videoFrames: 200,
    audioFrames: 400,
    bytesSent: 2_000_000,
    dropped: 7,
    pauses: 4,
    cpuPerFrame: 0.1,
  });
});

test('the JSON summary is good only when every channel is', () => {
  expect(summaryJson(outcome(channel(1), channel(2)), false)).toMatchObject({ ok: true, interrupted: false });
  expect(summaryJson(outcome(channel(1), channel(2, lost)), false)).toMatchObject({
    ok: false,
    channels: [{ error: null }, { error: { code: 'ERR_CLOUDPUSH_SOCKET_CONNECT' } }],
  });
  expect(summaryJson(outcome(channel(1)), true)).toMatchObject({ ok: false, interrupted: true });
  expect(summaryJson(outcome(), false)).toMatchObject({ ok: false, totals: { cpuMicrosecondsPerFrame: 0 } });
});

test('the table has a row a channel, and of very many only those that went wrong', () => {
  const text = summaryText(outcome(channel(1), channel(2, lost, 7)));
  expect(text).toMatch(/│ 1 │ rtmp:\/\/host\/live\/cam1 .* complete/);
  expect(text).toMatch(/│ 2 │ .* 7 │ .* broken off/);
  expect(text).toContain('1 of 2 complete');
  expect(summaryText(outcome(channel(1, { complete: false }, 3)))).toMatch(/with losses/);

  const many = Array.from({ length: 100 }, (_, index) => channel(index + 1, index === 49 ? lost : {}));
  const short = summaryText(outcome(...many));
  expect(short.match(/rtmp:/g)).toHaveLength(1);
  expect(short).toMatch(/│ 50 │/);
  expect(short).toContain('99 more channels not listed');
});

test('one cause is one line, however many channels it struck', () => {
  expect(failureLines([channel(1), channel(2, lost), channel(3, lost)])).toEqual([
    '2 of 3 channels (first rtmp://host/live/cam2): The TCP connection failed: ECONNREFUSED',
  ]);
  expect(failureLines([channel(1), channel(2, lost)])).toEqual([
    'channel 2 (rtmp://host/live/cam2): The TCP connection failed: ECONNREFUSED',
  ]);
  expect(failureLines([channel(1, lost)])).toEqual([
    'rtmp://host/live/cam1: The TCP connection failed: ECONNREFUSED',
  ]);
});

test('a channel that was connected anew and went to its end is told from one that broke off', () => {
  const { stats } = channel(1);
  const anew = { ...lost, stats: { ...stats, reconnects: 2, packetsLost: 7 } };
  const toTheEnd = channel(1, { ...anew, ending: 'limit' });
  expect(failureLines([toTheEnd])).toEqual([
    'rtmp://host/live/cam1: the connection was lost on the way and made again (2 times): ' +
      'The TCP connection failed: ECONNREFUSED',
  ]);
  expect(summaryText(outcome(toTheEnd))).toMatch(/with losses/);
  const brokenOff = channel(1, anew);
  expect(failureLines([brokenOff])).toEqual([
    'rtmp://host/live/cam1: The TCP connection failed: ECONNREFUSED',
  ]);
  expect(summaryText(outcome(brokenOff))).toMatch(/broken off/);
});

test('frames that were taken and did not get out are a failure without an error', () => {
  const short = channel(1, { complete: false, videoFrames: 103 });
  expect(failureLines([short])).toEqual([
    'rtmp://host/live/cam1: 3 of the frames that were taken did not get out',
  ]);
  expect(failureLines([channel(1)])).toEqual([]);
});

test('of several destinations each speaks for itself', () => {
  const main = destination('rtmp://main/live/cam');
  const backup = destination('rtmp://backup/live/cam', { connected: false, complete: false, error: refused });
  const one = channel(1, { complete: false, error: refused, destinations: [main, backup] });
  expect(failureLines([one])).toEqual(['rtmp://backup/live/cam: The TCP connection failed: ECONNREFUSED']);
  expect(
    failureLines([one, channel(2, { complete: false, error: refused, destinations: [main, backup] })]),
  ).toEqual(['2 of 4 destinations (first rtmp://backup/live/cam): The TCP connection failed: ECONNREFUSED']);
  const text = summaryText(outcome(one));
  expect(text).toMatch(/rtmp:\/\/main\/live\/cam .* complete/);
  expect(text).toMatch(/rtmp:\/\/backup\/live\/cam .* not connected/);
  expect(summaryJson(outcome(one), false)).toMatchObject({
    channels: [
      {
        destinations: [
          { url: 'rtmp://main/live/cam', complete: true, error: null },
          { url: 'rtmp://backup/live/cam', complete: false, error: { code: 'ERR_CLOUDPUSH_SOCKET_CONNECT' } },
        ],
      },
    ],
  });
});

test('a push that was refused at first, and delivered everything later, says so', () => {
  const later = destination('rtmp://host/live/cam1', { failedAttempts: 2, error: refused });
  const one = channel(1, { destinations: [later] });
  expect(failureLines([one])).toEqual([]);
  expect(warningLines([one])).toEqual([
    'rtmp://host/live/cam1: not connected at first (2 times: The TCP connection failed: ECONNREFUSED); ' +
      'everything was delivered after that',
  ]);
  expect(summaryJson(outcome(one), false)).toMatchObject({
    ok: true,
    channels: [{ error: null, destinations: [{ failedAttempts: 2, error: null, complete: true }] }],
  });
});
