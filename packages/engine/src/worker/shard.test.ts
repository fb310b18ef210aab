// A faulty descriptor or request ends at most the channel that it names.

import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toErrorData } from '../base/errors.js';
import { FakeClock } from '../base/testing/fake-clock.js';
import { NO_BLOCK } from '../memory/block-layout.js';
import { ChannelCounter, DestinationCounter, newCounterMemory, ShardCounters } from '../memory/counters.js';
import { Fence } from '../memory/fence.js';
import { newGateMemory } from '../memory/gates.js';
import { MediaMemory } from '../memory/media-memory.js';
import { Command, newRing, RingProducer } from '../memory/ring.js';
import { destinationConfig } from '../options/destination-config.js';
import { channelConfig } from '../options/stream-config.js';
import type { ShardReport } from '../protocol/reports.js';
import type { ShardRequest } from '../protocol/requests.js';
import { WorkerChannel } from './channel/worker-channel.js';
import { DestinationStream } from './destination/destination-stream.js';
import { WorkerDestination } from './destination/worker-destination.js';
import { Shard } from './shard.js';
import { ADTS, H264_KEY } from './testing/media.js';

const CHANNELS = 4;
const HEALTHY = 0;
const BROKEN = 1;

const opened = {
  ...channelConfig({ trackWait: 10 }),
  encryption: {},
  segment: { number: 1, isOpen: true },
  source: undefined,
};
/** It asks for its target, and then waits: no network is needed. */
const config = destinationConfig(
  { target: { kind: 'url', url: 'rtmp://127.0.0.1/live/a' } },
  { maxPacket: 65_536 },
);

/** Looks again in every turn, for as long as it takes: the machine may be busy. */
function until(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 0 });
}

/** A shard on this thread, and the caller's end of it. */
class Bench {
  readonly memory = new MediaMemory(1 << 20, CHANNELS);
  readonly reports: ShardReport[] = [];
  readonly clock = new FakeClock();
  readonly ended: Promise<void>;
  readonly #ring: RingProducer;
  readonly #control: Int32Array;
  readonly #counters: ShardCounters;
  readonly #ports = new MessageChannel();

  constructor({ fence, maxBatchDelay = 0 }: { fence?: Fence; maxBatchDelay?: number } = {}) {
    const ring = newRing();
    const counters = newCounterMemory(CHANNELS);
    this.#ring = new RingProducer(ring);
    this.#control = new Int32Array(ring, 0, 48);
    this.#counters = new ShardCounters(counters);
    const { port1, port2: port } = this.#ports;
    port1.on('message', (report: ShardReport) => this.reports.push(report));
    const init = {
      pool: this.memory.pool.buffer,
      released: this.memory.releaseHead,
      releaseWanted: new Int32Array(new SharedArrayBuffer(4)),
      ring,
      gates: newGateMemory(CHANNELS),
      counters,
      maxBatchDelay,
      maxAudioDelay: 40,
      maxConnecting: 4,
      blockStates: undefined,
      fence: fence?.buffer,
      spool: undefined,
      port,
    };
    this.ended = new Shard(init, this.clock).run();
  }

  get lost(): number {
    return this.#counters.channels.get(BROKEN, ChannelCounter.packetsLost);
  }

  /** Bytes that wait for the connection of a destination, as the caller's thread reads it. */
  queued(destination: number): number {
    return this.#counters.destinations.get(destination, DestinationCounter.queuedBytes);
  }

  post(request: ShardRequest): void {
    this.#ports.port1.postMessage(request);
  }

