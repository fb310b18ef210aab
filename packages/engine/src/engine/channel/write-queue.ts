import { checkedCloseSignal } from '../../base/abort-signals.js';
import { abortableWait, type Waiter } from '../../base/abortable-wait.js';
import type { CloudPushError } from '../../base/errors.js';
import type { WaitOptions } from '../../options/packet-options.js';

/** The channel of a writer. */
export interface WriterChannel {
  /** No packet is taken any more. */
  readonly isClosing: boolean;
  /** Refusal of a write: `ERR_CLOUDPUSH_CHANNEL_CLOSED`. */
  noMoreError(): CloudPushError;
  /** Resolves when a packet would be taken again; rejects when none ever will be. */
  writable(): Promise<void>;
}

/** A packet that waits for room. */
interface WaitingPacket extends Waiter {
  /** True when it was taken. */
  readonly send: () => boolean;
}

/** Packets in the order in which they were written, each handed over as soon as there is room. */
export class WriteQueue {
  readonly #channel: WriterChannel;
  readonly #waiting: WaitingPacket[] = [];
  #pumping = false;

  constructor(channel: WriterChannel) {
    this.#channel = channel;
  }

  /**
   * Resolves when `send` has had its packet taken. Rejects with the signal's reason, with what `send` throws,
   * or with `ERR_CLOUDPUSH_CHANNEL_CLOSED`: the packet was not taken then.
   */
  async write(send: () => boolean, waiting: WaitOptions | undefined): Promise<void> {
    const signal = waiting === undefined ? undefined : checkedCloseSignal(waiting);
    if (signal?.aborted) throw signal.reason;
    if (this.#channel.isClosing) throw this.#channel.noMoreError();
    if (this.#waiting.length === 0 && send()) return;
    await this.#wait(send, signal);
  }

  #wait(send: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return abortableWait(signal, ({ resolve, reject }) => {
      const packet: WaitingPacket = { send, resolve, reject };
      this.#waiting.push(packet);
      void this.#pump();
      return () => this.#waiting.splice(this.#waiting.indexOf(packet), 1);
    });
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#waiting.length > 0) {
      try {
        await this.#channel.writable();
      } catch (error) {
        this.#rejectWaiting(error);
      }
      this.#sendWaiting();
    }
    this.#pumping = false;
  }

  /** None of them will ever be taken. */
  #rejectWaiting(reason: unknown): void {
    for (const packet of this.#waiting.splice(0)) packet.reject(reason);
  }

  /** As many as there is room for. */
  #sendWaiting(): void {
    for (let packet = this.#waiting[0]; packet !== undefined; packet = this.#waiting[0]) {
      try {
        if (this.#channel.isClosing) throw this.#channel.noMoreError();
        if (!packet.send()) return;
        packet.resolve();
      } catch (error) {
        packet.reject(error);
      }
      this.#waiting.shift();
    }
  }
}
