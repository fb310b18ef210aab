import type { RtmpPublisher } from '@cloudpush/transport';
import { unacknowledgedBytes } from '../destination/destination-counters.js';

/**
 * Servers may count the handshake or not, and acknowledge within a message: so many bytes are not trusted.
 */
const MARGIN = 8192;
/** A server that has acknowledged nothing for so long, in ms, while more was sent, has stopped doing so. */
const SILENCE = 60_000;
/**
 * The kernels of both sides hold no more bytes than that: a server that has let so many come in since it
 * acknowledged last reads, and has stopped to acknowledge.
 */
const MOST_HELD = 16 * 2 ** 20;
/** What was handed over so long ago, in ms, should have been acknowledged. */
const LATE = 3000;

/** The bytes of a connection that its server has for certain, by its Acknowledgements (RTMP 1.0 §5.4.3). */
export class AcknowledgedPosition {
  #position: number | undefined;
  #last = 0;
  #writtenThen = 0;
  #since = 0;
  /** Most bytes from one Acknowledgement to the next. */
  #interval = 0;
  /** It acknowledges, as far as is known. */
  #isTelling = true;
  /** It has acknowledged what it cannot have, or less than before: its numbers mean something else. */
  #miscounts = false;
  /** Bytes that had been handed over at a time, in ms; all before that time has been acknowledged. */
  #handed = { bytes: 0, at: 0 };
  #isLate = false;

  /** The connection is another one. */
  restart(): void {
    this.#position = undefined;
    this.#last = 0;
    this.#interval = 0;
    this.#isTelling = true;
    this.#miscounts = false;
    this.#handed = { bytes: 0, at: 0 };
    this.#isLate = false;
  }

  /** Undefined: the server does not tell. */
  get position(): number | undefined {
    return this.#isTelling && !this.#miscounts ? this.#position : undefined;
  }

  /** The server acknowledges, and has not acknowledged what it should have by now. */
  get isLate(): boolean {
    return this.#isLate && this.position !== undefined;
  }

  /** @param now ms of the monotonic clock */
  update(publisher: Pick<RtmpPublisher, 'acknowledged' | 'bytesWritten' | 'queuedBytes'>, now: number): void {
    if (publisher.acknowledged !== this.#last) this.#note(publisher as RtmpPublisher, now);
    const { position } = this;
    if (position === undefined) return;
    const { bytesWritten, queuedBytes } = publisher;
    if (position >= this.#handed.bytes) this.#handed = { bytes: bytesWritten + queuedBytes, at: now };
    const isBehind = bytesWritten - position > 2 * this.#interval + MARGIN;
    this.#isLate = isBehind && now - this.#handed.at > LATE;
    const isSilent = isBehind && now - this.#since > SILENCE && bytesWritten > this.#writtenThen;
    if (isSilent || bytesWritten - this.#writtenThen > MOST_HELD) this.#isTelling = false;
  }

  #note(publisher: RtmpPublisher, now: number): void {
    const { acknowledged, bytesWritten, queuedBytes } = publisher;
    const hasBefore = this.#last !== 0;
    const isBack = hasBefore && ((acknowledged - this.#last) | 0) < 0;
    this.#last = acknowledged;
    this.#since = now;
    this.#writtenThen = bytesWritten;
    const received = bytesWritten - unacknowledgedBytes(publisher);
    const isAhead = ((acknowledged - bytesWritten - queuedBytes) | 0) > MARGIN;
    this.#miscounts ||= isBack || isAhead || received < 0;
    if (this.#miscounts) return;
    this.#isTelling = true;
    const before = this.#position ?? 0;
    this.#position = Math.max(before, received - MARGIN);
    this.#interval = Math.min(MOST_HELD, Math.max(this.#interval, this.#position - before));
  }
}
