import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { newCounterMemory, ShardCounters } from '../../memory/counters.js';
import type { SourceConfig } from '../../options/source-config.js';
import { ChannelSource, type SessionOpener } from './channel-source.js';
import type { ReaderOutput } from './reader-output.js';
import type { SourceChannel, SourceContext } from './source-context.js';
import type { SourceOutput } from './source-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';

const tracks = { video: { codec: 'h264' }, audio: { codec: 'aac' } };
const failure = (errorClass: 'retryable' | 'auth' | 'fatal'): CloudPushError =>
  new CloudPushError('ERR_CLOUDPUSH_SOURCE_INVALID', 'gone', { class: errorClass });

/** A session that does nothing by itself. */
class FakeSession implements SourceSession {
  isLive = true;
  waitsForRoom = false;
  closed = false;
  readonly handler: SessionHandler;
  readonly output: SourceOutput;
  constructor(handler: SessionHandler, output: ReaderOutput) {
    this.handler = handler;
    this.output = output as SourceOutput;
  }
  start(): void {}
  nextTick = Number.POSITIVE_INFINITY;
  tick(): void {}
  onRoom(): void {}
  /** It was asked for its counts while it could still tell them. */
  counted = false;
  updateCounters(): void {
    this.counted ||= !this.closed;
  }
  close(): void {
    this.closed = true;
  }
}

/** A source on a clock of its own. */
function bench(settings: Partial<SourceConfig> = {}) {
  let clock = 1000;
  const reports: string[] = [];
  const sessions: FakeSession[] = [];
  const fallbacks: FakeSession[] = [];
  const context = {
    clock: { now: () => clock },
    pool: new SharedArrayBuffer(65_536),
    counters: new ShardCounters(newCounterMemory(1)),
    report: ({ event }: { event?: { type: string; delay?: number } }) => {
      if (event !== undefined)
        reports.push(event.delay === undefined ? event.type : `${event.type} ${event.delay}`);
    },
  } as unknown as SourceContext;
  const channel = { number: 0, touched: false, beginWithoutTrack: () => {} } as unknown as SourceChannel;
  const config: SourceConfig = {
    input: { kind: 'file', path: 'x', loop: false, format: undefined, frameRate: undefined },
    timeout: 1000,
    videoTimeout: 2000,
    retry: { initialDelay: 100, maxDelay: 5000, always: false },
    audio: 'auto',
    fallback: undefined,
    maxPacket: 10_000,
    ...settings,
  };
  const opener: SessionOpener = {
    open: (_, output, handler) => {
      const session = new FakeSession(handler, output);
      sessions.push(session);
      return session;
    },
    openFallback: (_input, _config, output, handler) => {
      const session = new FakeSession(handler, output);
      fallbacks.push(session);
      return session;
    },
  };
  const surroundings = { opener, onClosed: () => {}, onChanged: () => {} };
  const source = new ChannelSource(context, channel, config, surroundings);
  const ticks = { count: 0 };
  const pass = (ms: number): void => {
    for (let i = 0; i < ms; i += 50) {
      clock += 50;
      if (source.nextTick > clock) continue;
      ticks.count++;
      source.tick();
    }
  };
  const session = (): FakeSession => sessions.at(-1)!;
  const connect = (): void => {
    session().output.received.at = clock;
    session().output.received.pictureAt = clock;
    session().handler.onConnected(tracks);
  };
  return { source, reports, sessions, fallbacks, session, connect, pass, ticks, config, now: () => clock };
}

test('what a session has counted is published when another takes its place, and at the end', () => {
  const { source, sessions, connect, config } = bench();
  connect();
  source.replace(config);
  connect();
  source.close();
  expect(sessions.map(({ counted, closed }) => counted && closed)).toEqual([true, true]);
});

test('a source that is not there in time is given up, and opened again after a part of the delay', () => {
  const { reports, sessions, pass } = bench();
  pass(1000);
  expect(reports.slice(0, 1)).toEqual(['connecting']);
  expect(reports[1]).toMatch(/^lost \d/);
  expect(sessions[0]!.closed).toBe(true);
  pass(150);
  expect(sessions).toHaveLength(2);
});

test('silence is told at half of the time-out, and is the loss of the source at the end of it', () => {
  const { reports, sessions, connect, pass } = bench();
  connect();
  pass(450);
  expect(reports).toEqual(['connecting', 'connected']);
  pass(100);
  expect(reports.at(-1)).toBe('stalled');
  pass(450);
  expect(reports[3]).toMatch(/^lost/);
  expect(sessions[0]!.closed).toBe(true);
});

test('a source that goes on after it was silent streams again', () => {
  const { reports, session, connect, pass, now } = bench();
  connect();
  pass(600);
  session().output.received.at = now();
  session().output.received.pictureAt = now();
  pass(450);
  expect(reports).toEqual(['connecting', 'connected', 'stalled', 'streaming']);
});

test('sound without pictures is watched on its own, and a file, or who waits for room, not at all', () => {
  const { reports, session, connect, pass, now } = bench();
  connect();
  for (let i = 0; i < 42; i++) {
    session().output.received.at = now();
    pass(50);
  }
  expect(reports.filter((report) => report.startsWith('stalled'))).toHaveLength(1);
  expect(reports[3]).toMatch(/^lost/);
  for (const change of [{ isLive: false }, { waitsForRoom: true }]) {
    const other = bench();
    Object.assign(other.session(), change);
    other.connect();
    other.pass(10_000);
    expect(other.reports).toEqual(['connecting', 'connected']);
  }
});

