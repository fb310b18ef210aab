import { bytes } from './format.js';
import type { Output } from './output.js';
import { TerminalBar } from './terminal-bar.js';

/** A file that takes less time than this, in ms, needs no bar; and how often one is drawn anew. */
const PATIENCE = 500;
const BAR_INTERVAL = 200;

/** Progress of reading a file. */
interface Progress {
  /** Bytes that have been read. */
  readonly done: number;
  /** Bytes of the file. */
  readonly size: number;
}

/** Shows on a terminal how far a long file has been read. */
export class FileProgress {
  readonly #output: Output | undefined;
  #bar: TerminalBar | undefined;
  #nextDrawing = performance.now() + PATIENCE;

  /** @param output undefined: nothing is shown. */
  constructor(output: Output | undefined) {
    this.#output = output?.isTerminal === true ? output : undefined;
  }

  readonly onProgress = ({ done, size }: Progress): void => {
    const now = performance.now();
    if (this.#output === undefined || now < this.#nextDrawing) return;
    this.#nextDrawing = now + BAR_INTERVAL;
    this.#bar ??= new TerminalBar(this.#output);
    this.#bar.update(size === 0 ? 1 : done / size, [`${bytes(done)} of ${bytes(size)}`]);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
