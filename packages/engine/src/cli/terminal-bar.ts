import { SingleBar } from 'cli-progress';
import type { Output } from './output.js';

/** Characters of the bar itself. */
const BAR_SIZE = 20;

/** What a bar shows. */
interface BarPayload {
  readonly fraction: number | undefined;
  readonly facts: readonly string[];
}

/** One line of a terminal that is drawn over: a bar with facts behind it. */
export class TerminalBar {
  readonly #bar: SingleBar;

  constructor(output: Output) {
    this.#bar = new SingleBar({
      stream: output.notes,
      format: (_options, _params, { fraction, facts }: BarPayload) =>
        barLine(fraction, facts, output.notes.columns || undefined),
      hideCursor: true,
      gracefulExit: false,
      forceRedraw: true,
    });
    this.#bar.start(1, 0, { fraction: 0, facts: [] } satisfies BarPayload);
    process.once('exit', this.#stop);
  }

  /** @param fraction how much is done, 0 to 1, if that can be told. */
  update(fraction: number | undefined, facts: readonly string[]): void {
    this.#bar.update(Math.min(fraction ?? 0, 1), { fraction, facts } satisfies BarPayload);
  }

  /** The line stays as it was drawn last. */
  stop(): void {
    this.#stop();
  }

  /** Gives the cursor back, also when the process is ended at once. */
  readonly #stop = (): void => {
    process.off('exit', this.#stop);
    this.#bar.stop();
  };
}

/**
 * A line that fits a terminal of so many columns: the bar gives way first, then the percentage, then the first facts.
 * @param fraction how much is done, 0 to 1, if that can be told.
 */
export function barLine(
  fraction: number | undefined,
  facts: readonly string[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const done = Math.min(1, fraction ?? 0);
  const filled = Math.floor(done * BAR_SIZE);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_SIZE - filled);
  const percentage = `${Math.floor(done * 100)}%`;
  const lines = [
    ...(fraction === undefined
      ? []
      : [
          [`${bar} ${percentage}`, ...facts],
          [percentage, ...facts],
        ]),
    ...facts.map((_, index) => facts.slice(index)),
  ].map((parts) => ` ${parts.join(' | ')}`);
  return lines.find((line) => line.length <= columns) ?? lines.at(-1) ?? '';
}
