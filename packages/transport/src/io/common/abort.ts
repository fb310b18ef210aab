import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';

/** The error for a caller's own `AbortSignal`; its reason is the cause. */
export function aborted(signal: AbortSignal | undefined, stage: RtmpStage): RtmpError {
  return new RtmpError(RtmpErrorCode.aborted, stage, `aborted by the caller (${stage})`, {
    cause: signal?.reason,
  });
}
