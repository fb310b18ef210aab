import type { GatewayClock } from '../../clock.js';
import { Activity, type ActivityChange } from './activity.js';
import {
  createPullPoint,
  getCapabilities,
  getSystemDateAndTime,
  pullMessages,
  renew,
  unsubscribe,
} from './messages.js';
import { OnvifClient, type OnvifEndpoint } from './onvif-client.js';
import {
  eventService,
  notifications,
  SoapFault,
  type Subscription,
  subscription,
  systemTime,
} from './replies.js';

/** Lifetime of a subscription unless it is renewed, in ms. */
const LIFETIME = 120_000;
/** Time that the camera waits for an event before it says that there is none, in ms. */
const PULL = 20_000;
const RENEW_AFTER = LIFETIME / 2;
const MESSAGES = 100;
/** A camera that answers at once with nothing is not asked faster than this, in ms. */
const LEAST_INTERVAL = 200;
const UNSUBSCRIBE_PATIENCE = 2_000;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 60_000;

/** Target of a subscription: a camera, and the topics that matter. */
export interface SubscriptionPlan extends OnvifEndpoint {
  /** Parts of the topics that matter, such as `motion`. */
  readonly topics: readonly string[];
}

/** Listener to a camera's events. */
export interface SubscriptionHandler {
  onActivity(change: ActivityChange): void;
  /** Events come from now on. */
  onSubscribed(): void;
  /** They do not, and are asked for again in `delay` ms. */
  onLost(reason: string, delay: number): void;
}

/** Listens to the events of a camera by a pull point (ONVIF Core §9.2), for as long as it is wanted. */
export class EventSubscription {
  readonly #plan: SubscriptionPlan;
  readonly #clock: GatewayClock;
  readonly #handler: SubscriptionHandler;
  readonly #end = new AbortController();
  readonly #activity: Activity;
  readonly #ended: Promise<void>;

  constructor(plan: SubscriptionPlan, clock: GatewayClock, handler: SubscriptionHandler) {
    this.#plan = plan;
    this.#clock = clock;
    this.#handler = handler;
    this.#activity = new Activity(plan.topics);
    this.#ended = this.#run();
  }

  /** Its handler is not called any more. Resolves when the camera has been told, or does not answer. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    let delay = FIRST_DELAY;
    while (!signal.aborted) {
      const client = new OnvifClient(this.#plan, () => this.#clock.now());
      try {
        const point = await this.#subscribe(client);
        delay = FIRST_DELAY;
        await this.#listen(client, point);
      } catch (error) {
        if (signal.aborted) return;
        const isAuth = error instanceof SoapFault && error.isAuth;
        // Cameras lock out a client that repeats a wrong password quickly.
        const wait = isAuth ? LONGEST_DELAY : delay;
        this.#lose(error, wait);
        await this.#pause(wait);
        delay = Math.min(2 * delay, LONGEST_DELAY);
      }
    }
  }

  async #subscribe(client: OnvifClient): Promise<Subscription> {
    const { signal } = this.#end;
    const time = systemTime(await client.ask(getSystemDateAndTime, { signal }));
    if (time !== undefined) client.clockOffset = time - this.#clock.now();
    const service = client.addressOf(eventService(await client.ask(getCapabilities, { signal })));
    const reply = await client.ask(createPullPoint(LIFETIME), { address: service, signal });
    const { address, references } = subscription(reply);
    this.#handler.onSubscribed();
    return { address: client.addressOf(address), references };
  }

  async #listen(client: OnvifClient, { address, references }: Subscription): Promise<void> {
    const { signal } = this.#end;
    let renewAt = this.#clock.now() + RENEW_AFTER;
    try {
      while (!signal.aborted) {
        const asked = this.#clock.now();
        const reply = await client.ask(pullMessages(PULL, MESSAGES, references), {
          address,
          wait: PULL,
          signal,
        });
        for (const notification of notifications(reply)) this.#tell(this.#activity.note(notification));
        const now = this.#clock.now();
        if (now >= renewAt) {
          await this.#renew(client, { address, references });
          renewAt = now + RENEW_AFTER;
        }
        if (now - asked < LEAST_INTERVAL) await this.#pause(LEAST_INTERVAL);
      }
    } finally {
      if (signal.aborted) await this.#leave(client, { address, references });
    }
  }

  /** Some cameras do not know it: with them each question makes the subscription last. */
  async #renew(client: OnvifClient, { address, references }: Subscription): Promise<void> {
    try {
      await client.ask(renew(LIFETIME, references), { address, signal: this.#end.signal });
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
    }
  }

  async #leave(client: OnvifClient, { address, references }: Subscription): Promise<void> {
    const signal = AbortSignal.timeout(UNSUBSCRIBE_PATIENCE);
    await client.ask(unsubscribe(references), { address, signal }).catch(() => undefined);
  }

  #tell(change: ActivityChange | undefined): void {
    if (change !== undefined && !this.#end.signal.aborted) this.#handler.onActivity(change);
  }

  #lose(error: unknown, delay: number): void {
    this.#tell(this.#activity.clear());
    this.#handler.onLost(reasonOf(error), delay);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, done);
      const { signal } = this.#end;
      signal.addEventListener('abort', done);
      function done(): void {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}

/** Returns the reason in words: `fetch` keeps it in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'the camera does not answer';
  const { cause } = error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : error.message;
}
