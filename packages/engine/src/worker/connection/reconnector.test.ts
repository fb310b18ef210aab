import { setImmediate as turn } from 'node:timers/promises';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { beforeEach, expect, test } from 'vitest';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { FakeClock } from '../../base/testing/fake-clock.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { type FakeConnection, FakeConnections } from '../testing/fake-connection.js';
import { ConnectLimiter } from './connect-limiter.js';
import { Reconnector } from './reconnector.js';
import type { ReconnectorOwner } from './reconnector-owner.js';
import { TargetSource } from './target-source.js';

let clock = new FakeClock();
let connections = new FakeConnections();

beforeEach(() => {
  clock = new FakeClock();
  connections = new FakeConnections();
});

const HOME: ShardTarget = { url: 'rtmp://home/live/a', token: undefined };
const AWAY: ShardTarget = { url: 'rtmp://away/live/a', token: undefined };
const FARTHER: ShardTarget = { url: 'rtmp://farther/live/a', token: undefined };

function failure(errorClass: 'retryable' | 'busy' = 'retryable'): CloudPushError {
  return new CloudPushError('ERR_TEST', 'the test says so', { class: errorClass });
}

const IN_SEGMENT = { isBetween: false, isAtRest: false, isOpening: false };

interface Fixture {
  readonly reconnector: Reconnector;
  readonly told: string[];
}

/** A reconnector that has yet to connect. `told`: what it tells its owner. */
function reconnectorOf(
  differences: Partial<ReconnectorOwner>,
  more: Partial<DestinationConfig>,
  told: string[],
): Reconnector {
  const owner: ReconnectorOwner = {
    refusalOf: () => undefined,
    onPublishing: () => void told.push('publishing'),
    onDrain: () => void told.push('drain'),
    onCommand: () => {},
    onWarning: (message) => void told.push(`warning: ${message}`),
    wantsConnection: true,
    segments: IN_SEGMENT,
    onRest: () => void told.push('rest'),
    onOtherConnection: () => void told.push('other connection'),
    onNextStream: () => void told.push('next stream'),
    assess: (error) => ({ error, mended: false }),
    onLost: () => void told.push('lost'),
    onEnded: (error) => void told.push(`over: ${error?.message ?? 'clean'}`),
    ...differences,
  };
  const config = {
    target: HOME,
    stallTimeout: 0,
    reconnect: { maxAttempts: 100, initialDelay: 1000, maxDelay: 1000, factor: 1, resetAfter: 1000 },
    ...more,
  } as unknown as DestinationConfig;
  return new Reconnector(owner, config, {
    limiter: new ConnectLimiter(8),
    targets: new TargetSource(HOME, () => {}),
    clock,
    createConnection: connections.create,
  });
}

async function publishing(
  differences: Partial<ReconnectorOwner> = {},
  more: Partial<DestinationConfig> = {},
): Promise<Fixture> {
  const told: string[] = [];
  const reconnector = reconnectorOf(differences, more, told);
  reconnector.connect();
  await turn();
  await link(0).succeed();
  return { reconnector, told };
}

function link(number: number): FakeConnection {
  return connections.made[number]!;
}

/** The wait for the next attempt is over. */
async function waitForRetry(): Promise<void> {
  clock.pass(60_000);
  await turn();
}

test('a stream that is lost on its way to another server goes on there', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  expect(link(1).target).toEqual(AWAY);
  await link(0).lose(failure());
  await waitForRetry();
  expect(link(1).signal.aborted).toBe(true);
  expect(link(2).target).toEqual(AWAY);
  await link(2).succeed();
  expect(told).toEqual(['publishing', 'lost', 'publishing']);
  // And stays there.
  await link(2).lose(failure());
  await waitForRetry();
  expect(link(3).target).toEqual(AWAY);
});

test('what was told last counts when a stream is lost on its way', async () => {
  const { reconnector } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await link(0).lose(failure());
  reconnector.moveTo(FARTHER, false);
  await waitForRetry();
  expect(link(2).target).toEqual(FARTHER);
});

test('a stream that is lost beside a connection that is ready goes on there at once', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await link(1).succeed();
  expect(reconnector.canMove).toBe(true);
  await link(0).lose(failure());
  expect(reconnector.publisher).toBe(link(1).publisher);
  expect(told).toEqual(['publishing', 'lost', 'publishing']);
  expect(connections.made).toHaveLength(2);
});

