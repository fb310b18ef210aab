import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import type { ChannelOutcome } from '../push/channel-run.js';
import { channel, destination } from '../push/testing/outcomes.js';
import { type BenchReport, benchReport } from './bench-report.js';
import { HEAD, rowText } from './bench-rows.js';
import { CauseCounter } from './causes.js';
import type { PlaybackFigures } from './pull/playback.js';
import { QueueSamples } from './queue-trend.js';
import { reportText } from './report-text.js';

const timings = { tcp: 1, handshake: 2, connect: 3, createStream: 4, publish: 5 };
const refusal = new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', 'the server said no');

function published(number: number, changes: Partial<ChannelOutcome> = {}, dropped = 0): ChannelOutcome {
  const made = channel(number, { ending: 'limit', ...changes }, dropped);
  return { ...made, destinations: [destination(made.url, { connects: [timings] })] };
}

const refused = (number: number) =>
  channel(number, {
    ...{ connected: false, complete: false, clean: false, ending: undefined, error: refusal },
    stats: { ...channel(number).stats, bytesSent: 0 },
  });

function reportOf(
  channels: ChannelOutcome[],
  changes: { interrupted?: boolean; queue?: number[]; pull?: PlaybackFigures } = {},
) {
  const queues = new QueueSamples();
  for (const ms of changes.queue ?? []) queues.add({ ms, bytes: 0, unacknowledged: 2_500_000 });
  const latency = { count: 1, p50: 1, p99: 2, p999: 3, max: 4 };
  const plan = {
    places: channels.map(({ url }) => ({ shown: url, url, target: undefined, also: [] })),
    source: { name: 'media', video: 'h264', audio: 'aac', frameInterval: 40, duration: 1, notices: [] },
  };
  return benchReport(
    plan as unknown as Parameters<typeof benchReport>[0],
    { channels, elapsed: 1000, cpu: 30, latency },
    { queues, retries: new CauseCounter(), firstMedia: { times: [12, 14] }, pull: changes.pull },
    changes.interrupted ?? false,
  );
}

test('connecting ends with the answer to connect, publishing is what follows', () => {
  const report = reportOf([published(1), published(2)]);
  expect(report).toMatchObject({
    ok: true,
    channels: { planned: 2, begun: 2, connected: 2, publishedToEnd: 2, stopped: 0, failed: 0 },
    connectMs: { count: 2, min: 6, max: 6 },
    publishMs: { count: 2, min: 9, max: 9 },
    firstMediaMs: { count: 2, min: 12, max: 14 },
    failures: [],
    server: { keptUp: true },
  });
  expect(Object.keys(report.stagesMs)).toEqual(['tcp', 'handshake', 'connect', 'createStream', 'publish']);
});

test('channels that fail alike are one cause, and the benchmark is not ok', () => {
  const report = reportOf([published(1), refused(2), refused(3)]);
  expect(report).toMatchObject({ ok: false, channels: { connected: 1, publishedToEnd: 1, failed: 2 } });
  expect(report.failures).toEqual([
    { code: 'ERR_CLOUDPUSH_CLOSE_TIMEOUT', system: null, count: 2, message: 'the server said no' },
  ]);
});

test('a channel that lost its connection has failed, though it went on to the end', () => {
  const lost = published(1);
  const report = reportOf([{ ...lost, destinations: [destination(lost.url, { losses: 1 })] }]);
  expect(report).toMatchObject({ ok: false, channels: { publishedToEnd: 0, failed: 1 } });
});

test('channels that the user ended are no failures', () => {
  const stopped = published(1, { ending: 'stopped' });
  const closed = new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'closed before it was connected');
  const givenUp = { ...refused(2), error: closed };
  const notFed = published(3, { ending: undefined });
  const report = reportOf([stopped, givenUp, notFed], { interrupted: true });
  expect(report).toMatchObject({ ok: false, interrupted: true, channels: { stopped: 3, failed: 0 } });
});

test.each<[string, boolean | null, ChannelOutcome[], number[]]>([
  ['a queue that grows', false, [published(1)], [0, 200, 400, 600, 800, 1000]],
  ['a queue that does not', true, [published(1)], [200, 0, 200]],
  ['frames that were dropped', false, [published(1, {}, 3)], []],
  ['a source that had to wait', false, [published(1, { refusals: 1 })], []],
  ['no connection at all', null, [refused(1)], []],
])('%s: kept up is %j', (_, keptUp, channels, queue) => {
  expect(reportOf(channels, { queue }).server.keptUp).toBe(keptUp);
});

