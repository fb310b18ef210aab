import type { MuxerResumption } from '@cloudpush/muxer';
import { CloudPushError } from '../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../options/destination-config.js';
import type { ChannelConfig, PendingReconnect } from '../protocol/stream.js';

/** A channel that has come through the port before its descriptor came through the ring. */
interface AnnouncedChannel {
  readonly config: ChannelConfig;
  readonly resume: MuxerResumption | undefined;
  /** Reason why it was aborted meanwhile, when it was. */
  readonly abortedBy: CloudPushError | undefined;
}

/** A destination that has come through the port before its descriptor came through the ring. */
interface AnnouncedDestination {
  readonly channel: number;
  readonly config: DestinationConfig;
  readonly loss: PendingReconnect | undefined;
  /** Reason why it was aborted meanwhile, when it was. */
  readonly abortedBy: CloudPushError | undefined;
  /** The target of its first connection, instead of the one in its configuration. */
  readonly movedTo: ShardTarget | undefined;
  /** It is the first one of its channel, whose stream begins with that key frame. */
  readonly start?: string | undefined;
}

/**
 * Channels and destinations whose configurations have come through the port, by number, until their
 * descriptors come through the ring.
 */
export class Announcements {
  readonly #channels = new Map<number, AnnouncedChannel>();
  readonly #destinations = new Map<number, AnnouncedDestination>();
  /** Key frames that channels begin with, by channel, until their first destinations come. */
  readonly #starts = new Map<number, string>();

  announce(channel: number, { config, resume }: Pick<AnnouncedChannel, 'config' | 'resume'>): void {
    // The number may have been another channel's, that ended without a destination.
    this.#starts.delete(channel);
    this.#channels.set(channel, { config, resume, abortedBy: undefined });
  }

  has(channel: number): boolean {
    return this.#channels.has(channel);
  }

  announceDestination(
    destination: number,
    { channel, config, loss }: Pick<AnnouncedDestination, 'channel' | 'config' | 'loss'>,
  ): void {
    this.#destinations.set(destination, { channel, config, loss, abortedBy: undefined, movedTo: undefined });
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_INTERNAL` when it was not announced */
  take(channel: number): AnnouncedChannel {
    const announced = this.#channels.get(channel);
    this.#channels.delete(channel);
    if (announced === undefined) throw inconsistency(`channel ${channel} was opened without a configuration`);
    return announced;
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_INTERNAL` when it was not announced for this channel */
  takeDestination(destination: number, channel: number): AnnouncedDestination {
    const announced = this.#destinations.get(destination);
    if (announced?.channel !== channel)
      throw inconsistency(`destination ${destination} has no configuration for channel ${channel}`);
    this.#destinations.delete(destination);
    const start = this.#starts.get(channel);
    this.#starts.delete(channel);
    return start === undefined ? announced : { ...announced, start };
  }

  /** A destination of the channel is on its way. */
  hasDestinationOf(channel: number): boolean {
    for (const announced of this.#destinations.values()) if (announced.channel === channel) return true;
    return false;
  }

  /** The channel with its destinations, or one of them, is told to end before it begins. */
  abort(channel: number, destination: number | undefined, abortedBy: CloudPushError): void {
    const announcedChannel = this.#channels.get(channel);
    if (announcedChannel !== undefined && destination === undefined)
      this.#channels.set(channel, { ...announcedChannel, abortedBy });
    for (const [number, announced] of this.#destinations)
      if (announced.channel === channel && (destination ?? number) === number)
        this.#destinations.set(number, { ...announced, abortedBy });
  }

  /** The first destination of a channel is to begin with a key frame. */
  beginWith(channel: number, keyFrame: string): void {
    this.#starts.set(channel, keyFrame);
  }

  /** False when the destination is not one that is announced. */
  move(destination: number, movedTo: ShardTarget): boolean {
    const announced = this.#destinations.get(destination);
    if (announced === undefined) return false;
    this.#destinations.set(destination, { ...announced, movedTo });
    return true;
  }

  /** Nothing of the channel is to come any more. */
  forget(channel: number): void {
    this.#channels.delete(channel);
    this.#starts.delete(channel);
    for (const [number, announced] of this.#destinations)
      if (announced.channel === channel) this.#destinations.delete(number);
  }
}

/** The two sides of a shard do not agree on something: a fault of this library. */
export function inconsistency(what: string): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_INTERNAL', `internal error: ${what}`);
}

/** The end of a destination that came too late. */
export function channelOverError(): CloudPushError {
  const message = 'the channel was over before the destination could be added';
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message);
}
