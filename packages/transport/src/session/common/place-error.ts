import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';

/**
 * Places an error of reading the peer's bytes at the stage in which it happened. What a peer sends is never
 * fatal to us.
 */
export function placeError(error: unknown, stage: RtmpStage): RtmpError {
  if (!(error instanceof RtmpError)) {
    return new RtmpError(RtmpErrorCode.protocol, stage, `the peer's bytes could not be read (${stage})`, {
      cause: error,
    });
  }
  if (error.stage !== 'message') return error;
  return new RtmpError(error.code, stage, `${error.message} (${stage})`, {
    details: error.details,
    class: 'retryable',
    cause: error,
  });
}
