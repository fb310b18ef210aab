import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { ConnectLimiter } from './connect-limiter.js';
import type { LinkOwner } from './connection.js';
import type { ConnectorOwner, Connector as ConnectorType } from './connector.js';
import { TargetSource } from './target-source.js';

/** A connection that is made, refused and lost when the test says so. */
class FakeConnection {
  static readonly made: FakeConnection[] = [];
  target: ShardTarget | undefined;
  publisher: object | undefined;
  readonly bytesWritten = 0;
  readonly streamName = 'name';
  closes = 0;
  readonly #owner: LinkOwner;
  readonly #abort = new AbortController();
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(owner: LinkOwner) {
    this.#owner = owner;
    FakeConnection.made.push(this);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  leadsTo({ url }: ShardTarget): boolean {
    return this.target?.url === url;
  }

  publish(target: ShardTarget): Promise<void> {
    this.target = target;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async nextStream(): Promise<void> {}

  close(): void {
    this.closes++;
  }

  abort(error: Error): void {
    this.#abort.abort(error);
    this.#reject(error);
  }

  stalled(): void {}

  /** The server has answered. */
  async succeed(): Promise<void> {
    this.publisher = {};
    this.#resolve();
    await vi.advanceTimersByTimeAsync(0);
  }

  async fail(error: Error): Promise<void> {
    this.#reject(error);
    await vi.advanceTimersByTimeAsync(0);
  }

  drain(): void {
    this.#owner.onDrain(this as never);
  }

  async lose(error: Error | undefined): Promise<void> {
    this.#owner.onLinkClosed(this as never, error as never);
    await vi.advanceTimersByTimeAsync(0);
  }
}

vi.doMock('./connection.js', () => ({ Connection: FakeConnection }));
const { Connector } = await import('./connector.js');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  FakeConnection.made.length = 0;
});

const HOME: ShardTarget = { url: 'rtmp://home/live/a', token: undefined };
const AWAY: ShardTarget = { url: 'rtmp://away/live/a', token: undefined };
const FARTHER: ShardTarget = { url: 'rtmp://farther/live/a', token: undefined };

function failure(errorClass: 'retryable' | 'busy' = 'retryable'): CloudPushError {
  return new CloudPushError('ERR_TEST', 'the test says so', { class: errorClass });
}

interface Fixture {
  readonly connector: ConnectorType;
  readonly told: string[];
}

async function publishing(
  differences: Partial<ConnectorOwner> = {},
  more: Partial<DestinationConfig> = {},
): Promise<Fixture> {
  const told: string[] = [];
  const owner: ConnectorOwner = {
    refusalOf: () => undefined,
    onPublishing: () => void told.push('publishing'),
    onDrain: () => void told.push('drain'),
    onCommand: () => {},
    onWarning: (message) => void told.push(`warning: ${message}`),
    wantsConnection: true,
    isBetweenSegments: false,
    isAtRest: false,
    isOpeningSegment: false,
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
  const connector = new Connector(owner, config, new ConnectLimiter(8), new TargetSource(HOME, () => {}));
  connector.connect();
  await vi.advanceTimersByTimeAsync(0);
  await link(0).succeed();
  return { connector, told };
}

function link(number: number): FakeConnection {
  return FakeConnection.made[number]!;
}

/** The wait for the next attempt is over. */
async function waitForRetry(): Promise<void> {
  await vi.advanceTimersByTimeAsync(60_000);
}

test('a stream that is lost on its way to another server goes on there', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
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
  const { connector } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  await link(0).lose(failure());
  connector.moveTo(FARTHER, false);
  await waitForRetry();
  expect(link(2).target).toEqual(FARTHER);
});

test('a stream that is lost beside a connection that is ready goes on there at once', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  await link(1).succeed();
  expect(connector.canMove).toBe(true);
  await link(0).lose(failure());
  expect(connector.publisher).toBe(link(1).publisher);
  expect(told).toEqual(['publishing', 'lost', 'publishing']);
  expect(FakeConnection.made).toHaveLength(2);
});

