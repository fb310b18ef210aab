import { DelayLine } from './delay-line.js';
import type { Pieces, Stage, StageContext } from './stage.js';

/** Everything comes `ms` later, and up to `jitter` ms more; never out of order. */
export function delay(ms: number, jitter = 0): Stage {
  return (pieces, context) => {
    context.tell('delay');
    const { random } = context;
    return new DelayLine(pieces, context, () => ms + random.below(jitter + 1)).pieces();
  };
}

/** No more than so many bytes a second, in pieces of up to 10 ms. */
export function rate(bytesPerSecond: number): Stage {
  return async function* limited(pieces, { clock, signal, tell }) {
    tell('rate');
    const most = Math.max(1, Math.floor(bytesPerSecond / 100));
    let due = clock.now();
    for await (const piece of slices(pieces, () => most)) {
      due = Math.max(due, clock.now()) + (piece.length * 1000) / bytesPerSecond;
      yield piece;
      await clock.sleep(due - clock.now(), signal);
    }
  };
}

/** Pieces of 1 to `most` bytes, each in a segment of its own where the kernel plays along. */
export function split(most: number): Stage {
  return (pieces, { random, tell }) => {
    tell('split');
    return slices(pieces, () => 1 + random.below(most));
  };
}

/** Behind byte `at` nothing is taken for `ms`, or for ever. */
export function stall(at: number, ms = Number.POSITIVE_INFINITY): Stage {
  return async function* stalled(pieces, { clock, signal, tell }) {
    for await (const piece of marked(pieces, at)) {
      if (piece !== HERE) yield piece;
      else {
        tell('stall');
        await clock.sleep(ms, signal);
      }
    }
  };
}

/** Behind byte `at` everything is taken, and nothing comes out; not even the end of it is heard of. */
export function blackHole(at: number): Stage {
  return async function* swallowed(pieces, { clock, signal, tell }) {
    let isSwallowing = false;
    for await (const piece of marked(pieces, at)) {
      if (piece === HERE) {
        tell('blackHole');
        isSwallowing = true;
      } else if (!isSwallowing) yield piece;
    }
    if (isSwallowing) await clock.sleep(Number.POSITIVE_INFINITY, signal);
  };
}

/** Of the `count` bytes behind byte `at` one bit each is wrong. */
export function corrupt(at: number, count: number): Stage {
  return async function* corrupted(pieces, { random, tell }) {
    let place = 0;
    let isTold = false;
    for await (const piece of pieces) {
      const bytes = Buffer.from(piece);
      const from = Math.max(0, at - place);
      const to = Math.min(bytes.length, at + count - place);
      for (let i = from; i < to; i++) bytes[i]! ^= 1 << random.below(8);
      if (from < to && !isTold) {
        tell('corrupt');
        isTold = true;
      }
      place += bytes.length;
      yield bytes;
    }
  };
}

/** When byte `at` has passed, the connection is reset, or ended in another way. */
export function cut(at: number, how: 'reset' | 'halfClose' | 'end' = 'reset'): Stage {
  return async function* ended(pieces, { connection, tell }: StageContext) {
    for await (const piece of marked(pieces, at)) {
      if (piece !== HERE) yield piece;
      else {
        tell(how);
        connection[how]();
        if (how !== 'halfClose') return;
      }
    }
  };
}

/** The pieces in slices of the sizes that are asked for, each 1 at least. */
async function* slices(pieces: Pieces, size: () => number): Pieces {
  for await (const piece of pieces)
    for (let from = 0; from < piece.length; ) {
      const slice = piece.subarray(from, from + size());
      from += slice.length;
      yield slice;
    }
}

const HERE = Symbol('the place');

/** The pieces, and {@link HERE} once, between byte `at` and the next. */
async function* marked(pieces: Pieces, at: number): AsyncIterable<Buffer | typeof HERE> {
  let left = at;
  if (left === 0) yield HERE;
  for await (const piece of pieces) {
    if (left <= 0 || piece.length < left) yield piece;
    else {
      yield piece.subarray(0, left);
      yield HERE;
      if (piece.length > left) yield piece.subarray(left);
    }
    left -= piece.length;
  }
}
