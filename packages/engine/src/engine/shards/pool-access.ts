import type { EngineClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import { Gates, newGateMemory } from '../../memory/gates.js';
import { MediaMemory } from '../../memory/media-memory.js';
import { PoolDebug } from '../../memory/pool-debug.js';
import type { EngineSettings } from '../../options/engine-settings.js';
import type { PoolServices, RoomWaiter } from './pool-services.js';
import { RelievableChannels } from './relievable-channels.js';
import type { SharedState } from './shard-handle.js';

/**
 * The room that an engine's channels share: the pool, their gates, and the turn of whoever waits for blocks
 * to be released.
 */
export class PoolAccess implements PoolServices {
  readonly clock: EngineClock;
  readonly memory: MediaMemory;
  readonly gates: Gates;
  /** Undefined: the pool is not watched. */
  readonly debug: PoolDebug | undefined;
  readonly relievable = new RelievableChannels();
  readonly tellTooSmall: PoolServices['tellTooSmall'];
  readonly #gateMemory: SharedArrayBuffer;
  /** 1: a shard that releases blocks is to say so. */
  readonly #releaseWanted = new Int32Array(new SharedArrayBuffer(4));
  #waiting = new Set<RoomWaiter>();

  /**
   * @param tellTooSmall called from within `send…`
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` when there is no memory for the pool
   */
  constructor(
    { poolSize, maxConnections, debugPool }: EngineSettings,
    clock: EngineClock,
    tellTooSmall: PoolServices['tellTooSmall'],
  ) {
    this.clock = clock;
    this.tellTooSmall = tellTooSmall;
    this.debug = debugPool ? new PoolDebug(poolSize) : undefined;
    this.memory = allocate(poolSize, maxConnections, this.debug);
    this.#gateMemory = newGateMemory(maxConnections);
    this.gates = new Gates(this.#gateMemory);
  }

  /** The parts that shards share. */
  get shared(): Pick<SharedState, 'memory' | 'gates' | 'releaseWanted' | 'blockStates'> {
    return {
      memory: this.memory,
      gates: this.#gateMemory,
      releaseWanted: this.#releaseWanted,
      blockStates: this.debug?.states.memory,
    };
  }

  awaitRoom(waiter: RoomWaiter): void {
    this.#waiting.add(waiter);
    Atomics.store(this.#releaseWanted, 0, 1);
    // Nobody announces blocks that were released just before the flag went up: look once.
    if (this.memory.reclaim()) setImmediate(this.retryWaiting);
  }

  /** A channel is over, and its number free: what it could claim is room for others. */
  forget(channel: number): void {
    this.memory.forget(channel);
    if (this.#waiting.size > 0) setImmediate(this.retryWaiting);
  }

  /** Blocks have been released. */
  readonly retryWaiting = (): void => {
    this.memory.reclaim();
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const waiter of waiting) waiter.retry();
  };
}

function allocate(poolSize: number, maxConnections: number, debug: PoolDebug | undefined): MediaMemory {
  try {
    return new MediaMemory(poolSize, maxConnections, debug);
  } catch (cause) {
    const message = `there is no memory for a pool of ${poolSize} bytes (poolSize)`;
    throw new CloudPushError('ERR_CLOUDPUSH_INVALID_PARAMETER', message, {
      details: { actual: poolSize },
      cause,
    });
  }
}
