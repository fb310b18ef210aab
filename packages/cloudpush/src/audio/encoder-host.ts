import { Worker } from 'node:worker_threads';
import type { EncoderFormat, EncoderReply, EncoderRequest } from './encoder-messages.js';
import { MessageBatch } from './message-batch.js';

/** Blocks that an encoder is given before the first of them is done. */
const MOST_AHEAD = 8;

/** A frame that an encoder has made. */
export interface EncodedFrame {
  readonly data: Uint8Array;
  /** The AudioSpecificConfig, with the first frame. */
  readonly configuration: Uint8Array | undefined;
}

interface EncoderEvents {
  onReply(reply: EncoderReply): void;
  onFailed(error: Error): void;
}

/** The thread of the encoders that one thread uses: there while at least one is. */
class EncoderThread {
  readonly #worker = new Worker(new URL('./encoder-thread.js', import.meta.url));
  readonly #encoders = new Map<number, EncoderEvents>();
  readonly #requests = new MessageBatch<EncoderRequest>((requests, transferred) =>
    this.#worker.postMessage(requests, transferred),
  );
  readonly #onOver: () => void;
  #count = 0;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
    this.#worker.on('message', (replies: readonly EncoderReply[]) => {
      for (const reply of replies) this.#encoders.get(reply.id)?.onReply(reply);
    });
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread of the AAC encoders has ended')));
    // A thread that ends takes it along.
    this.#worker.unref();
  }

  add(events: EncoderEvents): number {
    const id = this.#count++;
    this.#encoders.set(id, events);
    return id;
  }

  post(request: EncoderRequest): void {
    const isBlock = request.type === 'encode';
    this.#requests.add(request, isBlock ? { transferred: request.samples.buffer } : { isUrgent: true });
  }

  remove(id: number): void {
    if (!this.#encoders.delete(id)) return;
    this.post({ type: 'close', id });
    if (this.#encoders.size > 0) return;
    this.#onOver();
    void this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#onOver();
    const encoders = [...this.#encoders.values()];
    this.#encoders.clear();
    for (const one of encoders) one.onFailed(error);
  }
}

let current: EncoderThread | undefined;

function encoderThread(): EncoderThread {
  if (current !== undefined) return current;
  const thread = new EncoderThread(() => {
    if (current === thread) current = undefined;
  });
  current = thread;
  return thread;
}

/** An AAC encoder in a thread of its own: blocks of samples in, frames out. */
export class AacEncoder {
  readonly #thread = encoderThread();
  readonly #id: number;
  readonly #frames: EncodedFrame[] = [];
  #ahead = 0;
  #finished = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(format: EncoderFormat) {
    this.#id = this.#thread.add({
      onReply: (reply) => this.#onReply(reply),
      onFailed: (error) => this.#fail(error),
    });
    this.#thread.post({ type: 'open', id: this.#id, format });
  }

  /** Takes a block, whose memory goes with it. Resolves when there is room for another one. */
  async encode(samples: Int16Array<ArrayBuffer>): Promise<void> {
    this.#ahead++;
    this.#thread.post({ type: 'encode', id: this.#id, samples });
    while (this.#ahead >= MOST_AHEAD) await this.#reply();
  }

  /** No more blocks come. Resolves when all frames are there. */
  async finish(): Promise<void> {
    this.#thread.post({ type: 'finish', id: this.#id });
    while (!this.#finished) await this.#reply();
  }

  /** The frames that have been made since it was last asked. @throws Error when the encoder has failed */
  take(): EncodedFrame[] {
    if (this.#error !== undefined) throw this.#error;
    return this.#frames.splice(0);
  }

  close(): void {
    this.#thread.remove(this.#id);
    this.#fail(new Error('the encoder is closed'));
  }

  async #reply(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#error !== undefined) throw this.#error;
  }

  #onReply(reply: EncoderReply): void {
    if (reply.type === 'failed') this.#fail(new Error(reply.message));
    else if (reply.type === 'frame') this.#frames.push(reply);
    else if (reply.type === 'taken') this.#ahead--;
    else this.#finished = true;
    this.#goOn();
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#goOn();
  }

  #goOn(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
