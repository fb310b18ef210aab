import { CloudPushError, toErrorData } from '../base/errors.js';
import { NO_BLOCK, payloadOffset } from '../memory/block-layout.js';
import { ChannelCounter } from '../memory/counters.js';
import { Command, type RingConsumer } from '../memory/ring.js';
import type { ShardTarget } from '../options/destination-config.js';
import type { ShardRequest } from '../protocol/requests.js';
import { Announcements, channelOverError, inconsistency } from './announcements.js';
import { WorkerChannel } from './channel/worker-channel.js';
import { NO_COUNTERS } from './shard-context.js';
import { ShardSources } from './source/shard-sources.js';
import type { SourceContext } from './source/source-context.js';

/** A request that is about one channel. */
export type ChannelRequest = Extract<ShardRequest, { readonly channel: number }>;

/** The shard of a table, as far as the table needs it, beside what each of its channels needs. */
export interface ChannelTableContext extends SourceContext {
  /** Handles what the port has ready: what was posted before a descriptor must be known before it. */
  receiveRequests(): void;
  /** Publishes counters and released blocks now. */
  publish(): void;
}

/**
 * The channels of a shard, and what is asked of them, through the ring and through the port. What cannot be
 * done is the end of the channel that it was asked for; the thread, and the other channels with it, go on.
 */
export class ChannelTable {
  readonly #context: ChannelTableContext;
  readonly #ring: RingConsumer;
  /** By number. */
  readonly #channels: (WorkerChannel | undefined)[] = [];
  #size = 0;
  readonly #announced = new Announcements();
  readonly #sources: ShardSources;
  /** Channels that were told to close: once ended, they are forgotten. */
  readonly #leaving = new Set<number>();
  /** Channels that were broken off: nothing is left of them here, but descriptors may be on their way. */
  readonly #broken = new Set<number>();

  constructor(context: ChannelTableContext, ring: RingConsumer) {
    this.#context = context;
    this.#ring = ring;
    this.#sources = new ShardSources(context);
  }

  /** Number of channels. */
  get size(): number {
    return this.#size;
  }

  /** Does what was asked for through the port. */
  onRequest(request: ChannelRequest): void {
    try {
      this.#answer(request);
    } catch (error) {
      this.#breakOff(request.channel, error);
    }
  }

  /** Does what the descriptor says that the ring stands at. */
  onDescriptor(): void {
    try {
      this.#handle();
    } catch (error) {
      this.#onUnhandled(error);
    }
  }

  /** Resets all connections. @returns of how many channels */
  abortAll(error: CloudPushError): number {
    const open = this.#channels.filter((channel) => channel?.ended === false);
    for (const channel of open) channel?.abort(error, undefined);
    return open.length;
  }

  /** The thread ends. */
  stop(): void {
    this.#sources.stop();
  }

