import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import type { DestinationConfig } from '../../options/destination-config.js';
import { type FakeConnection, FakeConnections } from '../testing/fake-connection.js';
import { AWAY, FARTHER, failure, HOME, IN_SEGMENT } from '../testing/reconnector-bench.js';
import { ConnectLimiter } from './connect-limiter.js';
import { ConnectionAttempt } from './connection-attempt.js';
import { ConnectionSet, type ConnectionSetOwner } from './connection-set.js';
import type { ReconnectorOwner } from './reconnector-owner.js';
import { TargetSource } from './target-source.js';

/** A set whose first connection is the current one, and publishes. */
class Fixture {
  readonly clock = new FakeClock();
  readonly fakes = new FakeConnections();
  readonly told: string[] = [];
  readonly current: FakeConnection;
  readonly set: ConnectionSet;
  isPublishing = true;
  wantsConnection = true;
  refusal: Error | undefined;

  constructor() {
    const { told, clock, fakes } = this;
    const fixture = this;
    const owner: ConnectionSetOwner = {
      get current() {
        return fixture.current?.self;
      },
      get isPublishing() {
        return fixture.isPublishing;
      },
      onDrain: () => void told.push('drain'),
      onCurrentClosed: (_, error) => void told.push(`closed: ${error?.message ?? 'clean'}`),
      onLeftClosed: () => void told.push('left closed'),
      onFault: (fault) => void told.push(`fault: ${(fault as Error).message}`),
    };
    const destination = {
      segments: IN_SEGMENT,
      get wantsConnection() {
        return fixture.wantsConnection;
      },
      refusalOf: () => fixture.refusal,
      onCommand: (name: string) => void told.push(`command: ${name}`),
      onWarning: (message: string) => void told.push(`warning: ${message}`),
    } as unknown as ReconnectorOwner;
    const limiter = new ConnectLimiter(8);
    const targets = new TargetSource(HOME, () => {});
    const context = { limiter, targets, clock, createConnection: fakes.create };
    const attempt = new ConnectionAttempt(limiter, targets);
    this.set = new ConnectionSet(owner, destination, {
      config: {} as DestinationConfig,
      context,
      attempt,
    });
    this.set.createConnection();
    this.current = fakes.latest;
  }

  /** Another connection takes the stream up, and has yet to be made. */
  async moving(): Promise<FakeConnection> {
    this.set.moveTo(AWAY, false);
    await turn();
    return this.fakes.latest;
  }
}

let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
});

test('only the current connection is heard of room and of its end', async () => {
  const { set, current, told } = fixture;
  const other = await fixture.moving();
  other.drain();
  current.drain();
  expect(told).toEqual(['drain']);
  await other.lose(failure());
  expect(told.at(-1)).toMatch(/^warning: the stream stays where it is/);
  await current.lose(failure());
  expect(told.at(-1)).toBe('closed: the test says so');
  set.createConnection();
  await fixture.fakes.latest.lose(failure());
  expect(told).toHaveLength(3);
});

test('the end of those that were left is told once, with the last', async () => {
  const { set, told, fakes } = fixture;
  const left = [0, 1].map(() => {
    set.left.add(set.createConnection());
    return fakes.latest;
  });
  await left[0]!.lose(undefined);
  expect(told).toEqual([]);
  await left[1]!.lose(undefined);
  expect(told).toEqual(['left closed']);
});

test('bytes are counted over all connections, also those that are gone', async () => {
  const { set, current, fakes } = fixture;
  (await current.succeed()).bytesWritten = 100;
  set.left.add(set.createConnection());
  const left = fakes.latest;
  (await left.succeed()).bytesWritten = 20;
  expect(set.bytesWritten).toBe(120);
  await left.lose(undefined);
  expect(set.bytesWritten).toBe(120);
});

test('while nothing is published, a move waits for the next connection', async () => {
  const { set } = fixture;
  fixture.isPublishing = false;
  await fixture.moving();
  expect(fixture.fakes.made).toHaveLength(1);
  expect(set.mover.takePending()?.target).toEqual(AWAY);
});

test('a server is followed when it is the current one, and the stream goes on', async () => {
  const { current, fakes, set } = fixture;
  fixture.wantsConnection = false;
  current.requestMove(AWAY);
  await turn();
  expect(fakes.made).toHaveLength(1);
  fixture.wantsConnection = true;
  current.requestMove(AWAY);
  await turn();
  expect(fakes.latest.target).toEqual(AWAY);
  fakes.latest.requestMove(FARTHER);
  await turn();
  expect([fakes.made.length, set.mover.underWay?.target]).toEqual([2, AWAY]);
});

test('a server that asks for what is under way has it begun once, and nothing is begun after the end', async () => {
  const { current, fakes, clock, set } = fixture;
  current.requestMove(AWAY);
  await turn();
  current.requestMove(AWAY);
  clock.pass(5000);
  await turn();
  expect(fakes.made).toHaveLength(2);
  current.requestMove(FARTHER);
  set.stopMoving();
  clock.pass(600_000);
  await turn();
  expect([fakes.made.length, fakes.latest.signal.aborted]).toEqual([2, true]);
});

test('a server that cannot take the stream is left again', async () => {
  const next = await fixture.moving();
  fixture.refusal = new Error('no such codec');
  await next.succeed();
  expect(next.signal.aborted).toBe(true);
  expect(fixture.told).toEqual([
    'warning: the stream stays where it is, it could not be moved: no such codec',
  ]);
  expect(fixture.set.left.isEmpty).toBe(false);
});
