import { FilePathSource } from 'mediabunny';

/**
 * Number of times that a reader may ask for the same place before it is taken for one that never gets on.
 */
const MAX_ASKED = 10_000;
/** So many places are remembered: a reader that stands still alternates between a few, one a track. */
const PLACES = 64;

/** Counts what a reader asks for, and stops one that no longer gets on. */
export class StandstillGuard {
  readonly #asked = new Map<number, number>();

  /** @throws Error when the reader has asked for that place, in bytes, over and over */
  ask(at: number): void {
    const before = this.#asked.get(at) ?? 0;
    if (before === MAX_ASKED) throw new Error(`what is at byte ${at} can neither be read nor passed over`);
    if (before === 0 && this.#asked.size === PLACES) this.#asked.clear();
    this.#asked.set(at, before + 1);
  }
}

/** The one way by which a demuxer reads from a source: from byte `start` to `end`. */
interface Readable {
  _read(start: number, end: number, ...bounds: unknown[]): unknown;
}

/**
 * A file for a demuxer, which fails instead of letting it turn round in a circle. One that seeks the next
 * element of a damaged Matroska file behind one whose size is impossible finds the same one, for ever, from
 * what it holds in memory: no timer of its thread would ever fire again, nor any other channel be served.
 */
export function guardedFile(path: string): FilePathSource {
  const source = new FilePathSource(path) as FilePathSource & Readable;
  const guard = new StandstillGuard();
  const read = source._read.bind(source);
  source._read = (start, ...others) => {
    guard.ask(start);
    return read(start, ...others);
  };
  return source;
}
