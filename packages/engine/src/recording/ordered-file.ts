import { close, openSync, writev, writevSync } from 'node:fs';
import { promisify } from 'node:util';

/** Bytes of one file that may wait for the disk before writing holds up the caller. */
const MAX_BEHIND = 8 * 1024 * 1024;
/** The same of all files that share a backlog. */
const MAX_BEHIND_TOGETHER = 64 * 1024 * 1024;

/** Bytes of several files that wait for the disk. */
export class WriteBacklog {
  bytes = 0;
}

const closeFile = promisify(close);

/**
 * A new file that is written to in order and never waited for, until the disk falls behind: then `append`
 * writes before it returns. In a receiver that stops the reading of sockets, and so reaches the publisher as
 * a slow network; memory stays bounded.
 */
export class OrderedFile {
  readonly #fd: number;
  readonly #backlog: WriteBacklog;
  #position = 0;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #inFlight = 0;
  #error: Error | undefined;
  #onIdle: (() => void) | undefined;

  /** @throws the system's error, `EEXIST` when there is such a file already. */
  static create(path: string, backlog?: WriteBacklog): OrderedFile {
    return new OrderedFile(openSync(path, 'wx'), backlog);
  }

  /**
   * @param fd an empty file that is open for writing; it is closed at the end.
   * @param backlog what it shares with other files, whose memory is bounded together.
   */
  constructor(fd: number, backlog = new WriteBacklog()) {
    this.#fd = fd;
    this.#backlog = backlog;
  }

  /** The first error of a write; nothing is written after it. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Bytes that are written or about to be. */
  get size(): number {
    return this.#position + this.#pendingBytes;
  }

  /** Adds bytes at the end. They must not change afterwards. */
  append(...parts: readonly Uint8Array[]): void {
    if (this.#error !== undefined) return;
    for (const part of parts) {
      this.#pending.push(part);
      this.#pendingBytes += part.length;
      this.#backlog.bytes += part.length;
    }
    if (this.#inFlight + this.#pendingBytes > MAX_BEHIND || this.#backlog.bytes > MAX_BEHIND_TOGETHER) {
      this.#writeNow();
    } else if (this.#inFlight === 0) {
      this.#writeSoon();
    }
  }

  /** Writes what is left, changes the bytes at `position` to `bytes`, and closes. */
  async finish(bytes: Uint8Array, position: number): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    if (this.#error === undefined) {
      this.#writeNow();
      this.#try(() => requireWhole(writevSync(this.#fd, [bytes], position), bytes.length));
    }
    try {
      await closeFile(this.#fd);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Starts a write of all that has come; what comes meanwhile goes out with the next one. */
  #writeSoon(): void {
    this.#inFlight = this.#pendingBytes;
    const { parts, size, position } = this.#take();
    writev(this.#fd, parts, position, (error, written) => {
      this.#inFlight = 0;
      this.#backlog.bytes -= size;
      this.#try(() => {
        if (error !== null) throw error;
        requireWhole(written, size);
      });
      if (this.#pendingBytes > 0 && this.#error === undefined) {
        this.#writeSoon();
      } else {
        this.#onIdle?.();
      }
    });
  }

  /** Every write has its own position, so this one may overtake the one under way. */
  #writeNow(): void {
    const { parts, size, position } = this.#take();
    if (size > 0) {
      this.#try(() => requireWhole(writevSync(this.#fd, parts, position), size));
      this.#backlog.bytes -= size;
    }
  }

  #take(): { parts: Uint8Array[]; size: number; position: number } {
    const batch = { parts: this.#pending, size: this.#pendingBytes, position: this.#position };
    this.#position += this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
    return batch;
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    this.#backlog.bytes -= this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

function requireWhole(written: number, size: number): void {
  if (written !== size) {
    throw new Error(`the disk took ${written} of ${size} bytes`);
  }
}
