import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { MuxerResumption } from '@cloudpush/muxer';
import { monotonicNow } from '../clock.js';
import { CloudPushError, toErrorData } from '../errors.js';
import { ChannelOrder } from '../memory/channel-order.js';
import { Gates } from '../memory/gate.js';
import { BlockStates } from '../memory/pool-debug.js';
import { ReleaseList } from '../memory/release-list.js';
import { Command, RING_SLOTS, RingConsumer } from '../memory/ring.js';
import { ShardCounters } from '../stats/counters.js';
import { ConnectLimiter } from './connect-limiter.js';
import type {
  ChannelConfig,
  DestinationConfig,
  Loss,
  ShardInit,
  ShardReport,
  ShardRequest,
  ShardTarget,
} from './protocol.js';
import { ShardChannel } from './shard-channel.js';
import type { Counted, Flushable, ShardContext } from './shard-context.js';

/** Descriptors handled before what the sockets have to say is heard, as long as the shard keeps up. */
const GROUP = 64;
/**
 * How often the counters are published that the caller's thread reads, in ms. With every packet, that would be a twentieth of what
 * a packet costs.
 */
const COUNT_INTERVAL = 100;
/** The most that are handled at once: their slots are free again only when all are done, and the ring must not fill up. */
const LARGEST_GROUP = RING_SLOTS / 2;

/** A channel that has come through the port before its descriptor came through the ring. */
interface AnnouncedChannel {
  readonly config: ChannelConfig;
  readonly resume: MuxerResumption | undefined;
}

/** A destination that has come through the port before its descriptor came through the ring. */
interface AnnouncedDestination {
  readonly channel: number;
  readonly config: DestinationConfig;
  readonly loss: Loss | undefined;
  abortedBy: CloudPushError | undefined;
  movedTo: ShardTarget | undefined;
}

/**
 * A worker thread's share of the engine: it drains the ring, and owns the muxers and sockets of its channels whole.
 * Nothing of a packet crosses back to the caller's thread but its released block.
 */
export class Shard implements ShardContext {
  readonly pool: SharedArrayBuffer;
  readonly gates: Gates;
  readonly counters: ShardCounters;
  readonly connects: ConnectLimiter;
  readonly #port: MessagePort;
  readonly #ring: RingConsumer;
  readonly #order = new ChannelOrder();
  readonly #released: ReleaseList;
  readonly #releaseWanted: Int32Array;
  /** By number. */
  readonly #channels: (ShardChannel | undefined)[] = [];
  #channelCount = 0;
  /** Configurations that have come through the port before their descriptors came through the ring. */
  readonly #announced = new Map<number, AnnouncedChannel>();
  readonly #announcedDestinations = new Map<number, AnnouncedDestination>();
  /** Channels that were told to close: once ended, they are forgotten. */
  readonly #leaving = new Set<number>();
  readonly #dirty: Flushable[] = [];
  /** Channels whose counters have moved since they were last published. */
  #touched: Counted[] = [];
  /** Undefined: the pool is not watched. */
  readonly #blockStates: BlockStates | undefined;
  readonly #batchDelay: number;
  /** Awake: a drain is under way or scheduled, and the doorbell need not ring. */
  #awake = false;
  #releaseScheduled = false;
  #countTimer: NodeJS.Timeout | undefined;
  #batchTimer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;

  constructor(init: ShardInit) {
    this.pool = init.pool;
    this.gates = new Gates(init.gates);
    this.counters = new ShardCounters(init.counters);
    this.connects = new ConnectLimiter(init.maxConnecting);
    this.#port = init.port;
    this.#ring = new RingConsumer(init.ring);
    this.#released = new ReleaseList(init.pool, init.released);
    this.#releaseWanted = init.releaseWanted;
    if (init.blockStates !== undefined) this.#blockStates = new BlockStates(init.blockStates);
    this.#batchDelay = init.maxBatchDelay;
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
    // Whoever hears of something may look at the figures: they must not be older.
    this.#publishCounters();
    this.#port.postMessage(report);
    if (report.type === 'ended') this.#forgetIfLeft(report.channel);
  }

