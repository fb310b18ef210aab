import type { ClusterClock } from '../clock.js';
import { type ClusterStore, isStoreError, type Lease } from '../store/cluster-store.js';

/** Between two beats, in ms. */
const BEAT = 1000;
/** After a beat that was not answered, in ms. */
const BEAT_AGAIN = 200;
/** A lease is taken for over so long before it may be, in ms, or by this part of it, whichever is longer. */
const LEAST_MARGIN = 1000;
const MARGIN = 0.1;

/** Is told how the lease does. */
export interface LeaseOwner {
  /** It lasts for sure until then, in ms of the clock. */
  onKept(until: number): void;
  /** The store says that it is over. */
  onLost(): void;
}

/** Keeps one lease alive by beats. */
export class LeaseKeeper {
  readonly lease: Lease;
  readonly #store: Pick<ClusterStore, 'beat'>;
  readonly #clock: ClusterClock;
  readonly #owner: LeaseOwner;
  #until: number;
  #latency = 0;
  #cancel: () => void = () => {};
  #isStopped = false;

  /** @param sentAt when it was asked for, in ms of the clock: it may have begun then */
  constructor(
    lease: Lease,
    sentAt: number,
    { store, clock, owner }: { store: Pick<ClusterStore, 'beat'>; clock: ClusterClock; owner: LeaseOwner },
  ) {
    this.lease = lease;
    this.#store = store;
    this.#clock = clock;
    this.#owner = owner;
    this.#until = this.#lasts(sentAt);
    owner.onKept(this.#until);
    this.#beatAfter(BEAT);
  }

  /** Until when it lasts for sure, in ms of the clock. */
  get until(): number {
    return this.#until;
  }

  /** How long the latest beat took, in ms. */
  get latency(): number {
    return this.#latency;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #lasts(sentAt: number): number {
    const { ttl } = this.lease;
    return sentAt + ttl - Math.max(LEAST_MARGIN, ttl * MARGIN);
  }

  #beatAfter(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const sentAt = this.#clock.now();
    try {
      await this.#store.beat(this.lease);
    } catch (error) {
      if (this.#isStopped) return;
      if (isStoreError(error, 'leaseLost')) this.#owner.onLost();
      else this.#beatAfter(BEAT_AGAIN);
      return;
    }
    this.#latency = this.#clock.now() - sentAt;
    if (this.#isStopped) return;
    this.#until = this.#lasts(sentAt);
    this.#owner.onKept(this.#until);
    this.#beatAfter(Math.max(0, BEAT - this.#latency));
  }
}