  /** The last destination of a channel is over. */
  onEnded(channel: number): void {
    if (!this.#leaving.delete(channel)) return;
    // Its number may soon be another one's: nothing of it may be published after this.
    this.#context.publish();
    this.#forget(channel);
    this.#context.report({ type: 'forgotten', channel });
  }

  #answer(request: ChannelRequest): void {
    const { channel } = request;
    switch (request.type) {
      case 'open':
        this.#announced.announce(channel, request);
        return;
      case 'attach':
        // It has left in the meantime, and the destination is attached where it goes on.
        if (this.#channels[channel] === undefined && !this.#announced.has(channel)) return;
        this.#announced.announceDestination(request.destination, request);
        return;
      case 'abort':
        this.#abort(channel, request.destination, CloudPushError.from(request.error));
        return;
      case 'target': {
        const { destination, answer } = request;
        const given = 'target' in answer ? answer.target : CloudPushError.from(answer.error);
        this.#channels[channel]?.find(destination)?.onTarget(given);
        return;
      }
      case 'move':
        this.#move(channel, request.destination, request.target, request.renewed);
        return;
      case 'expire':
        this.#channels[channel]?.find(request.destination)?.expireSpool(request.bytes, request.before);
        return;
      case 'relieve':
        this.#channels[channel]?.relieve();
        return;
      case 'slab': {
        const { kind, block, bytes, isTight } = request;
        const source = this.#channels[channel]?.source;
        if (source === undefined) this.#context.returnBlock(block, NO_COUNTERS);
        else source.onSlab(kind, block, bytes, isTight);
        this.#context.flush();
        return;
      }
      case 'endAtKeyFrame':
        this.#channels[channel]?.intake.endAtKeyFrame();
        return;
      case 'beginWith':
        this.#announced.beginWith(channel, request.keyFrame);
        return;
      case 'source':
        this.#channels[channel]?.source?.replace(request.config);
        return;
      default:
        request satisfies never;
    }
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
        this.#find(channel).detach(this.#ring.bytes);
        return;
      case Command.release:
        this.#leave(channel);
        return;
      default:
        command satisfies never;
    }
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_INTERNAL` when the channel is not there */
  #find(channel: number): WorkerChannel {
    const target = this.#channels[channel];
    if (target === undefined) throw inconsistency(`channel ${channel} is not on this shard`);
    return target;
  }

  #open(channel: number): void {
    // The configuration was posted before the descriptor was added.
    this.#context.receiveRequests();
    const { config, resume, abortedBy } = this.#announced.take(channel);
    if (this.#channels[channel] !== undefined) throw inconsistency(`channel ${channel} was opened twice`);
    const expectsDestination = (): boolean => this.#announced.hasDestinationOf(channel);
    const opened = new WorkerChannel(this.#context, channel, config, { resume, expectsDestination });
    this.#channels[channel] = opened;
    this.#size++;
    if (abortedBy !== undefined) opened.abort(abortedBy, undefined);
    if (config.source !== undefined && !opened.ended)
      opened.source = this.#sources.open(opened, config.source);
  }

  #attach(channel: number, destination: number): void {
    this.#context.receiveRequests();
    const target = this.#find(channel);
    const { config, loss, movedTo, abortedBy, start } = this.#announced.takeDestination(destination, channel);
    if (target.ended) {
      const error = toErrorData(abortedBy ?? channelOverError());
      this.#context.report({ type: 'detached', channel, destination, error });
      return;
    }
    if (start !== undefined) target.intake.beginWith(start);
    target.attach(destination, config, loss, movedTo);
    if (abortedBy !== undefined) target.abort(abortedBy, destination);
  }

  #accept(channel: number): void {
    const target = this.#find(channel);
    // Before, because of what it may report, and behind, as then its counters are not those of before.
    this.#context.touch(target);
    target.accept(this.#ring);
    this.#context.touch(target);
  }

  #close(channel: number): void {
    this.#context.receiveRequests();
    const target = this.#find(channel);
    this.#leaving.add(channel);
    if (target.ended) this.onEnded(channel);
    else target.close();
  }

  /** Gives the channel up to another shard, if that may be. Nothing of it follows before the answer. */
  #leave(channel: number): void {
    this.#context.receiveRequests();
    this.#context.flush();
    if (!this.#find(channel).release()) {
      this.#context.report({ type: 'migrationRefused', channel });
      return;
    }
    // Another shard counts from here on: nothing of it may be published after this.
    this.#context.publish();
    this.#forget(channel);
    this.#announced.forget(channel);
    this.#context.report({ type: 'migrated', channel });
  }

  #abort(channel: number, destination: number | undefined, error: CloudPushError): void {
    this.#announced.abort(channel, destination, error);
    this.#channels[channel]?.abort(error, destination);
  }

  #move(channel: number, destination: number, target: ShardTarget, renewed: boolean): void {
    if (!this.#announced.move(destination, target))
      this.#channels[channel]?.find(destination)?.moveTo(target, renewed);
  }

  #forget(channel: number): void {
    this.#channels[channel] = undefined;
    this.#size--;
  }

  /**
   * A descriptor could not be handled: what it holds comes back, whoever waits for it is told, and its
   * channel ends.
   */
  #onUnhandled(error: unknown): void {
    const { command, channel, block, bytes } = this.#ring;
    const isThere = this.#channels[channel] !== undefined;
    if (!isThere && block !== NO_BLOCK) this.#giveBack(channel, block);
    if (isThere && command === Command.attach)
      this.#context.report({ type: 'detached', channel, destination: bytes, error: toErrorData(error) });
    if (isThere && command === Command.release) this.#context.report({ type: 'migrationRefused', channel });
    this.#breakOff(channel, error);
    if (!isThere && command === Command.close) this.#endBroken(channel);
  }

  /** Ends a channel on a fault, whatever there is of it. */
  #breakOff(channel: number, cause: unknown): void {
    const error = CloudPushError.wrap(cause);
    this.#announced.forget(channel);
    const target = this.#channels[channel];
    try {
      target?.fail(error);
    } catch {
      // It cannot even be ended: it is left as it lies.
      if (this.#channels[channel] !== undefined) this.#forget(channel);
    }
    if (this.#channels[channel] !== undefined || this.#broken.has(channel)) return;
    // A channel that has just been forgotten has told its end.
    if (target?.ended === true) return;
    this.#broken.add(channel);
    this.#context.report({ type: 'broken', channel, error: toErrorData(error) });
  }

  /** The last descriptor of a channel that is not there. */
  #endBroken(channel: number): void {
    this.#broken.delete(channel);
    this.#context.publish();
    this.#context.report({ type: 'forgotten', channel });
  }

  /** A packet for a channel that is not there. */
  #giveBack(channel: number, block: number): void {
    const { command, bytes } = this.#ring;
    // It may hold a key.
    if (command === Command.metadata) new Uint8Array(this.#context.pool, payloadOffset(block), bytes).fill(0);
    this.#context.counters.channels.add(channel, ChannelCounter.packetsLost, 1);
    this.#context.returnBlock(block, NO_COUNTERS);
  }
}
