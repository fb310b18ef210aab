import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { ModelPublisher } from './model-publisher.js';

type Log = ModelPublisher['log'];

/** Numbered pictures that servers have. */
export class ModelArrivals {
  readonly #numbers = new Set<number>();
  /** When each picture of a gap had arrived: nothing is in doubt of one that ended well. */
  readonly #inGaps = new Map<number, number>();

  has(number: number): boolean {
    return this.#numbers.has(number);
  }

  /**
   * Takes down what has arrived.
   * @param gapEndedAt it is all of a gap, which ended well then
   */
  note(log: Log, gapEndedAt: number | undefined): void {
    for (const number of log
      .map(({ tag }) => tag)
      .filter(isPicture)
      .map(numberOf)) {
      this.#numbers.add(number);
      if (gapEndedAt !== undefined && !this.#inGaps.has(number)) this.#inGaps.set(number, gapEndedAt);
    }
  }

  /** All that is wrong with what a connection was handed: it can be decoded, is in order, and is new. */
  faultsOf(log: Log, isOfGap: boolean): string[] {
    const where = isOfGap ? 'a gap' : 'the stream';
    const faults: string[] = [];
    let before = -1;
    for (const { tag, at } of log) {
      if (!isPicture(tag)) continue;
      const number = numberOf(tag);
      if (number <= before) faults.push(`${where}: picture ${number} behind ${before}`);
      if (tag.role !== TagRole.keyFrame && number !== before + 1)
        faults.push(`${where}: picture ${number} behind ${before}, which it does not refer to`);
      if ((this.#inGaps.get(number) ?? at) < at)
        faults.push(`${where}: picture ${number}, which has arrived with a gap`);
      before = number;
    }
    return faults;
  }
}

function isPicture({ role }: FlvTag): boolean {
  return role === TagRole.keyFrame || role === TagRole.interFrame;
}

function numberOf({ parts }: FlvTag): number {
  const last = parts.at(-1)!;
  return Buffer.from(last.buffer, last.byteOffset, last.length).readUInt32BE(last.length - 4);
}