test('a move that failed is forgotten: a lost connection is made again where it was', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  await link(1).fail(failure());
  expect(told[1]).toMatch(/^warning: /);
  expect(connector.canMove).toBe(false);
  await link(0).lose(failure());
  await waitForRetry();
  expect(link(2).target).toEqual(HOME);
});

test('where the name is taken, the old connection ends before the new one is made', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  await link(1).fail(failure('busy'));
  expect(connector.canMove).toBe(true);
  expect(connector.move()).toBeUndefined();
  expect(link(0).closes).toBe(1);
  expect(FakeConnection.made).toHaveLength(2);
  await link(0).lose(undefined);
  expect(link(2).target).toEqual(AWAY);
  await link(2).succeed();
  expect(told).toEqual(['publishing', 'publishing']);
});

test('one that is destroyed on its way ends with that error, on both connections', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  connector.destroy(failure());
  expect([link(0).signal.aborted, link(1).signal.aborted]).toEqual([true, true]);
  await link(0).lose(failure('busy'));
  await waitForRetry();
  expect(told).toEqual(['publishing', 'over: the test says so']);
  expect(FakeConnection.made).toHaveLength(2);
});

test('one that is destroyed while the end of its last segment is on its way does not end cleanly', async () => {
  const { connector, told } = await publishing({ isBetweenSegments: true }, { segmentConnection: 'new' });
  connector.endStream();
  connector.close();
  expect(told).toEqual(['publishing', 'rest']);
  connector.destroy(failure());
  await link(0).lose(failure('busy'));
  expect(told.at(-1)).toBe('over: the test says so');
});

test('a server that closes between two segments at the moment of the close ends the stream cleanly', async () => {
  const atRest = { isBetweenSegments: true, isAtRest: true, wantsConnection: false };
  const { connector, told } = await publishing(atRest);
  connector.close();
  expect(link(0).closes).toBe(1);
  await link(0).lose(new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'the server has closed'));
  expect(told.at(-1)).toBe('over: clean');
});

test.each(['onPublishing', 'onDrain'] as const)(
  'a fault in %s ends its stream, and nothing else',
  async (event) => {
    let isFaulty = false;
    const fail = (): void => {
      if (isFaulty) throw new TypeError('a fault of ours');
    };
    const { connector, told } = await publishing({ [event]: fail });
    isFaulty = true;
    if (event === 'onDrain') link(0).drain();
    else {
      await link(0).lose(failure());
      await waitForRetry();
      await link(1).succeed();
    }
    const current = FakeConnection.made.at(-1)!;
    expect(current.signal.aborted).toBe(true);
    await current.lose(failure());
    expect(told.at(-1)).toBe('over: internal error: a fault of ours');
    expect(connector.publisher).toBeUndefined();
  },
);

function broken(stage: 'create-stream' | 'publish'): RtmpError {
  return new RtmpError(RtmpErrorCode.socket, stage, `reset (${stage})`);
}

test('a connection that the stream has left and that ends badly is how the destination ends', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  await link(1).succeed();
  connector.move();
  await link(0).lose(broken('publish'));
  connector.close();
  await link(1).lose(undefined);
  expect(told.at(-1)).toBe('over: reset (publish)');
});

test('one that was ready for the stream and never got it is not', async () => {
  const { connector, told } = await publishing();
  connector.moveTo(AWAY, false);
  await vi.advanceTimersByTimeAsync(0);
  await link(1).succeed();
  connector.close();
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
    const { connector, told } = await publishing({ isOpeningSegment: true });
    connector.nextStream();
    await link(0).lose(broken(stage));
    await link(1).succeed();
    expect(told.filter((word) => word === 'other connection')).toHaveLength(1);
    connector.close();
    await link(1).lose(undefined);
    expect(told.at(-1)).toBe(end);
  },
);
