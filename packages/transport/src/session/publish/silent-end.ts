import type { RtmpErrorDetails } from '../../errors.js';
import type { SessionState } from './publish-state.js';

/** A connection that ends so soon after `publish`, in ms, has not ended by chance. */
const SOON = 5000;

const HINT =
  '; a server that closes without a word right after publish usually refuses the stream: the token or stream key is wrong or expired, a hook of the server denies it, or the name is still being published by another client (or by our own last session, until the server lets it go)';

/**
 * The hint for the error of a connection that the server has ended right after `publish` without a word;
 * undefined when it may have ended for any reason.
 * @param now on the session's clock
 */
export function silentEnd(
  state: SessionState,
  now: number,
): { readonly hint: string; readonly details: RtmpErrorDetails } | undefined {
  const soon = state.name === 'publishing' && now - state.since < SOON;
  return state.name === 'requesting-publish' || soon ? { hint: HINT, details: { silent: true } } : undefined;
}
