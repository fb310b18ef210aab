/** The error that the naive side throws: only the code counts. */
export class NaiveError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Removes emulation prevention the obvious way: byte by byte into a plain array. */
export function withoutEmulation(nal: readonly number[]): number[] {
  const rbsp: number[] = [];
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    rbsp.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return rbsp;
}

/** A broken VUI is as good as none. */
export function tolerate<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NaiveError) return undefined;
    throw error;
  }
}

/** Bits as a string of '0' and '1': slow, and nothing to get wrong. */
export class NaiveBits {
  readonly text: string;
  position: number;
  readonly #cutOff: string;
  readonly #invalid: string;

  constructor(bytes: readonly number[], start: number, cutOff: string, invalid: string) {
    this.text = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
    this.position = start * 8;
    this.#cutOff = cutOff;
    this.#invalid = invalid;
  }

  u(count: number): number {
    const bits = this.text.slice(this.position, this.position + count);
    if (bits.length < count) throw new NaiveError(this.#cutOff);
    this.position += count;
    return count === 0 ? 0 : Number.parseInt(bits, 2);
  }

  flag(): boolean {
    return this.u(1) === 1;
  }

  skip(count: number): void {
    for (let left = count; left > 0; left -= 32) this.u(Math.min(32, left));
  }

  ue(): number {
    let zeros = 0;
    while (this.u(1) === 0) {
      zeros++;
      if (zeros > 31) throw new NaiveError(this.#cutOff);
    }
    return 2 ** zeros - 1 + this.u(zeros);
  }

  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  in(value: number, minimum: number, maximum: number): number {
    if (value < minimum || value > maximum) throw new NaiveError(this.#invalid);
    return value;
  }

  /** Tells whether more than the stop bit is left. */
  more(): boolean {
    return this.text.lastIndexOf('1') > this.position;
  }
}
