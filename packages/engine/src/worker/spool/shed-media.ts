import type { SpoolLoss } from '../../spool/index.js';

/** Media that was let go of, as too much was held in memory, though its server may not have it. */
export class ShedMedia<Group> {
  /** Handed to the present connection; `next`: the group behind it. */
  #present: { readonly loss: SpoolLoss; readonly next: Group } | undefined;
  /** Handed to connections that are being closed. */
  #left: SpoolLoss | undefined;

  /** A group goes that the present connection was handed; `next` is the one behind it. */
  add(loss: SpoolLoss, next: Group): void {
    this.#present = { loss: sumOf(this.#present?.loss, loss), next };
  }

  /** A group goes that was handed to connections that are being closed. */
  addLeft(loss: SpoolLoss): void {
    this.#left = sumOf(this.#left, loss);
  }

  /** Groups have arrived behind which another one begins that is on the safe side. */
  settle(isSafe: (next: Group) => boolean): void {
    if (this.#present !== undefined && isSafe(this.#present.next)) this.#present = undefined;
  }

  /** The connection is being closed. */
  leave(): void {
    if (this.#present !== undefined) this.#left = sumOf(this.#left, this.#present.loss);
    this.#present = undefined;
  }

  /** The connection is lost, and this with it. */
  forgetPresent(): void {
    this.#present = undefined;
  }

  /** Gives up what was handed to connections that are closed now. */
  takeLeft(): SpoolLoss | undefined {
    const left = this.#left;
    this.#left = undefined;
    return left;
  }
}

function sumOf(a: SpoolLoss | undefined, b: SpoolLoss): SpoolLoss {
  return a === undefined ? b : { tags: a.tags + b.tags, bytes: a.bytes + b.bytes, ms: a.ms + b.ms };
}
