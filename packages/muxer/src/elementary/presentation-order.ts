import { limits } from '../limits.js';
import type { PictureDescription } from './access-unit-detector.js';

/** An access unit that waits for its place in the output order. */
export interface OrderedPicture {
  readonly description: PictureDescription;
  readonly data: Uint8Array;
  decodingIndex: number;
  /** −1: not known yet. */
  presentationIndex: number;
}

/**
 * Pictures to look at when the SPS does not tell the reorder depth; no decoder buffers more than 16 frames.
 */
const PROBE_LENGTH = 32;

/**
 * Gives pictures, which come in decoding order, their place in output order: the smallest picture order count
 * goes first once more pictures are waiting than the reorder depth allows (ISO/IEC 14496-10 §C.4.5.3,
 * "bumping").
 */
export class PresentationOrder<T extends OrderedPicture> {
  #probe: T[] | undefined = [];
  readonly #waiting: T[] = [];
  #inOrder: T[] = [];
  #probeBytes = 0;
  #decoded = 0;
  #lastDecodingIndex = Number.NEGATIVE_INFINITY;
  #presented = 0;
  #depth = 0;

  /** Takes the next picture in decoding order; gives those, in decoding order, whose place is known now. */
  push(picture: T): T[] {
    if (this.#probe === undefined) return this.#place(picture);
    this.#probe.push(picture);
    this.#probeBytes += picture.data.length;
    const told = this.#probe[0]!.description.reorderDepth;
    const nextSequence = this.#probe.length > 1 && picture.description.orderReset;
    const enough = this.#probe.length >= PROBE_LENGTH || this.#probeBytes > limits.splitterBytes;
    if (told === undefined && !nextSequence && !enough) return [];
    return this.#endProbe(told);
  }

  /** No more pictures will come: gives the rest. */
  flush(): T[] {
    const rest = this.#probe === undefined ? [] : this.#endProbe(this.#probe[0]?.description.reorderDepth);
    while (this.#waiting.length > 0) this.#present();
    return rest.concat(this.#settled());
  }

  #endProbe(told: number | undefined): T[] {
    const probe = this.#probe!;
    this.#probe = undefined;
    this.#depth = told ?? measureDepth(probe);
    return probe.flatMap((picture) => this.#place(picture));
  }

  #place(picture: T): T[] {
    if (picture.description.orderReset) while (this.#waiting.length > 0) this.#present();
    this.#depth = Math.max(this.#depth, picture.description.reorderDepth ?? 0);
    // When the depth rises in mid-stream, decoding times wait until they are early enough, and do not step
    // back.
    this.#lastDecodingIndex = Math.max(this.#lastDecodingIndex, this.#decoded++ - this.#depth);
    picture.decodingIndex = this.#lastDecodingIndex;
    this.#waiting.push(picture);
    this.#inOrder.push(picture);
    while (this.#waiting.length > this.#depth) this.#present();
    return this.#settled();
  }

  #present(): void {
    let first = 0;
    for (let i = 1; i < this.#waiting.length; i++) {
      if (order(this.#waiting[i]!) < order(this.#waiting[first]!)) first = i;
    }
    this.#waiting[first]!.presentationIndex = this.#presented++;
    this.#waiting.splice(first, 1);
  }

  /** The pictures at the head of the decoding order whose place is known. */
  #settled(): T[] {
    const unknown = this.#inOrder.findIndex((picture) => picture.presentationIndex < 0);
    const settled = unknown < 0 ? this.#inOrder : this.#inOrder.slice(0, unknown);
    this.#inOrder = unknown < 0 ? [] : this.#inOrder.slice(unknown);
    return settled;
  }
}

function order(picture: OrderedPicture): number {
  return picture.description.pictureOrderCount;
}

/**
 * The most pictures that come before one in decoding order and after it in output order, within a sequence.
 */
function measureDepth(pictures: readonly OrderedPicture[]): number {
  let depth = 0;
  let start = 0;
  pictures.forEach((picture, i) => {
    if (picture.description.orderReset) start = i;
    let later = 0;
    for (let j = start; j < i; j++) if (order(pictures[j]!) > order(picture)) later++;
    depth = Math.max(depth, later);
  });
  return depth;
}
