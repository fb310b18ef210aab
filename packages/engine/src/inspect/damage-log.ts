import { BoundedList, type ListReport } from './bounded-list.js';

/** A place where the file is not what it should be. */
export interface Damage {
  /** Offset in bytes: in FLV, of the beginning of the tag. */
  readonly offset: number;
  /** Decoding time of the sample that is damaged, in ms, where that is known. */
  readonly at?: number;
  readonly track?: 'video' | 'audio' | 'data';
  /**
   * `ERR_CLOUDPUSH_…`: the muxer's and the transport's codes, and `ERR_CLOUDPUSH_SOURCE_INVALID` for the file
   * itself.
   */
  readonly code: string;
  readonly message: string;
}

/** An error with a stable name. */
interface CodedError {
  readonly code: string;
  readonly message: string;
}

/** Collects what is wrong with a file, and what is only odd. */
export class DamageLog {
  readonly #damage = new BoundedList<Damage>();
  readonly #notices: string[] = [];

  /** One sentence each: what is odd, and hurts nobody. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  get isEmpty(): boolean {
    return this.#damage.count === 0;
  }

  add(place: Omit<Damage, 'code' | 'message'>, { code, message }: CodedError): void {
    this.#damage.add({ ...place, code, message });
  }

  notice(sentence: string): void {
    this.#notices.push(sentence);
  }

  report(): ListReport<Damage> {
    return this.#damage.report();
  }
}
