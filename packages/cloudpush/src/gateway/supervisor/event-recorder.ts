import type { TriggerType } from '@cloudpush/engine';
import type { EventPlan } from '../config/configuration.js';
import type { EventState } from '../state.js';
import type { SupervisorClock } from './clock.js';

type Trigger = TriggerType | number;

/** What an event-mode channel does about its events. */
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
  readonly #clock: SupervisorClock;
  readonly #actions: RecorderActions;
  #plan: EventPlan;
  #recording: Recording = IDLE;
  #count = 0;

  constructor(plan: EventPlan, clock: SupervisorClock, actions: RecorderActions) {
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

  /** @returns false: there is nothing to stop */
  trigger(action: 'pulse' | 'start' | 'stop', trigger: Trigger): boolean {
    if (this.#recording.type === 'idle') {
      if (action === 'stop') return false;
      this.#count++;
      this.#record(trigger, this.#clock.now(), action === 'start');
      this.#actions.start(trigger);
      return true;
    }
    const { trigger: before, since, isHeld, cancel } = this.#recording;
    cancel();
    if (action === 'stop') {
      this.#record(before, since, false);
      return true;
    }
    this.#record(trigger, since, isHeld || action === 'start');
    if (trigger !== before) this.#actions.change(before, trigger);
    return true;
  }

  /** Ends the recording now, if there is one. */
  end(): void {
    if (this.#recording.type === 'idle') return;
    const { since, cancel } = this.#recording;
    cancel();
    this.#recording = IDLE;
    this.#actions.end(this.#clock.now() - since);
  }

  /** Forgets the recording: the stream that it was in is over. */
  reset(): void {
    if (this.#recording.type === 'recording') this.#recording.cancel();
    this.#recording = IDLE;
  }

  #record(trigger: Trigger, since: number, isHeld: boolean): void {
    const now = this.#clock.now();
    const limit = since + this.#plan.maxDuration;
    const endsAt = isHeld ? limit : Math.min(limit, now + this.#plan.postRoll);
    const cancel = this.#clock.after(Math.max(0, endsAt - now), () => this.end());
    this.#recording = { type: 'recording', trigger, since, isHeld, endsAt, cancel };
  }
}
