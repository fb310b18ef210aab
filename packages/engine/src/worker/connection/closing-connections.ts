import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { CloudPushError } from '../../base/errors.js';
import type { Connection } from './connection.js';

/** The connections that a stream has left: each closes with its last bytes on the way. */
export class ClosingConnections {
  readonly #onWarning: (message: string) => void;
  readonly #closing = new Set<Connection>();
  #bytesBefore = 0;
  #flaw: Error | undefined;
  /** The first bad end since somebody took it. */
  #newFlaw: Error | undefined;
  /** The first end since then that was no bad one, of which some may not have arrived all the same. */
  #newDoubt: Error | undefined;

  constructor(onWarning: (message: string) => void) {
    this.#onWarning = onWarning;
  }

  get isEmpty(): boolean {
    return this.#closing.size === 0;
  }

  /** Bytes that the kernel has accepted on these and on all that are gone. */
  get bytesWritten(): number {
    let bytes = this.#bytesBefore;
    for (const connection of this.#closing) bytes += connection.bytesWritten;
    return bytes;
  }

  /** The first bad end of a connection that had carried the stream: part of how the destination ends. */
  get flaw(): Error | undefined {
    return this.#flaw;
  }

  /** Waits for the end of a connection, which its caller closes. */
  add(connection: Connection): void {
    this.#closing.add(connection);
  }

  /** Gives up a connection that the stream does not go to. */
  discard(connection: Connection): void {
    if (connection.publisher !== undefined) this.#closing.add(connection);
    connection.abort(notMovingError());
  }

  abort(error: Error): void {
    for (const connection of this.#closing) connection.abort(error);
  }

  /**
   * Counts a connection that is gone.
   * @returns false when it is not one of these
   */
  onClosed(connection: Connection, error: Error | undefined): boolean {
    this.#bytesBefore += connection.bytesWritten;
    if (!this.#closing.delete(connection)) return false;
    if (error !== undefined && !connection.signal.aborted) this.noteFlaw(error);
    return true;
  }

  /** A connection ended so that the last of what it was handed may not have arrived. */
  noteFlaw(error: Error): void {
    this.#onWarning(`the connection that was left ended badly: ${error.message}`);
    this.#flaw ??= error;
    this.#newFlaw ??= error;
  }

  /** A server has closed a connection behind a segment: nothing tells that it has all of that. */
  noteUncertain(error: Error): void {
    this.#newDoubt ??= error;
  }

  /** What was lost with this end is sent again: it is no part of how the destination ends. */
  forget(flaw: Error): void {
    if (this.#flaw === flaw) this.#flaw = undefined;
  }

  /** How one ended since this was asked last of which some may not have arrived: badly, if any did. */
  takeFlaw(): Error | undefined {
    const flaw = this.#newFlaw ?? this.#newDoubt;
    this.#newFlaw = undefined;
    this.#newDoubt = undefined;
    return flaw;
  }
}

/** The reason that an attempt is given up with: it reaches no caller. */
export function notMovingError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ABORTED', 'the stream does not move there any more', {
    class: 'fatal',
  });
}

/**
 * The reason that a connection is made again with which is well: what one before it held, which has ended
 * like this, is to be sent first.
 */
export function remakingError(cause: Error): RtmpError {
  const message = `the stream begins again, as a connection that it had left ended badly: ${cause.message}`;
  const code = cause instanceof RtmpError ? cause.code : RtmpErrorCode.aborted;
  return new RtmpError(code, 'publishing', message, { class: 'retryable', cause });
}
