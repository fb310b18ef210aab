import { CloudPushError } from '../../base/errors.js';

/** A place in shared memory, for as long as it is taken. */
export interface EngineSlot {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The number in shared memory, below the most connections; used again after it is freed. */
  readonly number: number;
}

/** The places that an engine has in shared memory for its channels, or for their destinations. */
export class SlotAllocator {
  readonly #limit: number;
  /** The last one is taken next. */
  readonly #free: number[];
  #nextId = 1;

  /** @param limit how many there are */
  constructor(limit: number) {
    this.#limit = limit;
    // The lowest number is taken first.
    this.#free = Array.from({ length: limit }, (_, i) => limit - 1 - i);
  }

  /** Number of slots that are taken. */
  get taken(): number {
    return this.#limit - this.#free.length;
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS` when {@link take} would throw it. */
  requireFree(): void {
    if (this.#free.length === 0) throw tooManyError(this.#limit);
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS` */
  take(): EngineSlot {
    const number = this.#free.pop();
    if (number === undefined) throw tooManyError(this.#limit);
    return { id: this.#nextId++, number };
  }

  free(number: number): void {
    this.#free.push(number);
  }
}

function tooManyError(limit: number): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS',
    `${limit} destinations are open, which is the limit (maxConnections)`,
    { details: { permitted: limit } },
  );
}
