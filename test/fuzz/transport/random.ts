/** A small seeded generator (mulberry32): a failing run can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `limit` − 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit) | 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const INTERESTING = [0, 1, 2, 3, 0x10, 0x11, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff];

/**
 * A copy of `seed` with a few bytes changed, taken out, doubled, put in, or replaced by a piece of another
 * seed.
 */
export function mutate(random: Random, seed: Buffer, others: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  const rounds = 1 + random.below(4);
  for (let i = 0; i < rounds && bytes.length > 0; i++) bytes = mutateOnce(random, bytes, others);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length);
  const length = 1 + random.below(Math.min(16, bytes.length - at));
  switch (random.below(7)) {
    case 0:
      bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[at] = random.pick(INTERESTING);
      return bytes;
    case 2:
      bytes.fill(random.pick(INTERESTING), at, at + length);
      return bytes;
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 5:
      return bytes.subarray(0, at);
    default: {
      const other = random.pick(others);
      const from = random.below(other.length);
      const piece = other.subarray(from, from + 1 + random.below(64));
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
  }
}

/** The bytes in pieces of random sizes. */
export function cut(random: Random, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(random.chance(50) ? 4 : 300);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
