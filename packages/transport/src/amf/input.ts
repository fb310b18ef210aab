import { readUint16, readUint32 } from '../bits/uint.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { AmfBudget } from './budget.js';
import type { AmfLimits } from './value.js';

/** Reads the parts of AMF values from one message, and keeps to its end and its limits. */
export class AmfInput {
  readonly limits: AmfLimits;
  readonly budget: AmfBudget;
  readonly #format: string;
  readonly #bytes: Buffer;
  #offset = 0;

  /**
   * @param format for errors
   * @param budget of the message that the bytes are a part of
   */
  constructor(format: 'AMF0' | 'AMF3', bytes: Uint8Array, limits: AmfLimits, budget = new AmfBudget(limits)) {
    this.#format = format;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
    this.budget = budget;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** The next byte, which stays to be read; undefined at the end. */
  get next(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** The bytes that have not been read yet. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  uint8(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  uint16(): number {
    return readUint16(this.#bytes, this.#advance(2));
  }

  uint32(): number {
    return readUint32(this.#bytes, this.#advance(4));
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  utf8(length: number): string {
    const start = this.#advance(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** A view of the next bytes. */
  take(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** Throws when fewer bytes are left: also before anything is allocated for a length that a peer claims. */
  need(length: number): void {
    const left = this.#bytes.length - this.#offset;
    if (length > left) throw this.error(`needs ${length} bytes`, `${left} are left`);
  }

  /** Counts a value against the budget, before it is read. */
  beginValue(): void {
    this.budget.count();
    this.checkBudget();
  }

  checkBudget(): void {
    const limit = this.budget.exceeded;
    if (limit === undefined) return;
    const what = limit === 'maxAmfDepth' ? 'nested too deeply' : 'too many values';
    throw this.error(what, this.limits[limit]);
  }

  /** The error for what stands here. */
  error(what: string, permitted: unknown): RtmpError {
    const text = `${this.#format} at byte ${this.#offset}: ${what}, permitted: ${String(permitted)}`;
    return new RtmpError(RtmpErrorCode.amf, 'message', text, { details: { permitted } });
  }

  /** Returns where the bytes begin that are read now. */
  #advance(length: number): number {
    this.need(length);
    this.#offset += length;
    return this.#offset - length;
  }
}
