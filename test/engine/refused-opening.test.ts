// A channel or destination that cannot be opened, added, or moved leaves no trace: not in the engine, not in
// a worker thread, not at a server.

import {
  type Channel,
  type ChannelOptions,
  type CloudPushError,
  CloudPushError as EngineError,
  PushEngine,
} from '@cloudpush/engine';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole, transcript } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const MOST = 5;

let receiver: RecordingReceiver;
let engine: PushEngine;
let healthy: Channel[];
let events: string[][];

beforeEach(async () => {
  receiver = await RecordingReceiver.listen();
  engine = await PushEngine.create({ maxConnections: MOST, shards: 1 });
  healthy = ['a', 'b', 'c'].map((name) => engine.openChannel({ url: receiver.url(name) }));
  events = healthy.map(transcript);
  await Promise.all(healthy.map((channel) => channel.connected()));
});

afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
});

/** Values that no type checker has seen. */
function loose<T>(value: unknown): T {
  return value as T;
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as CloudPushError).code;
  }
  return 'taken';
}

/** The healthy channels send to their end, and the engine is as empty as it was. */
async function expectUndisturbed(destinations = healthy.length): Promise<void> {
  expect(engine.stats()).toMatchObject({ channels: healthy.length, destinations });
  for (const packet of packets) for (const channel of healthy) await sendOne(channel, packet);
  for (const channel of healthy) expect(await channel.close()).toEqual({ clean: true, error: undefined });
  for (const name of ['a', 'b', 'c']) expectWhole(receiver.stream(name), packets);
  expect(events).toEqual(healthy.map(() => ['connect', 'close']));
  await closeEmpty(engine);
}

test('openings that find the engine full, three in one turn, disturb nobody', async () => {
  const others = [0, 1].map((i) => healthy[0]!.addDestination({ url: receiver.url(`more-${i}`) }));
  await Promise.all(others.map((other) => other.connected()));
  events[0]!.length = 1;
  for (let i = 0; i < 3; i++)
    expect(codeOf(() => engine.openChannel({ url: receiver.url('x') }))).toBe(
      'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS',
    );
  for (let i = 0; i < 3; i++)
    expect(codeOf(() => healthy[1]!.addDestination({ url: receiver.url('x') }))).toBe(
      'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS',
    );
  for (const other of others) expect((await other.close()).clean).toBe(true);
  // Its place is free again, and what takes it is not mistaken for anything else.
  const next = engine.openChannel({ url: receiver.url('next') });
  await next.connected();
  expect((await next.close()).clean).toBe(true);
  await expectUndisturbed();
  expect(receiver.all.map(({ name }) => name)).not.toContain('x');
});

const url = (): string => receiver.url('x');
const refused: readonly [what: string, options: () => unknown][] = [
  ['a connection with a function in it', () => ({ url: url(), connection: { lookup() {} } })],
  ['a connection with a function deep in it', () => ({ url: url(), connection: { tls: { ca: () => 1 } } })],
  [
    'a connection with a value that cannot be cloned',
    () => ({ url: url(), connection: { connectObject: { x: Symbol('y') } } }),
  ],
  ['a controller for a signal', () => ({ url: url(), signal: new AbortController() })],
  ['a text for a signal', () => ({ url: url(), signal: 'now' })],
  ['a token that is none', () => ({ url: url(), connection: { token: {} } })],
];

test.each(refused)('%s is refused, however often it is tried, and takes no place', async (_, options) => {
  for (let i = 0; i < 2 * MOST; i++) {
    expect(codeOf(() => engine.openChannel(loose(options())))).toBe('ERR_CLOUDPUSH_INVALID_PARAMETER');
    expect(codeOf(() => healthy[i % 3]!.addDestination(loose(options())))).toBe(
      'ERR_CLOUDPUSH_INVALID_PARAMETER',
    );
  }
  const next = engine.openChannel({ url: receiver.url('next') });
  const told = transcript(next);
  await next.connected();
  expect(await next.close()).toEqual({ clean: true, error: undefined });
  expect(told).toEqual(['connect', 'close']);
  await expectUndisturbed();
  expect(receiver.all.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'next']);
});

test('a target to move to that is none is refused, and the stream stays', async () => {
  const [destination] = healthy[0]!.destinations;
  for (const target of [{ url: url(), token: Symbol('t') }, { url: 5 }, { url: url(), token: {} }, null, 'x'])
    expect(codeOf(() => destination!.moveTo(loose(target)))).toBe('ERR_CLOUDPUSH_INVALID_PARAMETER');
  expect(codeOf(() => destination!.moveTo({ url: 'rtmp://host' }))).toBe('ERR_CLOUDPUSH_INVALID_URL');
  await expectUndisturbed();
});

test('options that change their mind while they are read take nobody else down', async () => {
  const greedy: ChannelOptions = {
    get url() {
      // A getter that opens channels itself, until there is no room.
      while (codeOf(() => others.push(engine.openChannel({ url: receiver.url('other') }))) === 'taken');
      return receiver.url('x');
    },
  };
  const others: Channel[] = [];
  expect(codeOf(() => engine.openChannel(greedy))).toBe('ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS');
  expect(others).toHaveLength(MOST - healthy.length);
  for (const other of others) other.abort();
  await Promise.all(others.map((other) => other.close()));
  await expectUndisturbed();
});

test('a signal that cannot be listened to ends its own channel', async () => {
  const signal = {
    aborted: false,
    addEventListener() {
      throw new TypeError('no');
    },
    removeEventListener() {},
  };
  const channel = engine.openChannel({ url: url(), signal: loose(signal) });
  expect((await channel.close()).error?.code).toBe('ERR_CLOUDPUSH_ABORTED');
  await expectUndisturbed();
});

test('a reason to abort may be anything', async () => {
  const details = { callback: () => 1, symbol: Symbol('s') };
  const reasons = [
    new EngineError('ERR_MINE', 'mine', { class: 'fatal', details }),
    Symbol('reason'),
    Object.create(null),
    () => 1,
  ];
  for (const reason of reasons) {
    const channel = engine.openChannel({ url: url() });
    channel.abort(reason);
    expect((await channel.close()).clean).toBe(false);
    const other = engine.openChannel({ url: url() });
    const [destination] = other.destinations;
    destination!.abort(reason);
    expect((await destination!.close()).clean).toBe(false);
    expect((await other.close()).clean).toBe(false);
  }
  await expectUndisturbed();
});

test('a token provider may fail with anything', async () => {
  const error = new EngineError('ERR_MINE', 'mine', { class: 'fatal', details: { callback: () => 1 } });
  const own = await PushEngine.create({ tokenProvider: () => Promise.reject(error), shards: 1 });
  const channel = own.openChannel({ target: { kind: 'device', deviceSN: 'x' } });
  channel.sendVideo(packets[0]!.data, { pts: 0 });
  await expect(channel.connected()).rejects.toMatchObject({ code: 'ERR_MINE' });
  await closeEmpty(own);
  await expectUndisturbed();
});

test('a logger that throws costs its lines alone: no channel, no event, no end', async () => {
  const fail = (): never => {
    throw new Error('out of the logger');
  };
  const own = await PushEngine.create({ maxConnections: 1, logger: { info: fail, warn: fail, error: fail } });
  const channel = own.openChannel({ url: receiver.url('own') });
  const told = transcript(channel);
  await channel.connected();
  for (const packet of packets) await sendOne(channel, packet);
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  expect(told).toEqual(['connect', 'close']);
  await closeEmpty(own);
  await engine.close();
});
