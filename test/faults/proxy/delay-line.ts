import type { Pieces, StageContext } from './stage.js';

/** Bytes that may be under way: then the sender has to wait, as behind a full window. */
const CAPACITY = 1024 * 1024;

/** Pieces under way, each of which arrives when its time has come: many at once, in their order. */
export class DelayLine {
  readonly #from: Pieces;
  readonly #context: StageContext;
  readonly #duration: () => number;
  readonly #underWay: { readonly piece: Buffer; readonly due: number }[] = [];
  #bytes = 0;
  #isRead = false;
  readonly #waiting: (() => void)[] = [];

  /** @param duration how long a piece takes, in ms */
  constructor(from: Pieces, context: StageContext, duration: () => number) {
    this.#from = from;
    this.#context = context;
    this.#duration = duration;
  }

  async *pieces(): Pieces {
    const { clock, signal } = this.#context;
    const reading = this.#read();
    // Told of by whoever takes the pieces.
    reading.catch(() => {});
    for (;;) {
      const next = this.#underWay[0];
      if (next === undefined) {
        if (this.#isRead) break;
        await Promise.race([reading, this.#change()]);
        continue;
      }
      await clock.sleep(next.due - clock.now(), signal);
      this.#underWay.shift();
      this.#bytes -= next.piece.length;
      this.#tellChange();
      yield next.piece;
    }
    await reading;
  }

  async #read(): Promise<void> {
    const { clock } = this.#context;
    let due = Number.NEGATIVE_INFINITY;
    for await (const piece of this.#from) {
      due = Math.max(due, clock.now() + this.#duration());
      this.#underWay.push({ piece, due });
      this.#bytes += piece.length;
      this.#tellChange();
      while (this.#bytes >= CAPACITY) await this.#change();
    }
    this.#isRead = true;
    this.#tellChange();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #tellChange(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
