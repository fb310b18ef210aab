import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type EngineClock, engineClock } from '../base/clock.js';
import { CloudPushError } from '../base/errors.js';
import { BackfillGate } from '../memory/backfill-gate.js';
import { ChannelOrder } from '../memory/channel-order.js';
import { ShardCounters } from '../memory/counters.js';
import { Fence } from '../memory/fence.js';
import { Gates } from '../memory/gates.js';
import { BlockStates } from '../memory/pool-debug.js';
import { ReleaseList } from '../memory/release-list.js';
import { RING_SLOTS, RingConsumer } from '../memory/ring.js';
import type { ShardInit } from '../protocol/init.js';
import type { ShardReport } from '../protocol/reports.js';
import type { ShardRequest } from '../protocol/requests.js';
import { AudioRides } from './channel/audio-rides.js';
import { ChannelTable, type ChannelTableContext } from './channel-table.js';
import { ConnectLimiter } from './connection/connect-limiter.js';
import { type ConnectionFactory, createConnection } from './connection/connection.js';
import { FenceGuard, fencedError } from './fence-guard.js';
import type { Counted, Flushable } from './shard-context.js';
import { ShardSpools } from './spool/shard-spools.js';

/** Descriptors handled before what the sockets have to say is heard, as long as the shard keeps up. */
const GROUP = 64;
/**
 * ms between two publications of the counters that the caller's thread reads, as long as packets come: with
 * every packet, that would be a twentieth of what a packet costs. Those of the last packets are published a
 * little later: a timer that is put off again and again wakes nobody up.
 */
const COUNT_INTERVAL = 100;
const LAST_COUNT_DELAY = 250;
/** The most handled at once: slots are free again only when all are done, and the ring must not fill up. */
const LARGEST_GROUP = RING_SLOTS / 2;

/**
 * A worker thread's share of the engine: it drains the ring, and owns the muxers and sockets of its channels
 * whole. Nothing of a packet crosses back to the caller's thread but its released block.
 */
export class Shard implements ChannelTableContext {
  readonly pool: SharedArrayBuffer;
  readonly gates: Gates;
  readonly counters: ShardCounters;
  readonly clock: EngineClock;
  readonly rides: AudioRides;
  readonly connects: ConnectLimiter;
  readonly createConnection: ConnectionFactory;
  readonly fence: FenceGuard | undefined;
  readonly spools: ShardSpools | undefined;
  readonly #port: MessagePort;
  readonly #ring: RingConsumer;
  readonly #order = new ChannelOrder();
  readonly #released: ReleaseList;
  readonly #releaseWanted: Int32Array;
  readonly #channels: ChannelTable;
  readonly #dirty: Flushable[] = [];
  /** Channels whose counters have moved since they were last published. */
  #touched: Counted[] = [];
  /** Undefined: the pool is not watched. */
  readonly #blockStates: BlockStates | undefined;
  readonly #batchDelay: number;
  /** Awake: a drain is under way or scheduled, and the doorbell need not ring. */
  #awake = false;
  #releaseScheduled = false;
  /** Both stop a timer; undefined: it is not set. */
  #stopCountTimer: (() => void) | undefined;
  #stopBatchTimer: (() => void) | undefined;
  /** When the counters were published, in ms of the monotonic clock. */
  #publishedAt = 0;
  #stop: (() => void) | undefined;

