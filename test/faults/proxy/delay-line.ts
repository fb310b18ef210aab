import type { Pieces, StageContext } from './stage.js';

/** Bytes that may be under way: then the sender has to wait, as behind a full window. */
const CAPACITY = 1024 * 1024;

/** Pieces under way, each of which arrives when its time has come: many at once, in their order. */
export class DelayLine {
  readonly #from: Pieces;
  readonly #context: StageContext;
  readonly #duration: () => number;
  #underWay: { readonly piece: Buffer; readonly due: number }[] = [];
  /** So many of them have arrived. */
  #arrived = 0;
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
      const next = this.#underWay[this.#arrived];
      if (next === undefined) {
        if (this.#isRead) break;
        await this.#change();
        continue;
      }
      await clock.sleep(next.due - clock.now(), signal);
      this.#forgetFirst();
      this.#bytes -= next.piece.length;
      this.#tellChange();
      yield next.piece;
    }
    await reading;
  }

  /** Split into single bytes, a million pieces are under way: none is moved for another. */
  #forgetFirst(): void {
    this.#arrived++;
    if (this.#arrived < 1000 || this.#arrived * 2 < this.#underWay.length) return;
    this.#underWay = this.#underWay.slice(this.#arrived);
    this.#arrived = 0;
  }

  async #read(): Promise<void> {
    const { clock } = this.#context;
    let due = Number.NEGATIVE_INFINITY;
    try {
      for await (const piece of this.#from) {
        due = Math.max(due, clock.now() + this.#duration());
        this.#underWay.push({ piece, due });
        this.#bytes += piece.length;
        this.#tellChange();
        while (this.#bytes >= CAPACITY) await this.#change();
      }
    } finally {
      this.#isRead = true;
      this.#tellChange();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #tellChange(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
