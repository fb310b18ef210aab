import type { RtmpPublisher } from '@cloudpush/transport';
import { unacknowledgedBytes } from '../destination/destination-counters.js';

/**
 * Servers may count the handshake or not, and acknowledge within a message: so many bytes are not trusted.
 */
const MARGIN = 8192;
/** A server that has acknowledged nothing for so long, in ms, while more was sent, has stopped doing so. */
const SILENCE = 60_000;

/** The bytes of a connection that its server has for certain, by its Acknowledgements (RTMP 1.0 §5.4.3). */
export class AcknowledgedPosition {
  #position: number | undefined;
  #last = 0;
  #writtenThen = 0;
  #since = 0;
  #isTrusted = true;

  /** The connection is another one. */
  restart(): void {
    this.#position = undefined;
    this.#last = 0;
    this.#isTrusted = true;
  }

  /** Undefined: the server does not tell. */
  get position(): number | undefined {
    return this.#isTrusted ? this.#position : undefined;
  }

  /** @param now ms of the monotonic clock */
  update(publisher: Pick<RtmpPublisher, 'acknowledged' | 'bytesWritten'>, now: number): void {
    const { acknowledged, bytesWritten } = publisher;
    if (acknowledged === 0) return;
    if (acknowledged === this.#last) {
      if (now - this.#since > SILENCE && bytesWritten > this.#writtenThen) this.#isTrusted = false;
      return;
    }
    this.#last = acknowledged;
    this.#since = now;
    this.#writtenThen = bytesWritten;
    this.#isTrusted = ((acknowledged - bytesWritten) | 0) <= MARGIN;
    const position = bytesWritten - unacknowledgedBytes(publisher as RtmpPublisher) - MARGIN;
    this.#position = Math.max(this.#position ?? 0, position);
  }
}
