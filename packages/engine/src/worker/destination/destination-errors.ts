import { CloudPushError } from '../../base/errors.js';

/** The close time-out ran out. `limit` is in ms, `queued` in bytes. */
export function closeTimeoutError(limit: number, queued: number): CloudPushError {
  const state = queued > 0 ? `${queued} bytes were still queued` : 'the server had not closed its side';
  const message = `${state} when the close time-out of ${limit} ms ran out`;
  return new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', message, {
    details: { actual: queued, permitted: limit },
  });
}

/**
 * The rest cannot leave in time: there is no attempt to connect before then. `limit` is in ms, `queued` in
 * bytes.
 */
export function outOfReachError(limit: number, queued: number, cause: Error): CloudPushError {
  const message = `${queued} bytes were still queued, and the next attempt to connect was due after the close time-out of ${limit} ms; the last one failed: ${cause.message}`;
  return new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', message, {
    details: { actual: queued, permitted: limit },
    cause,
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