test('a move that failed is forgotten: a lost connection is made again where it was', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await link(1).fail(failure());
  expect(told[1]).toMatch(/^warning: /);
  expect(reconnector.canMove).toBe(false);
  await link(0).lose(failure());
  await waitForRetry();
  expect(link(2).target).toEqual(HOME);
});

test('where the name is taken, the old connection ends before the new one is made', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await link(1).fail(failure('busy'));
  expect(reconnector.canMove).toBe(true);
  expect(reconnector.move()).toBeUndefined();
  expect(link(0).closes).toBe(1);
  expect(connections.made).toHaveLength(2);
  await link(0).lose(undefined);
  expect(link(2).target).toEqual(AWAY);
  await link(2).succeed();
  expect(told).toEqual(['publishing', 'publishing']);
});

test('one that is destroyed on its way ends with that error, on both connections', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  reconnector.destroy(failure());
  expect([link(0).signal.aborted, link(1).signal.aborted]).toEqual([true, true]);
  await link(0).lose(failure('busy'));
  await waitForRetry();
  expect(told).toEqual(['publishing', 'over: the test says so']);
  expect(connections.made).toHaveLength(2);
});

test('one that is destroyed while the end of its last segment is on its way does not end cleanly', async () => {
  const { reconnector, told } = await publishing(
    { segments: { ...IN_SEGMENT, isBetween: true } },
    { segmentConnection: 'new' },
  );
  reconnector.endStream();
  reconnector.close();
  expect(told).toEqual(['publishing', 'rest']);
  reconnector.destroy(failure());
  await link(0).lose(failure('busy'));
  expect(told.at(-1)).toBe('over: the test says so');
});

test('a server that closes between two segments at the moment of the close ends the stream cleanly', async () => {
  const atRest = {
    segments: { isBetween: true, isAtRest: true, isOpening: false },
    wantsConnection: false,
  };
  const { reconnector, told } = await publishing(atRest);
  reconnector.close();
  expect(link(0).closes).toBe(1);
  await link(0).lose(new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'the server has closed'));
  expect(told.at(-1)).toBe('over: clean');
});

test.each(['onPublishing', 'onDrain', 'onNextStream'] as const)(
  'a fault in %s ends its stream, and nothing else',
  async (event) => {
    let isFaulty = false;
    const fail = (): void => {
      if (isFaulty) throw new TypeError('a fault of ours');
    };
    const { reconnector, told } = await publishing({ [event]: fail });
    isFaulty = true;
    if (event === 'onDrain') link(0).drain();
    else if (event === 'onNextStream') {
      reconnector.nextStream();
      await turn();
    } else {
      await link(0).lose(failure());
      await waitForRetry();
      await link(1).succeed();
    }
    const current = connections.made.at(-1)!;
    expect(current.signal.aborted).toBe(true);
    await current.lose(failure());
    expect(told.at(-1)).toBe('over: internal error: a fault of ours');
    expect(reconnector.publisher).toBeUndefined();
  },
);

function broken(stage: 'create-stream' | 'publish'): RtmpError {
  return new RtmpError(RtmpErrorCode.socket, stage, `reset (${stage})`);
}

test('a connection that the stream has left and that ends badly is how the destination ends', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await link(1).succeed();
  reconnector.move();
  await link(0).lose(broken('publish'));
  reconnector.close();
  await link(1).lose(undefined);
  expect(told.at(-1)).toBe('over: reset (publish)');
});

test('one that was ready for the stream and never got it is not', async () => {
  const { reconnector, told } = await publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await link(1).succeed();
  reconnector.close();
  await link(1).lose(broken('publish'));
  await link(0).lose(undefined);
  expect(told.at(-1)).toBe('over: clean');
});

test.each([
  ['create-stream', 'over: reset (create-stream)'],
  ['publish', 'over: clean'],
] as const)(
  'a reset before the next segment tells of a loss unless the server has answered since: %s',
  async (stage, end) => {
    const { reconnector, told } = await publishing({ segments: { ...IN_SEGMENT, isOpening: true } });
    reconnector.nextStream();
    await link(0).lose(broken(stage));
    await link(1).succeed();
    expect(told.filter((word) => word === 'other connection')).toHaveLength(1);
    reconnector.close();
    await link(1).lose(undefined);
    expect(told.at(-1)).toBe(end);
  },
);

