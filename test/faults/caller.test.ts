// Callers that make every mistake: each public method with every kind of bad argument, from within handlers,
// with handlers that throw, with memory that has gone, after the end. No crash, no hang, errors of a type,
// and the channel beside it never notices.

import { once } from 'node:events';
import * as api from '@cloudpush/engine';
import { type Channel, CloudPushError, type Destination, PushEngine } from '@cloudpush/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cameraPackets, sendOne } from '../engine/camera.js';
import { closeEmpty, expectWhole } from '../engine/expectations.js';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { badValues, detached, isOwnError } from './support/bad-values.js';

const packets = cameraPackets();
const times = { pts: 0 };
const tokenUrl = 'http://127.0.0.1:1/token';
const rtmpUrl = 'rtmp://127.0.0.1:1/live/a';

/** Of methods whose first arguments decide whether the others are looked at: good ones. */
const GOOD: Readonly<Record<string, readonly unknown[]>> = {
  sendVideo: [packets[0]!.data, times],
  sendAudio: [packets[1]!.data, times],
  sendData: ['onText', ['x'], times],
  sendPrivateData: [Uint8Array.of(1), times],
  sendMetadata: [{ type: 'streamStart', trigger: 'face', time: 0 }, times],
  writeVideo: [packets[0]!.data, times, {}],
  writeAudio: [packets[1]!.data, times, {}],
  writeData: ['onText', ['x'], times, {}],
  writeMetadata: [{ type: 'streamStart', trigger: 'face', time: 0 }, times, {}],
  createWritable: ['video', {}],
};

let receiver: RecordingReceiver;
let engine: PushEngine;
let witness: Channel;
let witnessed: Promise<unknown>;

beforeAll(async () => {
  receiver = await RecordingReceiver.listen();
  engine = await PushEngine.create({ maxConnections: 100, shards: 1, debugPool: true });
  witness = engine.openChannel({ url: receiver.url('witness') });
  await witness.connected();
  let at = 0;
  const next = async (): Promise<void> => {
    for (; at < packets.length; at++) {
      await sendOne(witness, packets[at]!);
      await new Promise(setImmediate);
    }
  };
  witnessed = next();
});

afterAll(async () => {
  await witnessed;
  expect(await witness.close()).toEqual({ clean: true, error: undefined });
  await closeEmpty(engine);
  expectWhole(receiver.stream('witness'), packets);
  await receiver[Symbol.asyncDispose]();
});

let names = 0;

function openChannel(): Channel {
  return engine.openChannel({ url: receiver.url(`c${names++}`), reconnect: true });
}

/** For each class that is exported, something of it, and its end. A new class must be added here. */
const instances: Readonly<
  Record<string, () => Promise<{ readonly instance: object; readonly end: () => unknown }>>
> = {
  Fence: async () => ({ instance: new api.Fence(), end: () => {} }),
  PushEngine: async () => {
    const instance = await PushEngine.create({ maxConnections: 1, shards: 1 });
    return { instance, end: () => instance.close() };
  },
  Channel: async () => {
    const instance = openChannel();
    return { instance, end: () => void instance.abort() };
  },
  Destination: async () => {
    const channel = openChannel();
    const [instance] = channel.destinations;
    return { instance: instance as Destination, end: () => void channel.abort() };
  },
  CloudPushError: async () => ({
    instance: new CloudPushError('ERR_CLOUDPUSH_INVALID_PARAMETER', 'x'),
    end: () => {},
  }),
  TokenServer: async () => ({ instance: new api.TokenServer({ url: tokenUrl }), end: () => {} }),
  TargetCache: async () => {
    const instance = new api.TargetCache(async () => ({ url: rtmpUrl }));
    return { instance, end: () => void instance.close() };
  },
  ReferenceTokenServer: async () => {
    const instance = await api.ReferenceTokenServer.listen({ url: rtmpUrl, port: 0 });
    return { instance, end: () => instance.close() };
  },
};

/** Calls that may fail in any way, with what says how they did. */
async function tryCall(call: () => unknown): Promise<string | undefined> {
  try {
    const value = call();
    if (isAsynchronous(value)) await settled(value);
    return undefined;
  } catch (error) {
    return isTyped(error) ? undefined : stackOf(error);
  }
}

/** Where it came from, without the lines of Node's own. */
function stackOf(error: unknown): string {
  const lines = String((error as Error)?.stack ?? error).split('\n');
  return lines
    .filter((line) => !line.includes('node:'))
    .slice(0, 6)
    .join(' | ');
}

