import type { RtmpErrorDetails } from '../../errors.js';
import type { PublishState } from './publish-state.js';

/** A connection that ends so soon after `publish`, in ms, has not ended by chance. */
const SOON = 5000;

const HINT =
  '; a server that closes without a word right after publish usually refuses the stream: the token or stream key is wrong or out of date, a hook of the server denies it, or the name is still being published by another (or by our own session, until the server lets it go)';

/** Tells a connection that the server has ended right after `publish`, without a word, from one that was lost. */
export class SilentEnd {
  readonly #now: () => number;
  #began = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The server has let a stream begin. */
  began(): void {
    this.#began = this.#now();
  }

  /** What to add to the error of a connection that ends in this state; undefined when it may have any reason. */
  after(state: PublishState): { readonly hint: string; readonly details: RtmpErrorDetails } | undefined {
    const soon = state === 'publishing' && this.#now() - this.#began < SOON;
    return state === 'requesting-publish' || soon ? { hint: HINT, details: { silent: true } } : undefined;
  }
}
