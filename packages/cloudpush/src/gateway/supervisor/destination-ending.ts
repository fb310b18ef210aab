import type { CloudPushError } from '@cloudpush/engine';
import type { EventFields } from '../gateway-event.js';
import { type DestinationTotals, totalsOf } from './destination-totals.js';
import type { MediaDestination } from './media-engine.js';

/** The end did not wait for all that was queued. */
const ABORTED = 'ERR_CLOUDPUSH_ABORTED';

/** What there is to tell of an end. */
type EndNotice = Pick<EventFields, 'level' | 'message' | 'code'>;

/** The end of a destination's connections, and what became of the media that was queued then. */
export class DestinationEnding {
  /** The counts when it was told to end; undefined: it was not. */
  #before: DestinationTotals | undefined;
  /** The latest loss of a connection, which was told when it came. */
  #loss: CloudPushError | undefined;
  #hasLeftUnsent = false;

  /** Some of what was queued was lost with the last end. */
  get hasLeftUnsent(): boolean {
    return this.#hasLeftUnsent;
  }

  /** It connects. */
  restart(): void {
    this.#before = undefined;
    this.#loss = undefined;
    this.#hasLeftUnsent = false;
  }

  /** Its connection is lost, and made again. */
  onLoss(error: CloudPushError): void {
    this.#loss = error;
  }

  /** It is about to be told to end. */
  begin(handle: MediaDestination): void {
    this.#before = totalsOf(handle.stats());
  }

  /**
   * It has ended. Undefined: its server has refused it.
   * @param error its report's
   */
  onEnded(name: string, handle: MediaDestination, error: CloudPushError | undefined): EndNotice | undefined {
    const before = this.#before;
    const isTold = before !== undefined && error === this.#loss;
    if (error === undefined || isTold || (before !== undefined && isKept(handle, before))) {
      const hasGaps = (handle.stats().spool?.gaps ?? 0) > 0;
      const rest = hasGaps ? '; what was not sent is kept on disk' : '';
      return { level: 'info', message: `${name} is closed${rest}` };
    }
    const { code, message } = error;
    if (before === undefined && code !== ABORTED) return undefined;
    this.#hasLeftUnsent = true;
    const what = `${name} is closed before everything was sent`;
    return { level: 'warn', message: code === ABORTED ? what : `${what}: ${message}`, code };
  }
}

/** The spool of a destination that has ended has all that could not be sent. */
function isKept(handle: MediaDestination, before: DestinationTotals): boolean {
  const { spool, lostPictures } = handle.stats();
  if (spool === undefined || spool.state === 'off') return false;
  return lostPictures === before.lostPictures && spool.lostBytes === before.spoolLostBytes;
}
