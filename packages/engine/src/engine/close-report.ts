import type { CloudPushError } from '../base/errors.js';

/** End of a channel, or of one of its destinations. */
export interface CloseReport {
  /**
   * True when the stream was closed as asked, everything accepted before had been sent, and no connection was
   * lost on the way. What was dropped because a server is slow (`overflow: 'drop'`, or several destinations)
   * does not count against it, nor does how an `observer` ended. Of a channel that never had a destination: it was neither aborted nor ended by
   * a fault.
   */
  readonly clean: boolean;
  /** The error that it ended with, or with which a connection was lost that had been made again. */
  readonly error: CloudPushError | undefined;
  /**
   * Of a channel that was closed with `untilKeyFrame`: the key frame that it has ended before, for
   * `Channel.beginWith` of whoever goes on. Undefined where none has come in time, or where there are no
   * pictures.
   */
  readonly keyFrame?: string | undefined;
}
