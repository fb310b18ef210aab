import type { SpoolLoss, SpoolSeries } from '../../spool/index.js';
import type { SpooledStream } from './spooled-stream.js';

/** Bad ends of connections that a stream has left: part of how it ends, unless what they held is sent again. */
export class LeftFlaws {
  readonly #series: SpoolSeries;
  readonly #stream: SpooledStream;
  readonly #flaws = new Set<Error>();
  /** Some of what they held cannot be sent again. */
  #hasLost = false;

  constructor(stream: SpooledStream, series: SpoolSeries) {
    this.#stream = stream;
    this.#series = series;
  }

  add(flaw: Error): void {
    this.#flaws.add(flaw);
  }

  /** Some of what was held was let go of, and is lost. */
  noteLost(loss: SpoolLoss | undefined): void {
    if (loss === undefined) return;
    this.#hasLost = true;
    this.#series.noteLost(loss);
  }

  /** All that is held has been put to disk, where it works: it is sent again. */
  settle(): void {
    if (this.#series.isOff) return;
    const flaws = [...this.#flaws];
    this.#flaws.clear();
    if (this.#hasLost) return;
    for (const flaw of flaws) this.#stream.connections.forgetFlaw(flaw);
  }
}
