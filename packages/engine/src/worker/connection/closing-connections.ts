import { CloudPushError } from '../../base/errors.js';
import type { Connection } from './connection.js';

/** The connections that a stream has left: each closes with its last bytes on the way. */
export class ClosingConnections {
  readonly #onWarning: (message: string) => void;
  readonly #closing = new Set<Connection>();
  #bytesBefore = 0;
  #flaw: Error | undefined;

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
  }
}

/** The reason that an attempt is given up with: it reaches no caller. */
export function notMovingError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ABORTED', 'the stream does not move there any more', {
    class: 'fatal',
  });
}
