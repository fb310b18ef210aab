import { CloudPushError, toErrorData } from '../../base/errors.js';
import type { ShardTarget } from '../../options/destination-config.js';
import type { PushTarget, TargetReason } from '../../targets/push-target.js';
import type { TargetCache } from '../../targets/target-cache.js';
import type { TargetRequest } from '../../targets/target-request.js';
import type { Placement } from '../shards/placement.js';

/** Source of a destination's targets, when they are asked for. */
export interface TargetQuestion {
  readonly cache: TargetCache;
  readonly request: TargetRequest;
}

/** Finds the targets of one destination for its shard, and has the stream moved when a new token is due. */
export class DestinationTarget {
  readonly #question: TargetQuestion;
  readonly #over = new AbortController();
  #stopWatching: (() => void) | undefined;
  /** The target given last: a server that refuses has refused this one. */
  #given: PushTarget | undefined;

  constructor(question: TargetQuestion) {
    this.#question = question;
  }

  /** The target given last; undefined: none yet. */
  get given(): PushTarget | undefined {
    return this.#given;
  }

  /** Answers the channel's shard, which is about to connect. */
  async answer(placement: Placement, destination: number, reason: TargetReason): Promise<void> {
    const { shard, channel } = placement;
    const { cache, request } = this.#question;
    const { signal } = this.#over;
    const move = (target: PushTarget): void => {
      this.#given = target;
      if (signal.aborted) return;
      shard.post({ type: 'move', channel, destination, target: shardTarget(target), renewed: true });
    };
    try {
      const rejected = reason === 'rejected' ? this.#given : undefined;
      const target = await cache.get(request, { reason, signal, rejected });
      // The number may be another destination's by now.
      signal.throwIfAborted();
      // The channel has left: its new shard asks for itself.
      if (placement.shard !== shard) return;
      this.#given = target;
      // The shard that asked is the one that a new token is for.
      this.#stopWatching?.();
      this.#stopWatching = cache.watch(request, move);
      shard.post({ type: 'target', channel, destination, answer: { target: shardTarget(target) } });
    } catch (error) {
      if (signal.aborted) return;
      const data = toErrorData(CloudPushError.wrap(error));
      shard.post({ type: 'target', channel, destination, answer: { error: data } });
    }
  }

  /** Nobody waits for a target any more. */
  close(): void {
    this.#over.abort();
    this.#stopWatching?.();
  }
}

function shardTarget({ url, token }: PushTarget): ShardTarget {
  return { url, token };
}
