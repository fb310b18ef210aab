import { type ChannelCloseOptions, checkedSignal, whenAborted } from '../../base/abort-signals.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { checkedOptions, integer, invalidParameter } from '../../base/validation.js';
import { Command } from '../../memory/ring.js';
import type { CloseReport } from '../close-report.js';
import type { EngineServices } from '../engine-services.js';
import type { Placement } from '../shards/placement.js';
import type { SourceController } from '../source/source-controller.js';
import type { ChannelDestinations } from './channel-destinations.js';
import type { ChannelLifecycle } from './channel-lifecycle.js';
import type { PacketSender } from './packet-sender.js';

/** The channel that ends. */
interface EndingChannel {
  readonly services: EngineServices;
  readonly placement: Placement;
  readonly lifecycle: ChannelLifecycle;
  readonly sender: PacketSender;
  readonly source: SourceController | undefined;
  readonly destinations: ChannelDestinations;
}

const CLOSE_OPTIONS = { signal: true, untilKeyFrame: true } as const;
const LONGEST_WAIT = 60_000;

/** The end of a channel, as its caller asks for it, or as its shard tells of it. */
export class ChannelEnding {
  readonly #channel: EndingChannel;
  /** Stops listening to the signal that aborts the channel. */
  #stopListening: () => void = () => {};
  /** Stops waiting for the key frame that it is to end at. */
  #stopWaiting: () => void = () => {};
  /** The one that it has ended before. */
  #keyFrame: string | undefined;

  constructor(channel: EndingChannel) {
    this.#channel = channel;
  }

  /** Aborts the channel when the signal fires. */
  abortWith(signal: AbortSignal | undefined): void {
    this.#stopListening = whenAborted(signal, (reason) => this.abort(reason));
  }

  async close(given: ChannelCloseOptions): Promise<CloseReport> {
    const options = checkedOptions('', given, CLOSE_OPTIONS);
    const signal = checkedSignal(options.signal);
    if (options.untilKeyFrame === undefined) this.#close();
    else
      this.#closeAtKeyFrame(
        integer('untilKeyFrame', options.untilKeyFrame, { preset: 0, least: 1, most: LONGEST_WAIT }),
      );
    const stop = whenAborted(signal, (reason) => this.abort(reason));
    const report = await this.#channel.lifecycle.closed();
    stop();
    return this.#keyFrame === undefined ? report : { ...report, keyFrame: this.#keyFrame };
  }

  abort(reason: unknown = abortedError()): void {
    const error = toErrorData(reason instanceof CloudPushError ? reason : abortedError(reason));
    const { lifecycle, placement } = this.#channel;
    if (!lifecycle.abort(error)) return;
    this.#stopTaking();
    const { shard, channel } = placement;
    shard.post({ type: 'abort', channel, destination: undefined, error });
  }

  /** The key frame has come that the channel is to end before. */
  onKeyFrame(keyFrame: string | undefined): void {
    this.#keyFrame = keyFrame;
    this.#close();
  }

  /**
   * The last destination is over, or there was none, but descriptors may still be on their way to the shard.
   * @param error the fault that the channel ended on, if there was one
   */
  onEnded(error?: ErrorData): void {
    if (this.end(error)) this.#sendLast();
  }

  /** @returns true when the shard has still to be told that no other descriptor follows */
  end(error?: ErrorData): boolean {
    const mustTell = this.#channel.lifecycle.end(error);
    this.#stopTaking();
    this.#stopListening();
    return mustTell;
  }

  #close(): void {
    if (this.#channel.lifecycle.requestClose()) this.#sendLast();
  }

  #closeAtKeyFrame(within: number): void {
    const { services, placement, lifecycle, source } = this.#channel;
    if (source === undefined) throw invalidParameter('untilKeyFrame', within, 'nothing, without a source');
    if (lifecycle.isClosing) return;
    const { shard, channel } = placement;
    shard.post({ type: 'endAtKeyFrame', channel });
    this.#stopWaiting();
    this.#stopWaiting = services.pool.clock.after(within, () => this.#close());
  }

  /** The last descriptor tells the shard that no other will follow. */
  #sendLast(): void {
    this.#stopTaking();
    this.#channel.destinations.onChannelClosing();
    this.#channel.sender.command(Command.close);
  }

  /** From now on no packet is taken. */
  #stopTaking(): void {
    this.#stopWaiting();
    this.#channel.sender.close();
    this.#channel.source?.close();
  }
}