  push(command: Command, channel: number, argument = 0, block = NO_BLOCK): void {
    this.#ring.push(command, channel, block, argument, 0, 0, 0, 0, 0);
    if (this.#ring.mustWake()) this.post(null);
  }

  /** Hands a packet of a healthy channel over. Returns whether the doorbell rang. */
  send(command: Command, data: Uint8Array, canWait: boolean): boolean {
    const now = this.clock.now();
    const block = this.memory.store(HEALTHY, data);
    this.#ring.push(command, HEALTHY, block, data.length, 0, 0, now, now, now);
    const rings = this.#ring.mustWake(canWait);
    if (rings) this.post(null);
    return rings;
  }

  /** Descriptors that the shard has not looked at. */
  get waiting(): number {
    return this.#control[0]! - this.#control[16]!;
  }

  get sleepsUntilCalled(): boolean {
    return Atomics.load(this.#control, 32) === 1;
  }

  open(channel: number): void {
    this.post({ type: 'open', channel, config: opened, resume: undefined });
    this.push(Command.open, channel);
  }

  attach(channel: number, destination: number): void {
    this.post({ type: 'attach', channel, destination, config, loss: undefined });
    this.push(Command.attach, channel, destination);
  }

  of(channel: number): string[] {
    return this.reports.flatMap((one) => ('channel' in one && one.channel === channel ? [one.type] : []));
  }

  /** The shard has done all that it was told so far, and still does what it is told. */
  async settled(): Promise<void> {
    const destination = CHANNELS - 1;
    const told = (type: ShardReport['type']): number =>
      this.reports.filter(
        (one) => one.type === type && 'destination' in one && one.destination === destination,
      ).length;
    const [asked, ended] = [told('targetWanted'), told('detached')];
    this.attach(HEALTHY, destination);
    await until(() => expect(told('targetWanted')).toBe(asked + 1));
    const error = toErrorData(new Error('enough'));
    this.post({ type: 'abort', channel: HEALTHY, destination, error });
    await until(() => expect(told('detached')).toBe(ended + 1));
  }

  async stop(): Promise<void> {
    this.post({ type: 'stop' });
    await this.ended;
    this.#ports.port1.close();
    await once(this.#ports.port1, 'close');
  }
}

describe('the thread and its other channels go on, and the channel ends,', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = new Bench();
    bench.open(HEALTHY);
    bench.attach(HEALTHY, 0);
    await bench.settled();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await bench.stop();
  });

  /** Nothing is left of the channel, and its number may be used again. */
  async function expectGone(): Promise<void> {
    bench.push(Command.close, BROKEN);
    await bench.settled();
    expect(bench.of(BROKEN).at(-1)).toBe('forgotten');
    expect(bench.of(BROKEN).filter((type) => type === 'forgotten')).toHaveLength(1);
    const before = bench.of(BROKEN).length;
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    await until(() => expect(bench.of(BROKEN).slice(before)).toEqual(['targetWanted']));
  }

  test.each<[what: string, provoke: () => void]>([
    ['when it is opened without a configuration', () => bench.push(Command.open, BROKEN)],
    ['when a destination is added to none', () => bench.attach(BROKEN, 1)],
    ['when a destination is taken from none', () => bench.push(Command.detach, BROKEN, 1)],
    ['when it is to leave and is not there', () => bench.push(Command.release, BROKEN)],
  ])('%s', async (_, provoke) => {
    provoke();
    provoke();
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['broken']);
    await expectGone();
  });

