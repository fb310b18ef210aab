import {
  type PublisherEvents,
  type PublisherOptions,
  type Releasable,
  RtmpPublisher,
} from '@cloudpush/transport';
import type { FlvTagBytes } from './flv.js';

/** Counts how often each block is released. */
export class Blocks {
  readonly releases: number[] = [];

  next(): Releasable {
    const index = this.releases.push(0) - 1;
    return { release: () => void this.releases[index]!++ };
  }
}

const HEADROOM = 32;

/** A message in memory of its own with headroom, as the engine's pool has it. */
export function message(
  body: Uint8Array,
  timestamp: number,
  type = 9,
): { type: number; timestamp: number; parts: Uint8Array[]; size: number; headroom: number } {
  const memory = new Uint8Array(new SharedArrayBuffer(HEADROOM + body.length));
  memory.set(body, HEADROOM);
  return { type, timestamp, parts: [memory.subarray(HEADROOM)], size: body.length, headroom: HEADROOM };
}

/** A publisher that can be waited for: drain and end are promises. */
export class TestPublisher {
  readonly statuses: string[] = [];
  readonly warnings: string[] = [];
  readonly commands: string[] = [];
  readonly closed: Promise<unknown>;
  publisher!: RtmpPublisher;
  #resolveClosed!: (error: unknown) => void;
  #onDrain: () => void = () => undefined;

  private constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  static async connect(options: PublisherOptions, events: PublisherEvents = {}): Promise<TestPublisher> {
    const made = new TestPublisher();
    made.publisher = await RtmpPublisher.connect(options, {
      onDrain: () => made.#onDrain(),
      onStatus: ({ code }) => void made.statuses.push(code),
      onWarning: (text) => void made.warnings.push(text),
      onCommand: (name) => void made.commands.push(name),
      onClose: (error) => made.#resolveClosed(error),
      ...events,
    });
    return made;
  }

  /** Resolves when there is room again, or when the connection is over: after that there will be no drain. */
  async drained(): Promise<void> {
    const drain = new Promise<void>((resolve) => {
      this.#onDrain = resolve;
    });
    await Promise.race([drain, this.closed]);
  }

  /** Sends FLV tags as messages, obeying backpressure. */
  async sendTags(tags: readonly FlvTagBytes[], blocks: Blocks, shift = 0): Promise<void> {
    for (const { type, timestamp, body } of tags) {
      const made = message(body, (timestamp + shift) % 2 ** 32, type);
      if (!this.publisher.send(made, blocks.next())) await this.drained();
    }
  }
}
