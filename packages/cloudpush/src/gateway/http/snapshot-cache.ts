import type { GatewayState } from '../state.js';
import type { GatewayPort } from './gateway-port.js';

/**
 * The state of the gateway for whoever asks, taken once for all who ask at the same time or shortly after one
 * another: requests, however many, cost the gateway's thread little.
 */
export class SnapshotCache {
  readonly #gateway: Pick<GatewayPort, 'snapshot'>;
  readonly #now: () => number;
  readonly #also: SnapshotCache | undefined;
  #latest: Promise<GatewayState> | undefined;
  #takenAt = Number.NEGATIVE_INFINITY;

  /**
   * @param now a clock that never steps, in ms
   * @param also forgets when this one does
   */
  constructor(
    gateway: Pick<GatewayPort, 'snapshot'>,
    now: () => number = () => performance.now(),
    also?: SnapshotCache,
  ) {
    this.#also = also;
    this.#gateway = gateway;
    this.#now = now;
  }

  /** @param maxAge ms that the state may be old */
  get(maxAge: number): Promise<GatewayState> {
    const now = this.#now();
    if (this.#latest === undefined || now - this.#takenAt > maxAge) {
      this.#takenAt = now;
      const latest = this.#gateway.snapshot();
      this.#latest = latest;
      // A failure is not remembered; whoever waits is told of it.
      latest.catch(() => {
        if (this.#latest === latest) this.#latest = undefined;
      });
    }
    return this.#latest;
  }

  /** The next one who asks sees what has changed until now. */
  forget(): void {
    this.#latest = undefined;
    this.#also?.forget();
  }
}