  test('when it is told to end and is not there', async () => {
    bench.push(Command.close, BROKEN);
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['broken', 'forgotten']);
  });

  test.each<[what: string, command: Command]>([
    ['a picture', Command.video],
    ['audio', Command.audio],
    ['a data message', Command.data],
    ['metadata', Command.metadata],
  ])('when %s comes for a channel that is not there, and its memory comes back', async (_, command) => {
    const block = bench.memory.store(BROKEN, Buffer.from('secret'));
    bench.push(command, BROKEN, 6, block);
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['broken']);
    await until(() => {
      bench.memory.reclaim();
      expect(bench.memory.pool.bytesInUse).toBe(0);
    });
    expect(bench.lost).toBe(1);
    await expectGone();
  });

  test('when it is opened twice', async () => {
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    bench.open(BROKEN);
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['targetWanted', 'detached', 'ended']);
    await expectGone();
  });

  test('when a destination has no configuration', async () => {
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    bench.push(Command.attach, BROKEN, 2);
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['targetWanted', 'detached', 'detached', 'ended']);
    await expectGone();
  });

  test('when its only destination has no configuration', async () => {
    bench.open(BROKEN);
    bench.push(Command.attach, BROKEN, 1);
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['detached', 'ended']);
    await expectGone();
  });

  test('when a destination has the configuration of another channel', async () => {
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    bench.post({ type: 'attach', channel: HEALTHY, destination: 2, config, loss: undefined });
    bench.push(Command.attach, BROKEN, 2);
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['targetWanted', 'detached', 'detached', 'ended']);
    await expectGone();
  });

  test('when a fault of ours lies in its way', async () => {
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    await until(() => expect(bench.of(BROKEN)).toEqual(['targetWanted']));
    vi.spyOn(WorkerChannel.prototype, 'release').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    bench.push(Command.release, BROKEN);
    await bench.settled();
    // Every caller that waits for an answer gets one.
    expect(bench.of(BROKEN)).toEqual(['targetWanted', 'migrationRefused', 'detached', 'ended']);
    expect(bench.reports).toContainEqual(
      expect.objectContaining({
        type: 'detached',
        error: expect.objectContaining({ code: 'ERR_CLOUDPUSH_INTERNAL', message: expect.any(String) }),
      }),
    );
    vi.restoreAllMocks();
    await expectGone();
  });

  test('when a request for it cannot be done', async () => {
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    await until(() => expect(bench.of(BROKEN)).toEqual(['targetWanted']));
    vi.spyOn(WorkerDestination.prototype, 'moveTo').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    const target = { url: 'rtmp://127.0.0.1/live/b', token: undefined };
    bench.post({ type: 'move', channel: BROKEN, destination: 1, target, renewed: false });
    await bench.settled();
    expect(bench.of(BROKEN)).toEqual(['targetWanted', 'detached', 'ended']);
    await expectGone();
  });

  test('when what a timer does for it fails', async () => {
    const adts = Buffer.from('fff15080013ffc2100', 'hex');
    const begin = vi.spyOn(DestinationStream.prototype, 'sendWaiting').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    bench.push(Command.audio, BROKEN, adts.length, bench.memory.store(BROKEN, adts));
    await until(() => expect(bench.waiting).toBe(0));
    expect(begin).not.toHaveBeenCalled();
    bench.clock.pass(10);
    expect(begin).toHaveBeenCalledOnce();
    await until(() => expect(bench.of(BROKEN).slice(-2)).toEqual(['detached', 'ended']));
    await expectGone();
  });

  test('even when it cannot be ended', async () => {
    bench.open(BROKEN);
    bench.attach(BROKEN, 1);
    await until(() => expect(bench.of(BROKEN)).toEqual(['targetWanted']));
    const fail = vi.spyOn(WorkerChannel.prototype, 'fail').mockImplementation(() => {
      throw new TypeError('no such field');
    });
    bench.open(BROKEN);
    await bench.settled();
    expect(fail).toHaveBeenCalledOnce();
    expect(bench.of(BROKEN)).toEqual(['targetWanted', 'broken']);
    vi.restoreAllMocks();
    await expectGone();
  });
});

