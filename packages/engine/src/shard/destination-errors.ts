import { CloudPushError } from '../errors.js';

/** What did not leave in time. `queued` is in bytes. */
export function closeTimeoutError(limit: number, queued: number): CloudPushError {
  const state = queued > 0 ? `${queued} bytes were still queued` : 'the server had not closed its side';
  const message = `${state} when the close time-out of ${limit} ms ran out`;
  return new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', message, {
    details: { actual: queued, permitted: limit },
  });
}

/** The connection ended as it was asked to, and something had not left. */
export function unsentError(unsent: number): CloudPushError {
  const message = `the connection was closed with ${unsent} queued messages unsent`;
  return new CloudPushError('ERR_CLOUDPUSH_PEER_CLOSED', message, {
    class: 'retryable',
    details: { unsent },
  });
}
