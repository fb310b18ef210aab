import type { CloudPushError, ErrorClass, PushTarget, SpoolGap } from '@cloudpush/engine';
import type { GatewayClock } from '../clock.js';
import type { DestinationPlan } from '../config/configuration.js';
import type { EventFields } from '../gateway-event.js';
import type { DestinationState, DestinationStatus, ErrorState } from '../state.js';
import { DestinationEnding } from './destination-ending.js';
import { addTotals, type DestinationTotals, NO_TOTALS, totalsOf } from './destination-totals.js';
import { gapEvent } from './gap-event.js';
import type { MediaDestination } from './media-engine.js';
import { spoolStateOf } from './spool-state.js';

/**
 * Before a destination is tried again whose server has said no, in ms; doubled each time up to the longest.
 */
const FIRST_REFUSED_WAIT = 60_000;
const LONGEST_REFUSED_WAIT = 900_000;
/** The longest that a connection which is replaced waits for the new one, in ms. */
const LONGEST_OVERLAP = 30_000;
/** Of the most that may wait, so much means that the server takes less than comes. */
const PAUSED_PART = 0.5;
/** A server that is busy so often in a row has the name from somebody else. */
const BUSY_ALARM = 3;

/** Owner of a destination: its channel. */
export interface DestinationOwner {
  readonly clock: GatewayClock;
  emit(event: Omit<EventFields, 'channel'>): void;
  /** Something has changed that the state of the channel may follow from. */
  onChange(): void;
  /** A destination that was refused is to be tried again. */
  onDue(destination: DestinationSupervisor): void;
}

type Phase =
  | { readonly type: 'idle' }
  | { readonly type: 'connecting'; readonly handle: MediaDestination }
  | { readonly type: 'publishing'; readonly handle: MediaDestination }
  | { readonly type: 'retrying'; readonly handle: MediaDestination; readonly at: number | undefined }
  | { readonly type: 'refused'; readonly at: number; readonly cancel: () => void };

/** One destination of a channel through all its connections: how it stands, and what was counted. */
export class DestinationSupervisor {
  readonly #owner: DestinationOwner;
  #plan: DestinationPlan;
  #phase: Phase = { type: 'idle' };
  #since: number;
  #lastError: ErrorState | undefined;
  #attempt = 0;
  #refusals = 0;
  /** Attempts in a row that the server was busy at. */
  #busy = 0;
  /** When the server began to say no; undefined while it has not, or since it said yes. */
  #refusedSince: number | undefined;
  readonly #ending = new DestinationEnding();
  /** Connections that have been replaced and are not over yet. */
  readonly #former = new Set<MediaDestination>();
  /** Of connections that are over. */
  #carried: DestinationTotals = NO_TOTALS;
  readonly #connectErrors: Record<ErrorClass, number> = { retryable: 0, auth: 0, busy: 0, fatal: 0 };

  constructor(plan: DestinationPlan, owner: DestinationOwner) {
    this.#plan = plan;
    this.#owner = owner;
    this.#since = owner.clock.now();
  }

  get plan(): DestinationPlan {
    return this.#plan;
  }

  /**
   * Replaces the plan. The connection that stands has been told of the change, or it does not matter to it.
   */
  set plan(plan: DestinationPlan) {
    this.#plan = plan;
  }

  /** Its connection, or the attempts at one; undefined when there is none. */
  get handle(): MediaDestination | undefined {
    return 'handle' in this.#phase ? this.#phase.handle : undefined;
  }

  /** True while the server has said no and the wait for the next attempt is not over. */
  get isRefused(): boolean {
    return this.#phase.type === 'refused';
  }

  /** Some of what was queued when it was told to end last was lost. */
  get hasLeftUnsent(): boolean {
    return this.#ending.hasLeftUnsent;
  }

  get hasFailed(): boolean {
    return this.#lastError !== undefined;
  }

