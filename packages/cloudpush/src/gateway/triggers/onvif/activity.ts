import type { Notification } from './replies.js';

/** States that are kept apart: rules, regions and inputs of a camera. */
const MAX_ORIGINS = 256;

/** Change that notifications tell: something began, is over, or happened without a length. */
export type ActivityChange = 'start' | 'stop' | 'pulse';

/** Tells whether anything that matters goes on at a camera, through all of its rules and regions. */
export class Activity {
  readonly #topics: readonly string[];
  readonly #active = new Set<string>();

  /** @param topics parts of the topics that matter, whatever their case */
  constructor(topics: readonly string[]) {
    this.#topics = topics.map((topic) => topic.toLowerCase());
  }

  /** Undefined: nothing that matters has changed. */
  note({ topic, origin, isActive }: Notification): ActivityChange | undefined {
    const name = topic.toLowerCase();
    if (!this.#topics.some((part) => name.includes(part))) return undefined;
    if (isActive === undefined) return 'pulse';
    const before = this.#active.size;
    if (!isActive) this.#active.delete(origin);
    else if (before < MAX_ORIGINS) this.#active.add(origin);
    const after = this.#active.size;
    if (before === 0 && after > 0) return 'start';
    return before > 0 && after === 0 ? 'stop' : undefined;
  }

  /** The camera is not heard any more: nothing is known to go on. */
  clear(): ActivityChange | undefined {
    if (this.#active.size === 0) return undefined;
    this.#active.clear();
    return 'stop';
  }
}
