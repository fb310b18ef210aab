import type { MonotonicClock } from '../../base/clock.js';
import { NO_BLOCK } from '../../memory/block-layout.js';
import { Command } from '../../memory/ring.js';
import type { Placement } from '../shards/placement.js';

/** Until a descriptor that the ring had no room for is tried again, in ms. */
export const RING_RETRY = 1;

/** A descriptor without a payload. */
interface QueuedCommand {
  readonly command: Command;
  readonly argument: number;
}

/**
 * Brings descriptors that must not be lost into the ring, in their order, when it has room. Behind the one
 * that asks the shard to let the channel go nothing follows until the shard has answered: if it lets go, what
 * follows is of no use there.
 */
export class CommandQueue {
  /** Number of commands that are not in the ring yet. A field: it is read for each packet. */
  waiting = 0;
  readonly #clock: MonotonicClock;
  readonly #placement: Placement;
  readonly #commands: QueuedCommand[] = [];
  /** That the channel is to be let go stands in the ring, and was not answered yet. */
  #isReleasing = false;

  constructor(clock: MonotonicClock, placement: Placement) {
    this.#clock = clock;
    this.#placement = placement;
  }

  add(command: Command, argument: number): void {
    this.#commands.push({ command, argument });
    this.waiting = this.#commands.length;
    if (this.waiting === 1) this.#push();
  }

  /** The shard keeps the channel: what has waited for its answer follows. */
  onReleaseRefused(): void {
    this.#isReleasing = false;
    this.#push();
  }

  /** The channel has left its shard: what was under way there does not matter any more. */
  clear(): void {
    this.#commands.length = 0;
    this.waiting = 0;
    this.#isReleasing = false;
  }

  readonly #push = (): void => {
    const { shard, channel } = this.#placement;
    if (shard.isDead || this.#isReleasing) return;
    for (let next = this.#commands[0]; next !== undefined; next = this.#commands[0]) {
      if (!shard.ring.push(next.command, channel, NO_BLOCK, next.argument, 0, 0, 0, 0, 0)) {
        this.#clock.after(RING_RETRY, this.#push);
        return;
      }
      this.#commands.shift();
      this.waiting = this.#commands.length;
      shard.ringDoorbell();
      if (next.command === Command.release) {
        this.#isReleasing = true;
        return;
      }
    }
  };
}
