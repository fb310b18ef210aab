import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { SliceSink } from '../../bits/slice-sink.js';
import { wrappedDifference } from '../../bits/wrap.js';
import { atEndOfTurn, type TurnListener } from './end-of-turn.js';
import { Fifo } from './fifo.js';
import type { Releasable } from './publisher-options.js';
import { Throughput } from './throughput.js';

/** The connection of an outbox. */
export interface OutboxOwner {
  /** There is room again. */
  onDrain(): void;
  /** Undefined: always. */
  readonly mayWrite?: (() => boolean) | undefined;
  /** {@link mayWrite} has said no: nothing was written, and the socket must be reset. */
  onForbidden?(): void;
}

/**
 * The buffer between the chunk writer and the socket: slices gather until {@link flush}, go out as one
 * `write` or `writev`, and their owners are released when the kernel has taken them. No closure and no object
 * is made per message.
 */
export class Outbox implements SliceSink, TurnListener {
  readonly throughput = new Throughput();
  readonly #socket: Socket;
  readonly #highWaterMark: number;
  readonly #owner: OutboxOwner;
  /** Slices since the last flush; only the first `#sliceCount` are of now. */
  readonly #slices: (Uint8Array | undefined)[] = [];
  #sliceCount = 0;
  #pendingBytes = 0;
  #pendingOwners = 0;
  #pendingTimestamp = -1;
  /** Of the oldest flush under way, which is nearly always the only one. */
  #flightBytes = 0;
  #flightOwners = 0;
  #flightTimestamp = -1;
  #flights = 0;
  /** Of those behind it, oldest first: bytes, number of owners, last timestamp. */
  readonly #laterFlights = new Fifo<number>();
  readonly #owners = new Fifo<Releasable>(64);
  #inFlightBytes = 0;
  #bytesWritten = 0;
  /** Of the newest message that the kernel has accepted; before there is one, of the first. */
  #acceptedTimestamp = -1;
  #lastTimestamp = -1;
  #flushScheduled = false;
  #wantsDrain = false;
  #ending = false;
  #closed = false;
  /** It was not permitted to write: what is queued is given up when the socket is closed. */
  #isForbidden = false;

  constructor(socket: Socket, highWaterMark: number, owner: OutboxOwner) {
    this.#socket = socket;
    this.#highWaterMark = highWaterMark;
    this.#owner = owner;
  }

  /** Bytes that the kernel has not accepted yet. */
  get queuedBytes(): number {
    return this.#pendingBytes + this.#inFlightBytes;
  }

  /** Milliseconds of media between the newest message and the newest one that the kernel has accepted. */
  get queuedMilliseconds(): number {
    if (this.queuedBytes === 0) return 0;
    return Math.max(wrappedDifference(this.#lastTimestamp, this.#acceptedTimestamp), 0);
  }

  /** Bytes that the kernel has accepted. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Queues a slice; it goes out with the next flush, at the latest at the end of this turn. */
  push(slice: Uint8Array): void {
    this.#slices[this.#sliceCount] = slice;
    this.#sliceCount++;
    this.#pendingBytes += slice.length;
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    atEndOfTurn(this);
  }

  /** Marks the end of a media message; returns whether there is room for more. */
  endMessage(timestamp: number, owner: Releasable | undefined): boolean {
    this.#pendingTimestamp = timestamp;
    if (this.#acceptedTimestamp < 0) this.#acceptedTimestamp = timestamp;
    this.#lastTimestamp = timestamp;
    if (owner !== undefined) {
      this.#owners.push(owner);
      this.#pendingOwners++;
    }
    if (this.queuedBytes <= this.#highWaterMark) return true;
    // Much in one turn: let the kernel have it now, so that what comes back is true of the network and not of
    // this turn.
    this.flush();
    this.#wantsDrain = true;
    return false;
  }

  flush(): void {
    const count = this.#sliceCount;
    if (count === 0 || this.#closed || this.#isForbidden) return;
    if (this.#owner.mayWrite?.() === false) {
      this.#isForbidden = true;
      this.#owner.onForbidden?.();
      return;
    }
    if (this.#socket.writableEnded) {
      // The answer to a ping, say: the peer is still read, but nothing can be written behind our FIN.
      this.#sliceCount = 0;
      this.#pendingBytes = 0;
      return;
    }
    if (this.#flights === 0) this.#setFlight(this.#pendingBytes, this.#pendingOwners, this.#pendingTimestamp);
    else {
      this.#laterFlights.push(this.#pendingBytes);
      this.#laterFlights.push(this.#pendingOwners);
      this.#laterFlights.push(this.#pendingTimestamp);
    }
    this.#flights++;
    this.#inFlightBytes += this.#pendingBytes;
    this.#sliceCount = 0;
    this.#pendingBytes = 0;
    this.#pendingOwners = 0;
    this.#pendingTimestamp = -1;
    if (count === 1) this.#write(0, this.#onWritten);
    else this.#writeAll(count);
  }

  /**
   * Half-closes the connection once the kernel has taken everything. Not before: a FIN that waits behind data
   * which a peer does not read could not be turned into a reset any more.
   */
  end(): void {
    this.#ending = true;
    this.flush();
    if (this.#inFlightBytes === 0) this.#socket.end();
  }

  /**
   * Releases everything, queued and under way. Only when the socket is closed: until then the kernel may
   * still read.
   */
  close(): void {
    this.#closed = true;
    this.#slices.length = 0;
    this.#sliceCount = 0;
    this.#pendingBytes = 0;
    this.#inFlightBytes = 0;
    while (this.#owners.length > 0) this.#owners.shift().release(false);
  }

  #writeAll(count: number): void {
    this.#socket.cork();
    for (let i = 0; i < count - 1; i++) this.#write(i, ignore);
    this.#write(count - 1, this.#onWritten);
    this.#socket.uncork();
  }

  #setFlight(bytes: number, owners: number, timestamp: number): void {
    this.#flightBytes = bytes;
    this.#flightOwners = owners;
    this.#flightTimestamp = timestamp;
  }

  #write(index: number, callback: (error?: Error | null) => void): void {
    const slice = this.#slices[index]!;
    this.#slices[index] = undefined;
    this.#socket.write(slice, callback);
  }

  /**
   * One function for all flushes: the socket calls back in the order of the writes. After an error,
   * {@link close} releases.
   */
  readonly #onWritten = (error?: Error | null): void => {
    if (error || this.#closed) return;
    const bytes = this.#flightBytes;
    const owners = this.#flightOwners;
    const timestamp = this.#flightTimestamp;
    const later = this.#laterFlights;
    this.#flights--;
    if (this.#flights > 0) this.#setFlight(later.shift(), later.shift(), later.shift());
    this.#inFlightBytes -= bytes;
    this.#bytesWritten += bytes;
    if (timestamp >= 0) this.#acceptedTimestamp = timestamp;
    this.throughput.add(bytes, performance.now());
    for (let i = 0; i < owners; i++) this.#owners.shift().release(true);
    if (this.#ending && this.#inFlightBytes === 0) this.#socket.end();
    if (this.#wantsDrain && this.queuedBytes <= this.#highWaterMark / 2) {
      this.#wantsDrain = false;
      this.#owner.onDrain();
    }
  };

  /** The scheduled flush of this turn. */
  endTurn(): void {
    this.#flushScheduled = false;
    this.flush();
  }
}

function ignore(): void {}
