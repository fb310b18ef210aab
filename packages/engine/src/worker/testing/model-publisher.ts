import type { FlvTag } from '@cloudpush/muxer';
import { FakePublisher } from './fake-connection.js';

/** A connection's publisher that remembers when it was handed what. */
export class ModelPublisher extends FakePublisher {
  acknowledgedAt = 0;
  /** That have arrived, whatever is acknowledged. */
  certainBytes = 0;
  readonly log: { readonly tag: FlvTag; readonly at: number; readonly bytes: number }[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  /** It has acknowledged something lately. */
  isTelling(now: number): boolean {
    return this.acknowledged > 0 && now - this.acknowledgedAt < 50_000;
  }

  override send(tag: FlvTag, block: Parameters<FakePublisher['send']>[1]): boolean {
    const isRoom = super.send(tag, block);
    this.log.push({ tag, at: this.#now(), bytes: this.bytesWritten });
    return isRoom;
  }
}
