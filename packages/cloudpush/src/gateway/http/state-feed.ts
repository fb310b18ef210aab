import type { GatewayEvent } from '../gateway-event.js';
import { mergePatchBetween } from '../merge-patch.js';
import type { ChannelState, DestinationState, GatewayState } from '../state.js';
import type { GatewayPort } from './gateway-port.js';
import type { SnapshotCache } from './snapshot-cache.js';

/** ms between two deltas. */
const INTERVAL = 1000;
/** So many past events come with a snapshot. */
const RECENT_EVENTS = 100;
/** So many events go into one delta at the most, the latest ones. */
const MAX_EVENTS = 1000;
/** A snapshot for a new subscriber may be so old, in ms. */
const MAX_AGE = 200;

/** A channel's state, with its destinations by name: so a merge patch can name the one that has changed. */
export interface StreamedChannel extends Omit<ChannelState, 'destinations'> {
  readonly destinations: Readonly<Record<string, DestinationState>>;
}

/** The gateway's state as it is streamed: channels and destinations by name. */
export interface StreamedState extends Omit<GatewayState, 'channels'> {
  readonly channels: Readonly<Record<string, StreamedChannel>>;
}

/** `data` of the event `snapshot`. */
interface StreamSnapshot extends StreamedState {
  /** The latest events, oldest first. */
  readonly recent: readonly GatewayEvent[];
}

/** `data` of the event `delta`. */
interface StreamDelta {
  /** A JSON merge patch (RFC 7396) on the state as the stream has given it so far. */
  readonly patch: Readonly<Record<string, unknown>>;
  /** Events since the last message, oldest first. */
  readonly events: readonly GatewayEvent[];
}

/** Takes server-sent events, ready to be written. */
export type Subscriber = (message: string) => void;

/**
 * The state of the gateway as a stream of server-sent events: a snapshot for each subscriber, then one delta
 * a second that is made once for all of them. While nobody listens it costs nothing.
 */
export class StateFeed {
  readonly #gateway: Pick<GatewayPort, 'events'>;
  readonly #snapshots: SnapshotCache;
  readonly #subscribers = new Set<Subscriber>();
  #state: StreamedState | undefined;
  #recent: readonly GatewayEvent[] = [];
  #lastEventId = 0;
  #lastMessageId = 0;
  #timer: NodeJS.Timeout | undefined;
  #beginning: Promise<void> | undefined;
  /** Changes when the last subscriber goes: what is still under way then belongs to nobody. */
  #run = 0;

  constructor(gateway: Pick<GatewayPort, 'events'>, snapshots: SnapshotCache) {
    this.#gateway = gateway;
    this.#snapshots = snapshots;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /**
   * Gives `subscriber` a snapshot, then deltas. Rejects when the gateway gives no state.
   * @returns ends the subscription
   */
  async subscribe(subscriber: Subscriber): Promise<() => void> {
    if (this.#state === undefined) {
      this.#beginning ??= this.#begin().finally(() => {
        this.#beginning = undefined;
      });
      await this.#beginning;
    }
    const snapshot: StreamSnapshot = { ...this.#state!, recent: this.#recent };
    subscriber(this.#message('snapshot', snapshot));
    this.#subscribers.add(subscriber);
    this.#timer ??= setTimeout(this.#onTimer, INTERVAL);
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#stop();
    };
  }

  async #begin(): Promise<void> {
    const [state, recent] = await Promise.all([
      this.#snapshots.get(MAX_AGE),
      this.#gateway.events({ limit: RECENT_EVENTS }),
    ]);
    this.#state = streamed(state);
    this.#remember(recent);
  }

  readonly #onTimer = async (): Promise<void> => {
    const run = this.#run;
    const started = performance.now();
    try {
      await this.#tell(run);
    } catch {
      // No delta comes: that is how subscribers learn that the gateway does not answer.
    }
    if (run !== this.#run) return;
    this.#timer = setTimeout(this.#onTimer, Math.max(0, INTERVAL - (performance.now() - started)));
  };

  async #tell(run: number): Promise<void> {
    const [state, events] = await Promise.all([
      this.#snapshots.get(0),
      this.#gateway.events({ after: this.#lastEventId, limit: MAX_EVENTS }),
    ]);
    if (run !== this.#run || this.#state === undefined) return;
    const next = streamed(state);
    const delta: StreamDelta = { patch: mergePatchBetween({ ...this.#state }, { ...next }) ?? {}, events };
    this.#state = next;
    this.#remember(events);
    const message = this.#message('delta', delta);
    for (const subscriber of [...this.#subscribers]) subscriber(message);
  }

  #remember(events: readonly GatewayEvent[]): void {
    this.#recent = [...this.#recent, ...events].slice(-RECENT_EVENTS);
    this.#lastEventId = this.#recent.at(-1)?.id ?? this.#lastEventId;
  }

  #message(event: 'snapshot' | 'delta', data: unknown): string {
    return `id: ${++this.#lastMessageId}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #stop(): void {
    this.#run++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#state = undefined;
    this.#recent = [];
  }
}

function streamed({ channels, ...rest }: GatewayState): StreamedState {
  return { ...rest, channels: byName(channels.map(streamedChannel)) };
}

function streamedChannel({ destinations, ...rest }: ChannelState): StreamedChannel {
  return { ...rest, destinations: byName(destinations) };
}

function byName<T extends { readonly name: string }>(values: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(values.map((value) => [value.name, value]));
}
