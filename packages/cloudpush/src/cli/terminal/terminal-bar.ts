import type { Output } from './output.js';

/** Characters of the bar itself, where there is room, and where there is little. */
const BAR_SIZES = [20, 10] as const;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/**
 * One line of a terminal that is drawn over: a bar with facts behind it. What is noted meanwhile stands above
 * it.
 */
export class TerminalBar {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
    output.notes.write(HIDE_CURSOR);
    process.once('exit', this.#stop);
  }

  /** @param fraction how much is done, 0 to 1, if that can be told. */
  update(fraction: number | undefined, facts: readonly string[]): void {
    const { columns } = this.#output.notes;
    // The last column stays free: some terminals begin a new line when it is filled.
    this.#output.drawLine(barLine(fraction, facts, columns ? columns - 1 : undefined));
  }

  /** The line stays as it was drawn last. */
  stop(): void {
    this.#stop();
  }

  /** Gives the cursor back, also when the process is ended at once. */
  readonly #stop = (): void => {
    process.off('exit', this.#stop);
    this.#output.notes.write(SHOW_CURSOR);
    this.#output.endLine();
  };
}

/**
 * A line that fits a terminal of so many columns: the bar gives way first, then the last facts; how much is
 * done, and the first fact, stay.
 * @param fraction how much is done, 0 to 1, if that can be told.
 */
export function barLine(
  fraction: number | undefined,
  facts: readonly string[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const done = Math.min(1, fraction ?? 0);
  const percentage = `${Math.floor(done * 100)}%`;
  const heads =
    fraction === undefined
      ? []
      : [...BAR_SIZES.map((size) => `${barOf(done, size)} ${percentage}`), percentage];
  const whole = heads.length === 0 ? [facts] : heads.map((head) => [head, ...facts]);
  const least = whole.at(-1)!;
  const shorter = least.map((_, index) => least.slice(0, least.length - index));
  const lines = [...whole, ...shorter].map((parts) => ` ${parts.join(' | ')}`);
  return lines.find((line) => line.length <= columns) ?? lines.at(-1)!.slice(0, Math.max(0, columns));
}

function barOf(done: number, size: number): string {
  const filled = Math.floor(done * size);
  return '█'.repeat(filled) + '░'.repeat(size - filled);
}