test('wrong credentials are tried again after the longest delay, what is hopeless not at all', () => {
  const { reports, sessions, session, pass } = bench();
  session().handler.onEnded(failure('auth'));
  expect(reports.at(-1)).toBe('lost 5000');
  pass(4950);
  expect(sessions).toHaveLength(1);
  pass(50);
  session().handler.onEnded(failure('fatal'));
  expect(reports.at(-1)).toBe('lost Infinity');
  pass(100_000);
  expect(sessions).toHaveLength(2);
});

test('a session that is over says nothing any more', () => {
  const { source, reports, sessions, session, connect, config } = bench();
  connect();
  source.replace(config);
  sessions[0]!.handler.onEnded(failure('retryable'));
  sessions[0]!.handler.onConnected(tracks);
  expect(reports).toEqual(['connecting', 'connected', 'connecting']);
  session().handler.onEnded(undefined);
  expect(reports.at(-1)).toBe('ended');
  source.close();
  source.replace(config);
  expect(sessions).toHaveLength(2);
});

const slate = { kind: 'file', path: 'slate', loop: true, format: undefined, frameRate: undefined } as const;

test('what stands in for a source begins when it is lost, once, and ends before the source writes again', () => {
  const { reports, session, fallbacks, connect, pass } = bench({ fallback: slate });
  connect();
  expect(fallbacks).toHaveLength(0);
  session().handler.onEnded(failure('retryable'));
  expect(fallbacks).toHaveLength(1);
  fallbacks[0]!.handler.onConnected(tracks);
  expect(reports.at(-1)).toBe('fallback');
  pass(150);
  session().handler.onEnded(failure('retryable'));
  expect(fallbacks).toHaveLength(1);
  expect(fallbacks[0]!.closed).toBe(false);
  pass(250);
  session().output.begin('h264', 'aac');
  connect();
  // It is connected, and may be silent for all that is known.
  expect(fallbacks[0]!.closed).toBe(false);
  session().output.sendVideo(new Uint8Array(10), { pts: 0 });
  expect(fallbacks[0]!.closed).toBe(true);
  expect(reports.slice(-2)).toEqual(['connected', 'fallback']);
});

test('what stands in ends with the channel, and where another source takes its place', () => {
  const first = bench({ fallback: slate });
  first.session().handler.onEnded(failure('fatal'));
  first.source.replace(first.config);
  expect(first.fallbacks[0]!.closed).toBe(true);
  first.session().handler.onEnded(failure('fatal'));
  expect(first.fallbacks).toHaveLength(2);
  first.source.close();
  expect(first.fallbacks[1]!.closed).toBe(true);
});

test('nothing of what stood in is written once the source has begun, whatever is on its way', () => {
  const { session, fallbacks, connect } = bench({ fallback: slate });
  session().handler.onEnded(failure('retryable'));
  const { output } = fallbacks[0]!;
  connect();
  session().output.begin('h264', undefined);
  session().output.sendAudio(new Uint8Array(10), { pts: 0 });
  expect(output.isFull).toBe(false);
  // There is no room in this pool: what is taken all the same goes nowhere.
  expect(session().output.sendVideo(new Uint8Array(10), { pts: 0 })).toBe(false);
  expect(output.sendVideo(new Uint8Array(10), { pts: 0 })).toBe(true);
});

test('a fallback that cannot be read is told, and tried again when the source is lost the next time', () => {
  const { reports, session, fallbacks, pass } = bench({ fallback: slate });
  session().handler.onEnded(failure('retryable'));
  fallbacks[0]!.handler.onEnded(failure('fatal'));
  expect(reports.at(-1)).toBe('warning');
  pass(150);
  session().handler.onEnded(failure('retryable'));
  expect(fallbacks).toHaveLength(2);
});

test('with `always`, what could not be opened is tried again whatever the error, and what fails later is not', () => {
  const { reports, sessions, session, connect, pass } = bench({
    retry: { initialDelay: 100, maxDelay: 5000, always: true },
  });
  session().handler.onEnded(failure('fatal'));
  expect(reports.at(-1)).toMatch(/^lost \d/);
  pass(150);
  expect(sessions).toHaveLength(2);
  connect();
  session().handler.onEnded(failure('fatal'));
  expect(reports.at(-1)).toBe('lost Infinity');
  pass(20_000);
  expect(sessions).toHaveLength(2);
});

test('a source is looked after when something may be due, and not at all when it is over', () => {
  const { source, session, sessions, connect, pass, ticks, now } = bench({
    timeout: 10_000,
    videoTimeout: 10_000,
  });
  connect();
  for (let i = 0; i < 1200; i++) {
    session().output.received.at = now();
    session().output.received.pictureAt = now();
    pass(50);
  }
  expect(ticks.count).toBeLessThanOrEqual(13);
  session().nextTick = now() + 200;
  pass(150);
  const before = ticks.count;
  pass(50);
  expect(ticks.count).toBe(before + 1);
  session().handler.onEnded(undefined);
  expect([source.nextTick, sessions.length]).toEqual([Number.POSITIVE_INFINITY, 1]);
});

test('a source that is silent is looked after twice a second', () => {
  const { connect, pass, ticks } = bench({ timeout: 20_000, videoTimeout: 20_000 });
  connect();
  pass(10_000);
  const before = ticks.count;
  pass(5000);
  expect(ticks.count - before).toBe(10);
});
