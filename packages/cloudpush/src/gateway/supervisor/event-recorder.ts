import type { TriggerType } from '@cloudpush/engine';
import type { GatewayClock } from '../clock.js';
import type { EventPlan } from '../config/configuration.js';
import type { EventState } from '../state.js';

type Trigger = TriggerType | number;

/** Actions of an event-mode channel on its events. */
export interface RecorderActions {
  /** A segment begins; the pre-roll goes in front of it. */
  start(trigger: Trigger): void;
  change(from: Trigger, to: Trigger): void;
  /** @param duration how long the event lasted, post-roll included, in ms */
  end(duration: number): void;
}

type Recording =
  | { readonly type: 'idle' }
  | {
      readonly type: 'recording';
      readonly trigger: Trigger;
      readonly since: number;
      /** Something goes on, until it is told to be over. */
      readonly isHeld: boolean;
      readonly endsAt: number;
      readonly cancel: () => void;
    };

const IDLE: Recording = { type: 'idle' };

/** Decides from triggers and time when a recording begins, changes its reason, and ends. */
export class EventRecorder {
  readonly #clock: GatewayClock;
  readonly #actions: RecorderActions;
  #plan: EventPlan;
  #recording: Recording = IDLE;
  /** Triggers that have begun something that is not over yet. */
  readonly #holders = new Set<unknown>();
  #count = 0;

  constructor(plan: EventPlan, clock: GatewayClock, actions: RecorderActions) {
    this.#plan = plan;
    this.#clock = clock;
    this.#actions = actions;
  }

  /** Counts from the next trigger on. */
  set plan(plan: EventPlan) {
    this.#plan = plan;
  }

  /** Recordings that have begun. */
  get count(): number {
    return this.#count;
  }

  get state(): EventState | undefined {
    if (this.#recording.type === 'idle') return undefined;
    const { trigger, since, isHeld, endsAt } = this.#recording;
    return { trigger, since, endsAt: isHeld ? undefined : endsAt };
  }

  /**
   * @param holder whoever starts or stops: the recording is held until the last one stops; left out: a
   *   person, who stops for all
   * @returns false: there is nothing to stop
   */
  trigger(action: 'pulse' | 'start' | 'stop', trigger: Trigger, holder?: object): boolean {
    if (this.#recording.type === 'idle') {
      if (action === 'stop') return false;
      this.#count++;
      if (action === 'start') this.#holders.add(holder);
      this.#record(trigger, this.#clock.now());
      this.#actions.start(trigger);
      return true;
    }
    const { trigger: before, since, cancel } = this.#recording;
    if (action === 'stop') {
      if (!this.#release(holder)) return true;
      cancel();
      this.#record(before, since);
      return true;
    }
    if (action === 'start') this.#holders.add(holder);
    cancel();
    this.#record(trigger, since);
    if (trigger !== before) this.#actions.change(before, trigger);
    return true;
  }

  /** Ends the recording now, if there is one. */
  end(): void {
    if (this.#recording.type === 'idle') return;
    const { since, cancel } = this.#recording;
    cancel();
    this.#forget();
    this.#actions.end(this.#clock.now() - since);
  }

  /** Forgets the recording: the stream that it was in is over. */
  reset(): void {
    if (this.#recording.type === 'recording') this.#recording.cancel();
    this.#forget();
  }

  #forget(): void {
    this.#recording = IDLE;
    this.#holders.clear();
  }

  /**
   * Takes a holder away, or all when a person ends the recording. True: nobody holds the recording any more,
   * and somebody did or a person ended it.
   */
  #release(holder: object | undefined): boolean {
    if (holder !== undefined) return this.#holders.delete(holder) && this.#holders.size === 0;
    this.#holders.clear();
    return true;
  }

  #record(trigger: Trigger, since: number): void {
    const isHeld = this.#holders.size > 0;
    const now = this.#clock.now();
    const limit = since + this.#plan.maxDuration;
    const endsAt = isHeld ? limit : Math.min(limit, now + this.#plan.postRoll);
    const cancel = this.#clock.after(Math.max(0, endsAt - now), () => this.end());
    this.#recording = { type: 'recording', trigger, since, isHeld, endsAt, cancel };
  }
}