  get status(): DestinationStatus {
    const { type } = this.#phase;
    const spool = this.handle?.stats().spool?.state;
    if (spool === 'spooling') return 'spooling';
    if (type !== 'publishing') return type;
    if (spool === 'backfilling') return 'backfilling';
    return this.#isBehind(this.handle!) ? 'paused' : 'publishing';
  }

  /** The engine has begun to connect. */
  attach(handle: MediaDestination): void {
    this.#leaveRefusal();
    this.#ending.restart();
    this.#enter({ type: 'connecting', handle });
    handle.on('connect', () => this.#onConnect(handle));
    handle.on('move', () => this.#onMove(handle));
    handle.on('disconnect', ({ error, delay }) => this.#onDisconnect(handle, error, delay));
    handle.on('gap', (gap) => this.#onGap(handle, gap));
    handle.on('close', ({ error }) => this.#onClose(handle, error));
  }

  /**
   * Goes on with another connection; the one before is ended when this one stands, or at once.
   * @param ends `atOnce` where both would publish under the same name
   */
  replace(handle: MediaDestination, plan: DestinationPlan, ends: 'whenConnected' | 'atOnce'): void {
    const before = this.handle;
    this.#plan = plan;
    if (before !== undefined) this.#former.add(before);
    this.attach(handle);
    if (before === undefined) return;
    const end = () => {
      cancel();
      if (this.#former.has(before)) void before.close();
    };
    const cancel = this.#owner.clock.after(LONGEST_OVERLAP, end);
    if (ends === 'atOnce') end();
    else handle.on('connect', end);
  }

  /** @throws CloudPushError when the target is not one */
  move(target: PushTarget): boolean {
    const { handle } = this;
    handle?.moveTo(target);
    return handle !== undefined;
  }

  /** It cannot even be tried. */
  refuse(error: CloudPushError): void {
    this.#note(error);
    const wait = Math.min(LONGEST_REFUSED_WAIT, FIRST_REFUSED_WAIT * 2 ** Math.min(this.#refusals, 10));
    this.#refusals++;
    const { clock } = this.#owner;
    const cancel = clock.after(wait, () => {
      this.#enter({ type: 'idle' });
      this.#owner.onDue(this);
    });
    this.#refusedSince ??= clock.now();
    this.#enter({ type: 'refused', at: clock.now() + wait, cancel });
    this.#owner.emit({
      type: 'destinationRefused',
      level: 'error',
      destination: this.#plan.name,
      message: `${this.#plan.name} is refused: ${error.message}; the next attempt is in ${Math.round(wait / 1000)} s`,
      code: error.code,
    });
  }

  /** Its channel is about to be told to end, and so is it. */
  onEnding(): void {
    const { handle } = this;
    if (handle !== undefined) this.#ending.begin(handle);
  }

  /** The channel is over, or about to be: nothing is being tried. */
  detach(): void {
    const { handle } = this;
    if (handle !== undefined) this.#former.add(handle);
    this.#leaveRefusal();
    this.#refusedSince = undefined;
    this.#attempt = 0;
    if (this.#phase.type !== 'idle') this.#enter({ type: 'idle' });
  }

  state(): DestinationState {
    const { name, place, host } = this.#plan;
    const stats = this.handle?.stats();
    return {
      name,
      place,
      host,
      state: this.status,
      since: this.#phase.type === 'refused' ? (this.#refusedSince ?? this.#since) : this.#since,
      lastError: this.#lastError,
      attempt: this.#attempt,
      nextRetryAt: 'at' in this.#phase ? this.#phase.at : undefined,
      counters: { ...this.#totals(), connectErrors: { ...this.#connectErrors } },
      bitRate: stats?.bitRate ?? 0,
      queuedBytes: stats?.queuedBytes ?? 0,
      queuedMs: stats?.queuedMs ?? 0,
      unacknowledgedBytes: stats?.unacknowledgedBytes,
      spool: spoolStateOf(stats?.spool),
      timings: stats?.timings === undefined ? undefined : { ...stats.timings },
    };
  }

  #totals(): DestinationTotals {
    const { handle } = this;
    const open = handle === undefined ? [...this.#former] : [handle, ...this.#former];
    return open.reduce((sum, one) => addTotals(sum, totalsOf(one.stats())), this.#carried);
  }

  #isBehind({ queuedBytes, queuedMs }: MediaDestination): boolean {
    const { bytes = Number.POSITIVE_INFINITY, ms = Number.POSITIVE_INFINITY } =
      this.#plan.options.highWatermark ?? {};
    return queuedBytes > bytes * PAUSED_PART || queuedMs > ms * PAUSED_PART;
  }

  #onConnect(handle: MediaDestination): void {
    if (handle !== this.handle) return;
    this.#attempt = 0;
    this.#refusals = 0;
    this.#busy = 0;
    this.#refusedSince = undefined;
    this.#enter({ type: 'publishing', handle });
    const { name, place } = this.#plan;
    this.#tell('destinationConnected', 'info', `${name} publishes to ${place}`);
  }

  #onMove(handle: MediaDestination): void {
    if (handle !== this.handle) return;
    if (this.#phase.type !== 'publishing') this.#enter({ type: 'publishing', handle });
    this.#tell('destinationMoved', 'info', `${this.#plan.name} has moved to another connection`);
  }

  #onDisconnect(handle: MediaDestination, error: CloudPushError, delay: number): void {
    if (handle !== this.handle) return;
    this.#note(error);
    this.#ending.onLoss(error);
    this.#attempt++;
    // Between two segments there is no next attempt until one is wanted.
    const at = Number.isFinite(delay) ? this.#owner.clock.now() + delay : undefined;
    this.#enter(at === undefined ? { type: 'connecting', handle } : { type: 'retrying', handle, at });
    const next = at === undefined ? '' : `; the next attempt is in ${(delay / 1000).toFixed(1)} s`;
    this.#tell('destinationLost', 'warn', `${this.#plan.name}: ${error.message}${next}`, error.code);
    this.#noteBusy(error);
  }

  #onGap(handle: MediaDestination, gap: SpoolGap): void {
    if (handle !== this.handle) return;
    const { type, level, message } = gapEvent(this.#plan.name, gap);
    this.#tell(type, level, message, gap.error?.code);
    this.#owner.onChange();
  }

  #onClose(handle: MediaDestination, error: CloudPushError | undefined): void {
    this.#carried = addTotals(this.#carried, totalsOf(handle.stats()));
    const isCurrent = handle === this.handle;
    this.#former.delete(handle);
    if (!isCurrent) return;
    this.#enter({ type: 'idle' });
    const end = this.#ending.onEnded(this.#plan.name, handle, error);
    if (end === undefined) this.refuse(error!);
    else this.#tell('destinationClosed', end.level, end.message, end.code);
  }

  /** Somebody else seems to publish under the same name: people should know, once. */
  #noteBusy(error: CloudPushError): void {
    this.#busy = error.class === 'busy' ? this.#busy + 1 : 0;
    if (this.#busy !== BUSY_ALARM) return;
    const message = `${this.#plan.name}: the server has been busy ${BUSY_ALARM} times in a row: somebody else seems to publish under this name`;
    this.#tell('nameBusy', 'error', message, error.code);
  }

  #note(error: CloudPushError): void {
    this.#connectErrors[error.class]++;
    this.#lastError = { code: error.code, message: error.message, at: this.#owner.clock.now() };
  }

  #tell(type: EventFields['type'], level: EventFields['level'], message: string, code?: string): void {
    this.#owner.emit({ type, level, destination: this.#plan.name, message, code });
  }

  #leaveRefusal(): void {
    if (this.#phase.type === 'refused') this.#phase.cancel();
  }

  #enter(phase: Phase): void {
    if (phase.type !== this.#phase.type) this.#since = this.#owner.clock.now();
    this.#phase = phase;
    this.#owner.onChange();
  }
}