function isAsynchronous(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

const PATIENCE = 20_000;

async function settled(promise: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const late = once(AbortSignal.timeout(PATIENCE), 'abort', { signal: over.signal }).then(
    () => Promise.reject(new Error(`not settled within ${PATIENCE} ms`)),
    () => {},
  );
  await Promise.race([promise, late]).finally(() => over.abort());
}

function isTyped(error: unknown): boolean {
  return error instanceof CloudPushError || isOwnError(error);
}

/** All ways to call a function with one bad value. */
function calls(name: string, bad: () => unknown): (readonly unknown[])[] {
  const good = GOOD[name] ?? [];
  const instead = good.map((_, i) => [...good.slice(0, i), bad(), ...good.slice(i + 1)]);
  return [[bad()], [bad(), bad()], [bad(), bad(), bad(), bad()], ...instead];
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** Methods and accessors that a class has itself; those of EventEmitter are Node's. */
function membersOf(target: object): string[] {
  return Object.getOwnPropertyNames(target).filter(
    (name) => !['constructor', 'prototype', 'length', 'name'].includes(name),
  );
}

const exported = Object.entries(api).filter(([, value]) => typeof value === 'function') as [
  string,
  AnyFunction & { prototype?: object },
][];
const classes = exported.filter(([, value]) => /^class\b/.test(String(value)));
const functions = exported.filter(([, value]) => !/^class\b/.test(String(value)));

test('every class that is exported is here', () => {
  expect(Object.keys(instances).sort()).toEqual(classes.map(([name]) => name).sort());
});

const methods = classes.flatMap(([name, made]) =>
  membersOf(made.prototype!).map((member) => [name, member] as const),
);

test.each(methods)('%s.%s with bad arguments', async (name, member) => {
  const { instance, end } = await instances[name]!();
  const faults: string[] = [];
  for (const [what, make] of badValues)
    for (const args of calls(member, make)) {
      const fault = await tryCall(() => {
        const value = (instance as Record<string, unknown>)[member];
        return typeof value === 'function' ? (value as AnyFunction).apply(instance, [...args]) : value;
      });
      if (fault !== undefined) faults.push(`${what}: ${fault}`);
    }
  await end();
  expect(faults).toEqual([]);
});

/** Takes what another thread of ours has said, and nothing else. */
const INTERNAL: readonly string[] = ['CloudPushError.from'];

const makers = [
  ...functions,
  ...classes.flatMap(([name, made]) =>
    membersOf(made)
      .map((member) => [`${name}.${member}`, (made as unknown as Record<string, unknown>)[member]] as const)
      .filter(([, value]) => typeof value === 'function'),
  ),
] as [string, AnyFunction][];

test.each(makers.filter(([name]) => !INTERNAL.includes(name)))(
  '%s with bad arguments',
  { timeout: 120_000 },
  async (name, make) => {
    const owner = classes.find(([className]) => name.startsWith(`${className}.`))?.[1];
    const faults: string[] = [];
    for (const [what, bad] of badValues) {
      const fault = await tryCall(async () => {
        const made = await make.call(owner, bad(), bad());
        if (made instanceof PushEngine || made instanceof api.ReferenceTokenServer) await made.close();
      });
      if (fault !== undefined) faults.push(`${what}: ${fault}`);
    }
    expect(faults).toEqual([]);
  },
);

/** Options that exist, each with every bad value. */
const options = {
  openChannel: [
    'url',
    'target',
    'overflow',
    'reconnect',
    'stallTimeout',
    'highWatermark',
    'lowWatermark',
    'connectTimeout',
    'closeTimeout',
    'chunkSize',
    'endOfSequence',
    'segmentConnection',
    'signal',
    'connection',
    'label',
    'video',
    'audio',
    'videoConfig',
    'audioConfig',
    'trackWait',
    'hevc',
    'inputClock',
    'encryption',
    'source',
    'preRoll',
  ],
} as const;

test.each(options.openChannel)('openChannel with a bad %s', async (option) => {
  const faults: string[] = [];
  for (const [what, bad] of badValues) {
    const fault = await tryCall(() => {
      const made = engine.openChannel({ url: receiver.url(`c${names++}`), [option]: bad() } as never);
      made.abort();
    });
    if (fault !== undefined) faults.push(`${what}: ${fault}`);
  }
  expect(faults).toEqual([]);
});

describe('a handler', () => {
  test.each(['connect', 'disconnect', 'close'] as const)('of %s may call anything', async (event) => {
    const channel = openChannel();
    const name = `c${names - 1}`;
    const other = openChannel();
    const called = new Promise<void>((resolve) => {
      channel.on(event as 'connect', () => {
        channel.stats();
        channel.sendVideo(packets[0]!.data, { pts: 0 });
        if (channel.state !== 'closed' && channel.state !== 'closing')
          channel.addDestination({ url: receiver.url(`c${names++}`) });
        engine.openChannel({ url: receiver.url(`c${names++}`) }).abort();
        other.abort();
        void channel.close();
        channel.abort();
        resolve();
      });
    });
    await channel.connected();
    if (event === 'disconnect') receiver.stream(name).drop();
    if (event === 'close') channel.abort();
    await called;
    await channel.close();
    expect([channel.state, other.state]).toEqual(['closed', expect.stringMatching(/clos/)]);
  });
});

test.each(['detached', 'shared'] as const)(
  'bytes that are %s are refused with their reason, or sent as they are',
  async (kind) => {
    const channel = openChannel();
    await channel.connected();
    if (kind === 'detached')
      expect(() => channel.sendVideo(detached(), { pts: 0 })).toThrow(
        expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' }),
      );
    else
      for (const packet of packets.slice(0, 20)) {
        const shared = new Uint8Array(new SharedArrayBuffer(packet.data.length));
        shared.set(packet.data);
        await sendOne(channel, { ...packet, data: shared });
        // The caller's memory is its own again at once.
        shared.fill(0);
      }
    const name = receiver.all.at(-1)!.name;
    await channel.close();
    expectWhole(receiver.stream(name), kind === 'detached' ? [] : packets.slice(0, 20));
  },
);

test('what has ended says so, whatever is asked of it', async () => {
  const channel = openChannel();
  await channel.connected();
  const [destination] = channel.destinations;
  await channel.close();
  const faults: string[] = [];
  for (const target of [channel, destination!])
    for (const member of membersOf(Object.getPrototypeOf(target) as object)) {
      const fault = await tryCall(() => {
        const value = (target as unknown as Record<string, unknown>)[member];
        return typeof value === 'function'
          ? (value as AnyFunction).apply(target, [...(GOOD[member] ?? [])])
          : value;
      });
      if (fault !== undefined) faults.push(`${member}: ${fault}`);
    }
  expect(faults).toEqual([]);
});
