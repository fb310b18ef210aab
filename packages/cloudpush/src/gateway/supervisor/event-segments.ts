import { CloudPushError, type StreamMetadata, type TriggerType } from '@cloudpush/engine';
import type { GatewayClock } from '../clock.js';
import type { EventPlan } from '../config/configuration.js';
import type { EventFields } from '../gateway-event.js';
import type { EventState } from '../state.js';
import { EventRecorder } from './event-recorder.js';
import type { MediaChannel } from './media-engine.js';

type Trigger = TriggerType | number;

/** The channel that records. */
export interface RecordingChannel {
  readonly name: string;
  /** Undefined while it does not run. */
  readonly media: MediaChannel | undefined;
  emit(event: EventFields): void;
  /** A segment has ended. */
  onEnd(): void;
}

/** The plan of a channel that always records: it has no triggers. */
const CONTINUOUS: EventPlan = {
  preRoll: 0,
  postRoll: 0,
  maxDuration: 0,
  httpTrigger: undefined,
  onvifTriggers: [],
};

/** Turns what an event recorder decides into segments of the channel's stream, and tells of it. */
export class EventSegments {
  readonly #channel: RecordingChannel;
  readonly #clock: GatewayClock;
  readonly #recorder: EventRecorder;

  constructor(plan: EventPlan | undefined, clock: GatewayClock, channel: RecordingChannel) {
    this.#channel = channel;
    this.#clock = clock;
    this.#recorder = new EventRecorder(plan ?? CONTINUOUS, clock, {
      start: (trigger) => this.#onStart(trigger),
      change: (from, to) => this.#onChange(from, to),
      end: (duration) => this.#onEnd(duration),
    });
  }

  /** Counts from the next trigger on. */
  set plan(plan: EventPlan) {
    this.#recorder.plan = plan;
  }

  /** The event that is being recorded. */
  get state(): EventState | undefined {
    return this.#recorder.state;
  }

  /** Recordings that have begun. */
  get count(): number {
    return this.#recorder.count;
  }

  /**
   * @param holder whoever starts or stops; left out: a person
   * @returns false: there is no event that could be stopped
   */
  trigger(action: 'pulse' | 'start' | 'stop', type: Trigger, holder?: object): boolean {
    return this.#recorder.trigger(action, type, holder);
  }

  /** Ends the recording that is under way, as its channel ends. */
  end(): void {
    this.#recorder.end();
  }

  /** Forgets the recording: its channel is over. */
  reset(): void {
    this.#recorder.reset();
  }

  #onStart(trigger: Trigger): void {
    this.#send({ type: 'streamStart', trigger, time: this.#clock.now() });
    const message = `${this.#channel.name} records an event (${trigger})`;
    this.#channel.emit({ type: 'eventStarted', level: 'info', message });
  }

  #onChange(from: Trigger, to: Trigger): void {
    this.#send({ type: 'triggerChange', from, to });
    const message = `the event of ${this.#channel.name} is ${to}, after ${from}`;
    this.#channel.emit({ type: 'eventChanged', level: 'info', message });
  }

  #onEnd(duration: number): void {
    this.#send({ type: 'streamEnd', alarmDuration: duration, time: this.#clock.now() });
    const message = `the event of ${this.#channel.name} is over after ${Math.round(duration / 1000)} s`;
    this.#channel.emit({ type: 'eventEnded', level: 'info', message });
    this.#channel.onEnd();
  }

  /**
   * A segment's border waits for room where the channel is paused: refused, it would take the segment with
   * it.
   */
  #send(metadata: StreamMetadata): void {
    this.#channel.media?.writeMetadata(metadata).catch((cause: unknown) => {
      const { code, message: reason } = CloudPushError.wrap(cause);
      const message = `${metadata.type} of ${this.#channel.name} was not sent: ${reason}`;
      this.#channel.emit({ type: 'problem', level: 'warn', message, code });
    });
  }
}
