import type { EventQuery } from '../gateway.js';
import type { EventFields, GatewayEvent } from '../gateway-event.js';

/** The latest events that are kept, in all and of one channel. */
const KEPT = 10_000;
const KEPT_OF_CHANNEL = 200;
const DEFAULT_LIMIT = 100;

/** Keeps the latest events, and tells each to whoever listens. */
export class EventLog {
  readonly #all = new Ring(KEPT);
  readonly #byChannel = new Map<string, Ring>();
  readonly #listeners = new Set<(event: GatewayEvent) => void>();
  readonly #now: () => number;
  #lastId = 0;

  /** @param now ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  emit(fields: EventFields): void {
    const event: GatewayEvent = { id: ++this.#lastId, at: this.#now(), ...fields };
    this.#all.add(event);
    if (event.channel !== undefined) this.#ringOf(event.channel).add(event);
    for (const listener of this.#listeners) listener(event);
  }

  query({ channel, after = 0, limit = DEFAULT_LIMIT }: EventQuery = {}): readonly GatewayEvent[] {
    const ring = channel === undefined ? this.#all : this.#byChannel.get(channel);
    const later = ring?.values().filter(({ id }) => id > after) ?? [];
    return later.slice(Math.max(0, later.length - limit));
  }

  /** @returns stops it */
  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A channel is gone for good. */
  forget(channel: string): void {
    this.#byChannel.delete(channel);
  }

  #ringOf(channel: string): Ring {
    const known = this.#byChannel.get(channel);
    if (known !== undefined) return known;
    const ring = new Ring(KEPT_OF_CHANNEL);
    this.#byChannel.set(channel, ring);
    return ring;
  }
}

class Ring {
  readonly #size: number;
  readonly #events: GatewayEvent[] = [];
  /** Index of the oldest one, once the ring is full. */
  #oldest = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(event: GatewayEvent): void {
    if (this.#events.length < this.#size) {
      this.#events.push(event);
      return;
    }
    this.#events[this.#oldest] = event;
    this.#oldest = (this.#oldest + 1) % this.#size;
  }

  values(): GatewayEvent[] {
    return [...this.#events.slice(this.#oldest), ...this.#events.slice(0, this.#oldest)];
  }
}