const pool = new CloudPushError('ERR_CLOUDPUSH_POOL_TOO_SMALL', 'too small; a poolSize of 9 bytes would do');
const damaged = new CloudPushError('ERR_CLOUDPUSH_INVALID_PARAMETER', 'no picture');

test('what this machine dropped is its own limit, and not the server’s', () => {
  const limited = published(1, { localProblems: [pool], refusals: 7 }, 3);
  const report = reportOf([limited, published(2)], { queue: [0, 900] });
  expect(report).toMatchObject({
    ok: false,
    server: { keptUp: null, dropped: 0, waits: 0 },
    client: {
      dropped: 3,
      waits: 7,
      limits: [{ code: pool.code, count: 1, message: 'too small; a --pool of 9 bytes would do' }],
    },
  });
  const text = reportText(report);
  expect(text).toContain('not measured: this machine was the limit');
  expect(text).toContain('the limit: 3 frames dropped and 7 waits for room before');
  expect(text).toContain('ERR_CLOUDPUSH_POOL_TOO_SMALL │ too small; a --pool of 9 bytes would do');
});

test('a server that has dropped frames of other channels did not keep up all the same', () => {
  const channels = [published(1, { localProblems: [damaged] }, 3), published(2, {}, 2)];
  const report = reportOf(channels);
  expect(report).toMatchObject({ server: { keptUp: false, dropped: 2 }, client: { dropped: 3 } });
  // The pool is everybody's.
  const pooled = reportOf([published(1, { localProblems: [pool] }, 3), published(2, {}, 2)]);
  expect(pooled).toMatchObject({ server: { keptUp: null, dropped: 0 }, client: { dropped: 5 } });
});

test('the text tells durations, causes and the verdict', () => {
  const text = reportText(reportOf([published(1), refused(2)]));
  expect(text).toMatch(/connect +│ +1 │ +6\.00 /);
  expect(text).toContain('ERR_CLOUDPUSH_CLOSE_TIMEOUT │ the server said no');
  expect(text).toContain('1 of 2 published to the end, 1 failed');
  expect(text).toContain('kept up: 0 frames dropped');
  expect(text).toMatch(/≤ 20 +2 {2}█+$/m);
});

test('the text tells how much the server had not acknowledged, where it acknowledges', () => {
  expect(reportText(reportOf([published(1)], { queue: [0] }))).toContain('up to 2.5 MB a channel not');
  expect(reportText(reportOf([published(1)]))).not.toContain('acknowledged');
});

test('the text of a server that is not there holds no durations', () => {
  const report: BenchReport = { ...reportOf([refused(1)]), firstMediaMs: null };
  expect(reportText(report)).toContain('took nothing');
  expect(reportText(report)).not.toContain('p90');
});

test('the numbers of a row stand under their names', () => {
  const row = { elapsed: 3000, begun: 50, connected: 48, publishing: 47, failed: 1, mbitPerSecond: 99.5 };
  const text = rowText({ ...row, dropped: 12, queueMs: 340, p50: 0.12, p99: 3.4 });
  expect(text).toHaveLength(HEAD.length);
  expect(text.length).toBeLessThanOrEqual(80);
  expect(text.trim().split(/ +/)).toEqual(['3.0', '48/50', '47', '1', '99.5', '12', '340', '0.12', '3.40']);
});

test('the way through the server is told, and a player without a picture is not ok', () => {
  const failures = new CauseCounter();
  failures.add(refusal);
  const figures = { players: 2, playing: 1, latencies: [3, 4, 5], firstPictures: [40], failures };
  const report = reportOf([published(1), published(2)], { pull: figures });
  expect(report).toMatchObject({
    ok: false,
    pull: { players: 2, playing: 1, latencyMs: { count: 3, p50: 4 }, firstPictureMs: { p50: 40 } },
  });
  const text = reportText(report);
  expect(text).toContain('1 of 2 had pictures');
  expect(text).toMatch(/through the server +│ +3 │ +3\.00 /);
  expect(text).toContain('not played');
  expect(reportOf([published(1)], { pull: { ...figures, players: 1 } }).ok).toBe(true);
});