  /** @param connections made by another factory than the transport's in tests */
  constructor(
    init: ShardInit,
    clock: EngineClock = engineClock,
    connections: ConnectionFactory = createConnection,
  ) {
    this.clock = clock;
    this.createConnection = connections;
    this.pool = init.pool;
    this.gates = new Gates(init.gates);
    this.counters = new ShardCounters(init.counters);
    this.#batchDelay = init.maxBatchDelay;
    this.rides = AudioRides.of(init, clock, () => this.#onSoundDue());
    this.connects = new ConnectLimiter(init.maxConnecting);
    if (init.spool !== undefined) {
      const { config, backfill, slot } = init.spool;
      const gate = new BackfillGate(backfill, slot, config.maxGaps);
      this.spools = new ShardSpools({ config, gate, clock, poolSize: init.pool.byteLength });
    }
    this.#port = init.port;
    this.#ring = new RingConsumer(init.ring);
    this.#channels = new ChannelTable(this, this.#ring);
    this.#released = new ReleaseList(init.pool, init.released);
    this.#releaseWanted = init.releaseWanted;
    if (init.blockStates !== undefined) this.#blockStates = new BlockStates(init.blockStates);
    if (init.fence !== undefined)
      this.fence = new FenceGuard(new Fence(init.fence), clock, () => this.#onFenced());
  }

  /** Runs until the caller's thread says stop. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#stop = resolve;
      this.#port.on('message', (request: ShardRequest) => this.#onRequest(request));
      this.#port.postMessage({ type: 'ready' } satisfies ShardReport);
      this.#wake();
    });
  }

  report(report: ShardReport): void {
    // A listener may look at the figures when the report comes: they must not be older.
    this.#publishCounters();
    this.#port.postMessage(report);
    if (report.type === 'ended') this.#channels.onEnded(report.channel);
  }

  markDirty(output: Flushable): void {
    this.#dirty.push(output);
  }

  returnBlock(index: number, channel: Counted): void {
    if (this.#blockStates?.markReturned(index) === false) this.#reportReleasedTwice(index);
    else this.#released.add(index);
    this.touch(channel);
    if (this.#releaseScheduled) return;
    this.#releaseScheduled = true;
    setImmediate(this.#publishReleased);
  }

  #reportReleasedTwice(index: number): void {
    const { stack = '' } = new Error(`block ${index} was released twice`);
    this.report({ type: 'releasedTwice', stack });
  }

  #onRequest(request: ShardRequest): void {
    if (request === null) {
      this.#wake();
      return;
    }
    switch (request.type) {
      case 'maxConnecting':
        this.connects.lower(request.most);
        return;
      case 'spoolReady':
        this.spools?.onReady(request.error);
        return;
      case 'series':
        this.spools?.waits.onAnswer(request.turn, request.error);
        return;
      case 'stop':
        this.#channels.stop();
        this.fence?.stop();
        this.#stopCountTimer?.();
        this.rides.stop();
        this.#port.close();
        this.#stop?.();
        return;
      default:
        this.#channels.onRequest(request);
    }
  }

  /** The doorbell: for a sleeping shard, or for one whose ring fills up before its batch delay is over. */
  #wake(): void {
    if (this.#awake) {
      if (this.#stopBatchTimer !== undefined) this.#drain();
      return;
    }
    this.#awake = true;
    if (this.#batchDelay === 0) this.#drain();
    else this.#awaitTick();
  }

  #awaitTick(): void {
    this.#stopBatchTimer = this.clock.after(this.rides.nextTick() - this.clock.now(), this.#drain);
  }

  /** Sound has waited for its picture for long enough, here or in the ring, of which then nobody has told. */
  #onSoundDue(): void {
    if (!this.#awake) {
      this.#awake = true;
      this.#ring.wake();
      this.#drain();
    }
    this.rides.sendDue();
    this.flush();
  }

  readonly #drain = (): void => {
    this.#stopBatchTimer?.();
    this.#stopBatchTimer = undefined;
    this.#releaseScheduled = true;
    const { waiting } = this.#ring;
    const count = this.#groupOf(waiting);
    if (count > 0) this.#handleGroup(count);
    // By then the sockets have said what the kernel took at once, which is nearly always all.
    process.nextTick(this.#publishReleased);
    // There is more, and only the sockets need a turn in between.
    if (count < waiting) setImmediate(this.#drain);
    else if (count > 0 && this.#batchDelay > 0) this.#awaitTick();
    else this.#sleep();
  };

  /** Until it is called; while sound waits for pictures, until that is due at the latest. */
  #sleep(): void {
    const wakesUp = this.#batchDelay === 0 && this.rides.isExpected();
    if (this.#ring.sleep(wakesUp)) {
      this.#awake = false;
      if (wakesUp) this.rides.expect();
    } else if (this.#batchDelay > 0) this.#awaitTick();
    else setImmediate(this.#drain);
  }

  /**
   * Number of waiting descriptors that are handled at once. Where more wait than there are channels, some
   * channel has several, and they shall leave with one write: the longer the backlog, the less each packet
   * costs.
   */
  #groupOf(waiting: number): number {
    const several = this.#batchDelay > 0 || waiting > this.#channels.size;
    return Math.min(waiting, several ? LARGEST_GROUP : GROUP);
  }

  /**
   * All of it is muxed first: the kernel, and a receiver beside it, are quicker with writes in a row.
   */
  #handleGroup(count: number): void {
    const ring = this.#ring;
    const order = this.#order.sort(ring, count);
    for (let i = 0; i < count; i++) {
      ring.read(order[i]!);
      this.#channels.onDescriptor();
    }
    this.flush();
    ring.commit(count);
  }

  /** The port delivers its messages when it pleases. */
  receiveRequests(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#onRequest(received.message as ShardRequest);
    }
  }

  /** Its counters have moved: they are published before long. */
  touch(channel: Counted): void {
    if (channel.touched) return;
    channel.touched = true;
    this.#touched.push(channel);
    this.#stopCountTimer ??= this.clock.after(LAST_COUNT_DELAY, this.#publishCounters);
  }

  flush(): void {
    this.fence?.check();
    for (const output of this.#dirty) {
      try {
        output.flush();
      } catch (error) {
        output.destroy(CloudPushError.wrap(error));
      }
    }
    this.#dirty.length = 0;
    this.rides.endTurn();
    if (this.#touched.length > 0 && this.clock.now() - this.#publishedAt >= COUNT_INTERVAL)
      this.#publishCounters();
  }

  /** Everything that is open ends, before another byte leaves. */
  #onFenced(): void {
    const channels = this.#channels.abortAll(fencedError());
    if (channels > 0) this.report({ type: 'fenced', channels });
  }

  publish(): void {
    this.#publishCounters();
    this.#publishReleased();
  }

  readonly #publishCounters = (): void => {
    this.#stopCountTimer?.();
    this.#stopCountTimer = undefined;
    this.#publishedAt = this.clock.now();
    const touched = this.#touched;
    this.#touched = [];
    for (const channel of touched) {
      channel.touched = false;
      channel.updateCounters();
    }
  };

  /** Blocks that are free again go back to the caller's thread. */
  readonly #publishReleased = (): void => {
    this.#releaseScheduled = false;
    if (!this.#released.publish()) return;
    if (Atomics.load(this.#releaseWanted, 0) === 1 && Atomics.exchange(this.#releaseWanted, 0, 0) === 1)
      this.report({ type: 'released' });
  };
}