describe('a shard with a fence', () => {
  test('resets all its connections when the fence is past, also when nothing is written, and goes on', async () => {
    const fence = new Fence();
    fence.extend({ fencedFrom: fence.now() + 3_600_000 });
    const bench = new Bench({ fence });
    try {
      bench.open(HEALTHY);
      bench.attach(HEALTHY, 0);
      await bench.settled();
      expect(bench.of(HEALTHY)).not.toContain('ended');
      fence.close();
      bench.clock.pass(250);
      await until(() => expect(bench.of(HEALTHY)).toContain('ended'));
      const detached = bench.reports.findLast((one) => one.type === 'detached');
      expect(detached).toMatchObject({ destination: 0, error: { code: 'ERR_CLOUDPUSH_FENCED' } });
      expect(bench.reports).toContainEqual({ type: 'fenced', channels: 1 });
      fence.extend({ fencedFrom: fence.now() + 3_600_000 });
      bench.push(Command.close, HEALTHY);
      await until(() => expect(bench.of(HEALTHY)).toContain('forgotten'));
      bench.open(HEALTHY);
      bench.attach(HEALTHY, 1);
      await bench.settled();
    } finally {
      await bench.stop();
    }
  });

  test('attempts no connection that could last longer than is permitted', async () => {
    const fence = new Fence();
    fence.extend({ fencedFrom: Number.POSITIVE_INFINITY, connectsUntil: fence.now() + 5000 });
    const bench = new Bench({ fence });
    try {
      bench.open(HEALTHY);
      bench.attach(HEALTHY, 0);
      await until(() => expect(bench.of(HEALTHY)).toContain('targetWanted'));
      const target = { url: 'rtmp://127.0.0.1:1/live/a', token: undefined };
      bench.post({ type: 'target', channel: HEALTHY, destination: 0, answer: { target } });
      await until(() => expect(bench.of(HEALTHY)).toContain('detached'));
      expect(bench.reports.find((one) => one.type === 'detached')).toMatchObject({
        error: { code: 'ERR_CLOUDPUSH_FENCED', details: { permitted: 10_000 } },
      });
    } finally {
      await bench.stop();
    }
  });
});

describe('sound that waits for a picture', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = new Bench();
    bench.open(HEALTHY);
    bench.attach(HEALTHY, 0);
    // Both tracks have begun: from now on sound waits.
    bench.send(Command.video, H264_KEY, false);
    sendSound();
    await bench.settled();
  });

  afterEach(() => bench.stop());

  /** @returns whether the doorbell rang */
  function sendSound(): boolean {
    return bench.send(Command.audio, ADTS, true);
  }

  /** The shard has looked at all that it was handed. */
  function drained(): Promise<void> {
    return until(() => expect(bench.waiting).toBe(0));
  }

  test('rings no doorbell as long as pictures come, and is found all the same', async () => {
    sendSound();
    await drained();
    expect(sendSound()).toBe(false);
    for (let i = 0; i < 10; i++) await turn();
    expect(bench.waiting).toBe(1);
    bench.clock.pass(40);
    expect(bench.waiting).toBe(0);
  });

  test('leaves no timer behind once it is gone, and the counters are published', async () => {
    sendSound();
    await drained();
    const before = bench.queued(0);
    expect(bench.clock.pending).toBeGreaterThan(0);
    bench.clock.pass(250);
    expect(bench.queued(0)).toBeGreaterThan(before);
    expect(bench.clock.pending).toBe(0);
    expect(bench.sleepsUntilCalled).toBe(true);
  });

  test('rings it again when nothing has waited for a while: nothing wakes a shard that has nothing to do', async () => {
    sendSound();
    await drained();
    expect(bench.sleepsUntilCalled).toBe(false);
    bench.clock.pass(250);
    expect(bench.sleepsUntilCalled).toBe(true);
    expect(sendSound()).toBe(true);
  });
});

test('packets that come within the batch delay leave at the next tick, all at once', async () => {
  const bench = new Bench({ maxBatchDelay: 20 });
  try {
    bench.open(HEALTHY);
    bench.attach(HEALTHY, 0);
    await until(() => expect(bench.clock.pending).toBe(1));
    expect(bench.waiting).toBe(2);
    bench.clock.pass(19);
    expect(bench.waiting).toBe(2);
    bench.clock.pass(1);
    expect(bench.waiting).toBe(0);
    await until(() => expect(bench.of(HEALTHY)).toEqual(['targetWanted']));
  } finally {
    await bench.stop();
  }
});