  markDirty(output: Flushable): void {
    this.#dirty.push(output);
  }

  returnBlock(index: number, channel: Counted): void {
    if (this.#blockStates?.markReturned(index) === false) this.#reportReleasedTwice(index);
    else this.#released.add(index);
    this.#touch(channel);
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
      case 'open':
        this.#announced.set(request.channel, request);
        return;
      case 'attach': {
        const { channel, destination, config, loss } = request;
        // It has left in the meantime, and the destination is attached where it goes on.
        if (this.#channels[channel] === undefined && !this.#announced.has(channel)) return;
        const announced = { channel, config, loss, abortedBy: undefined, movedTo: undefined };
        this.#announcedDestinations.set(destination, announced);
        return;
      }
      case 'abort':
        this.#abort(request.channel, request.destination, CloudPushError.from(request.error));
        return;
      case 'target': {
        const { channel, destination, answer } = request;
        const given = 'target' in answer ? answer.target : CloudPushError.from(answer.error);
        this.#channels[channel]?.find(destination)?.onTarget(given);
        return;
      }
      case 'move':
        this.#move(request.channel, request.destination, request.target, request.renewed);
        return;
      case 'maxConnecting':
        this.connects.lower(request.most);
        return;
      case 'relieve':
        this.#channels[request.channel]?.relieve();
        return;
      case 'stop':
        clearTimeout(this.#countTimer);
        this.#port.close();
        this.#stop?.();
        return;
      default:
        request satisfies never;
    }
  }

  /** The doorbell: for a sleeping shard, or for one whose ring fills up before its batch delay is over. */
  #wake(): void {
    if (this.#awake) {
      if (this.#batchTimer !== undefined) this.#drain();
      return;
    }
    this.#awake = true;
    if (this.#batchDelay === 0) this.#drain();
    else this.#schedule(this.#batchDelay);
  }

  #schedule(delay: number): void {
    if (this.#batchDelay === 0) setImmediate(this.#drain);
    else this.#batchTimer = setTimeout(this.#drain, delay);
  }

  readonly #drain = (): void => {
    const started = monotonicNow();
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    this.#releaseScheduled = true;
    const { waiting } = this.#ring;
    const count = this.#groupOf(waiting);
    if (count > 0) this.#handleGroup(count);
    // By then the sockets have said what the kernel took at once, which is nearly always all.
    process.nextTick(this.#publishReleased);
    // There is more, and only the sockets need a turn in between.
    if (count < waiting) setImmediate(this.#drain);
    else if (count > 0 && this.#batchDelay > 0) {
      this.#schedule(Math.max(0, this.#batchDelay - (monotonicNow() - started)));
    } else if (this.#ring.sleep()) this.#awake = false;
    else this.#schedule(this.#batchDelay);
  };

  /**
   * How many of the waiting descriptors are handled at once. Where more wait than there are channels, some channel has
   * several, and they shall leave with one write: the longer the backlog, the less each packet costs.
   */
  #groupOf(waiting: number): number {
    const several = this.#batchDelay > 0 || waiting > this.#channelCount;
    return Math.min(waiting, several ? LARGEST_GROUP : GROUP);
  }

  /** All of it is muxed first: the kernel, and a receiver beside it, are quicker with writes that follow each other. */
  #handleGroup(count: number): void {
    const ring = this.#ring;
    const order = this.#order.sort(ring, count);
    for (let i = 0; i < count; i++) {
      ring.read(order[i]!);
      this.#handle();
    }
    this.#flush();
    ring.commit(count);
  }

  #handle(): void {
    const { command, channel } = this.#ring;
    switch (command) {
      case Command.open:
        this.#open(channel);
        return;
      case Command.close:
        this.#close(channel);
        return;
      case Command.video:
      case Command.audio:
      case Command.data:
      case Command.metadata:
        this.#accept(channel);
        return;
      case Command.attach:
        this.#attach(channel, this.#ring.bytes);
        return;
      case Command.detach:
        this.#channels[channel]!.detach(this.#ring.bytes);
        return;
      case Command.leave:
        this.#leave(channel);
        return;
      default:
        command satisfies never;
    }
  }

  #open(channel: number): void {
    // The configuration was posted before the descriptor was added.
    this.#receiveRequests();
    const announced = this.#announced.get(channel);
    if (announced === undefined) throw new Error(`channel ${channel} was opened without a configuration`);
    this.#announced.delete(channel);
    if (this.#channels[channel] === undefined) this.#channelCount++;
    this.#channels[channel] = new ShardChannel(this, channel, announced.config, announced.resume);
  }

  #attach(channel: number, destination: number): void {
    this.#receiveRequests();
    const announced = this.#announcedDestinations.get(destination);
    if (announced === undefined) throw new Error(`destination ${destination} has no configuration`);
    this.#announcedDestinations.delete(destination);
    const target = this.#channels[channel]!;
    if (target.ended) {
      const error = toErrorData(announced.abortedBy ?? channelOverError());
      this.report({ type: 'detached', channel, destination, error });
      return;
    }
    target.attach(destination, announced.config, announced.loss, announced.movedTo);
    if (announced.abortedBy !== undefined) target.abort(announced.abortedBy, destination);
  }

  /** The port delivers its messages when it pleases; what was posted before a descriptor must be known before it. */
  #receiveRequests(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#onRequest(received.message as ShardRequest);
    }
  }

  #accept(channel: number): void {
    const target = this.#channels[channel]!;
    // Before, because of what it may report, and behind, as then its counters are not those of before.
    this.#touch(target);
    target.accept(this.#ring);
    this.#touch(target);
  }

  /** Its counters have moved: they are published before long. */
  #touch(channel: Counted): void {
    if (channel.touched) return;
    channel.touched = true;
    this.#touched.push(channel);
    this.#countTimer ??= setTimeout(this.#publishCounters, COUNT_INTERVAL);
  }

  #close(channel: number): void {
    this.#receiveRequests();
    this.#leaving.add(channel);
    const target = this.#channels[channel]!;
    if (target.ended) this.#forgetIfLeft(channel);
    else target.close();
  }

  /** The channel goes on with another shard, if it can be given up here. Nothing of it follows before the answer. */
  #leave(channel: number): void {
    this.#receiveRequests();
    this.#flush();
    if (!this.#channels[channel]!.vacate()) {
      this.report({ type: 'stays', channel });
      return;
    }
    // Another shard counts from here on: nothing of it may be published after this.
    this.#publish();
    this.#forget(channel);
    for (const [number, announced] of this.#announcedDestinations)
      if (announced.channel === channel) this.#announcedDestinations.delete(number);
    this.report({ type: 'left', channel });
  }

  #forget(channel: number): void {
    this.#channels[channel] = undefined;
    this.#channelCount--;
  }

  #abort(channel: number, destination: number | undefined, error: CloudPushError): void {
    for (const [number, announced] of this.#announcedDestinations)
      if (announced.channel === channel && (destination ?? number) === number) announced.abortedBy = error;
    this.#channels[channel]?.abort(error, destination);
  }

  #move(channel: number, destination: number, target: ShardTarget, renewed: boolean): void {
    const announced = this.#announcedDestinations.get(destination);
    if (announced !== undefined) announced.movedTo = target;
    else this.#channels[channel]?.find(destination)?.moveTo(target, renewed);
  }

  #forgetIfLeft(channel: number): void {
    if (!this.#leaving.delete(channel)) return;
    // Its number may soon be another one's: nothing of it may be published after this.
    this.#publish();
    this.#forget(channel);
    this.#port.postMessage({ type: 'forgotten', channel } satisfies ShardReport);
  }

  #flush(): void {
    for (const output of this.#dirty) output.flush();
    this.#dirty.length = 0;
  }

  #publish(): void {
    this.#publishCounters();
    this.#publishReleased();
  }

  readonly #publishCounters = (): void => {
    clearTimeout(this.#countTimer);
    this.#countTimer = undefined;
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
    if (Atomics.load(this.#releaseWanted, 0) === 1 && Atomics.exchange(this.#releaseWanted, 0, 0) === 1) {
      this.report({ type: 'released' });
    }
  };
}

function channelOverError(): CloudPushError {
  const message = 'the channel was over before the destination could be added';
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message);
}