test('a stream that rests while it is moving starts its next segment at the other server', async () => {
  const { reconnector, told } = await publishing({}, { segmentConnection: 'new' });
  reconnector.moveTo(AWAY, false);
  await turn();
  reconnector.endStream();
  expect([told.at(-1), link(0).closes, link(1).signal.aborted]).toEqual(['rest', 1, true]);
  expect(reconnector.nextStream()).toBe(true);
  // The name may still be held by the one before.
  expect(connections.made).toHaveLength(2);
  await link(0).lose(undefined);
  expect(link(2).target).toEqual(AWAY);
});

test('a stream whose next name is another does not wait for the end of the connection before', async () => {
  const { reconnector } = await publishing({}, { segmentConnection: 'new' });
  link(0).renewsName = true;
  reconnector.endStream();
  expect(reconnector.nextStream()).toBe(true);
  expect(connections.made).toHaveLength(2);
});

test('the next stream goes out on the connection that stands, where its server bears that', async () => {
  const { reconnector, told } = await publishing({}, { segmentConnection: 'auto' });
  reconnector.endStream();
  expect(link(0).publisher!.unpublishes).toBe(1);
  expect(reconnector.nextStream()).toBe(false);
  await turn();
  expect([told.at(-1), connections.made.length]).toEqual(['next stream', 1]);
});

test('one that is told to move to where its connection leads stays there', async () => {
  const { reconnector } = await publishing();
  await link(0).lose(failure());
  reconnector.moveTo(AWAY, true);
  await waitForRetry();
  // The target was asked for, and is another one than the renewed.
  expect(link(1).target).toEqual(HOME);
  reconnector.moveTo(HOME, true);
  await link(1).succeed();
  expect(connections.made).toHaveLength(2);
});

test('a connection that takes nothing while something waits is given up, and not when it has drained', async () => {
  const { reconnector, told } = await publishing({}, { stallTimeout: 5000 });
  reconnector.watch();
  clock.pass(4999);
  link(0).drain();
  clock.pass(5000);
  expect([link(0).stalls, told.at(-1)]).toEqual([[], 'drain']);
  reconnector.watch();
  clock.pass(5000);
  expect(link(0).stalls).toEqual([5000]);
});

test('a connection that was left wakes nobody', async () => {
  const { reconnector, told } = await publishing({}, { segmentConnection: 'new' });
  reconnector.endStream();
  link(0).drain();
  expect(told.at(-1)).toBe('rest');
});

test('another shard can go on with what waits for its connection, but not with what is to move or to end', async () => {
  const { reconnector, told } = await publishing();
  expect(reconnector.mayRelease).toBe(false);
  await link(0).lose(failure());
  expect(reconnector.mayRelease).toBe(true);
  reconnector.moveTo(AWAY, false);
  expect(reconnector.mayRelease).toBe(false);
  await waitForRetry();
  expect(reconnector.mayRelease).toBe(true);
  reconnector.release();
  expect([link(1).signal.aborted, told.at(-1)]).toEqual([true, 'lost']);
  await waitForRetry();
  expect([told.at(-1), connections.made.length]).toEqual(['lost', 2]);
});

test('one that has never connected stays with its shard', () => {
  expect(reconnectorOf({}, {}, []).mayRelease).toBe(false);
});

test('what was lost with another shard is made again after its delay, as the attempt that it is', async () => {
  const told: string[] = [];
  const reconnector = reconnectorOf({}, {}, told);
  reconnector.connectAgain({ error: toErrorData(failure()), delay: 3000, attempts: 100 });
  clock.pass(2999);
  await turn();
  expect(connections.made).toEqual([]);
  clock.pass(1);
  await turn();
  await link(0).fail(failure());
  // It was the last one that the policy grants.
  expect(told).toEqual(['over: the test says so']);
});

test('a server that asks the stream to move is followed, at once the first time', async () => {
  const { told } = await publishing();
  link(0).requestMove(AWAY);
  await turn();
  expect(link(1).target).toEqual(AWAY);
  await link(1).fail(failure());
  link(0).requestMove(FARTHER);
  await turn();
  expect(connections.made).toHaveLength(2);
  expect(told.at(-1)).toMatch(/^warning: the server asks the stream to move again; it moves in 5 s/);
  clock.pass(5000);
  await turn();
  expect(link(2).target).toEqual(FARTHER);
});
