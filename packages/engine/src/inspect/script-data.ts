import { decodeAmf0, RtmpError } from '@cloudpush/transport';
import { BoundedList, type ListReport } from './bounded-list.js';
import type { DamageLog } from './damage-log.js';
import { type PlainValue, plainValues } from './plain-value.js';

/** A data message: `onMetaData`, or an event such as cloudpush's `onStreamStart`. */
export interface DataMessage {
  /** Offset of its tag, in bytes. */
  readonly offset: number;
  /** ms on the clock of the file. */
  readonly at: number;
  readonly name: string;
  /** The values behind the name, as JSON can express them. */
  readonly values: readonly PlainValue[];
}

export interface EventReport extends ListReport<DataMessage> {
  /** Number of times that each event came. */
  readonly byName: Readonly<Record<string, number>>;
}

/** Names of events that are counted each on their own; a file with more has nonsense in it. */
const MAX_NAMES = 100;
const OTHER_NAMES = '(others)';

/** Reads the script data of a file: metadata and events. */
export class ScriptData {
  readonly #damage: DamageLog;
  readonly #metadata = new BoundedList<DataMessage>();
  readonly #events = new BoundedList<DataMessage>();
  readonly #byName = new Map<string, number>();

  constructor(damage: DamageLog) {
    this.#damage = damage;
  }

  /**
   * Takes in the body of a script data tag.
   * @returns the message in it; undefined, and a note of the damage, when it cannot be read
   */
  see(body: Uint8Array, offset: number, at: number): DataMessage | undefined {
    const message = this.#read(body, offset, at);
    if (message?.name === 'onMetaData') {
      this.#metadata.add(message);
    } else if (message !== undefined) {
      this.#events.add(message);
      this.#count(message.name);
    }
    return message;
  }

  #count(name: string): void {
    const key = this.#byName.has(name) || this.#byName.size < MAX_NAMES ? name : OTHER_NAMES;
    this.#byName.set(key, (this.#byName.get(key) ?? 0) + 1);
  }

  /** Every `onMetaData`, in order. */
  get metadata(): ListReport<DataMessage> {
    return this.#metadata.report();
  }

  /** All other data messages, in order. */
  get events(): EventReport {
    return { ...this.#events.report(), byName: Object.fromEntries(this.#byName) };
  }

  #read(body: Uint8Array, offset: number, at: number): DataMessage | undefined {
    try {
      const all = plainValues(decodeAmf0(body));
      // A recorder that keeps messages as they are keeps this one's wrapper, too.
      const [name, ...values] = all[0] === '@setDataFrame' ? all.slice(1) : all;
      return { offset, at, name: typeof name === 'string' ? name : '', values };
    } catch (error) {
      if (!(error instanceof RtmpError)) throw error;
      this.#damage.add({ offset, at, track: 'data' }, error);
      return undefined;
    }
  }
}
