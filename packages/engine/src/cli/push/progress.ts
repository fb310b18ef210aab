import { SingleBar } from 'cli-progress';
import { count, plural } from '../format.js';
import type { Output } from '../output.js';
import { RateMeter } from '../rate-meter.js';
import type { PushSnapshot } from './push-run.js';

/** How often a bar is drawn anew, and how often a line is written where no person watches, in ms. */
const BAR_INTERVAL = 200;
const LINE_INTERVAL = 1000;

/** Characters of the bar itself. */
const BAR_SIZE = 20;

/** Shows how a run goes: a bar on a terminal, a line a second elsewhere. */
export class PushProgress implements Disposable {
  readonly #output: Output;
  readonly #snapshot: () => PushSnapshot;
  readonly #planned: number | undefined;
  readonly #bar: SingleBar | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #rate = new RateMeter();

  /** @param planned ms of media that a channel will have been sent at the end; undefined: that cannot be told. */
  constructor(output: Output, planned: number | undefined, snapshot: () => PushSnapshot) {
    this.#output = output;
    this.#snapshot = snapshot;
    this.#planned = planned;
    this.#bar = output.isTerminal ? this.#startBar() : undefined;
    const interval = this.#bar === undefined ? LINE_INTERVAL : BAR_INTERVAL;
    this.#timer = setInterval(() => this.#show(), interval);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#bar !== undefined) {
      this.#show();
      this.#stopBar();
    }
  }

  /** Gives the cursor back, also when the process is ended at once. */
  readonly #stopBar = (): void => {
    process.off('exit', this.#stopBar);
    this.#bar?.stop();
  };

  #startBar(): SingleBar {
    const bar = new SingleBar({
      stream: this.#output.notes,
      format: (_options, { progress }, { facts }: { facts: readonly string[] }) =>
        barLine(
          this.#planned === undefined ? undefined : progress,
          facts,
          this.#output.notes.columns || undefined,
        ),
      hideCursor: true,
      gracefulExit: false,
      forceRedraw: true,
    });
    bar.start(this.#planned ?? 1, 0, { facts: [] });
    process.once('exit', this.#stopBar);
    return bar;
  }

  #show(): void {
    const snapshot = this.#snapshot();
    const facts = describe(
      snapshot,
      this.#rate.update({ elapsed: snapshot.elapsed, bytes: snapshot.bytesSent }),
    );
    if (this.#bar === undefined) {
      this.#output.note(facts.join(' | '));
    } else {
      this.#bar.update(Math.min(snapshot.position, this.#planned ?? 0), { facts });
    }
  }
}

/** What there is to say about a run at a moment. */
function describe(snapshot: PushSnapshot, mbitPerSecond: number): string[] {
  return [
    `${(snapshot.elapsed / 1000).toFixed(1)} s`,
    `${count(snapshot.connected)}/${plural(snapshot.channels, 'channel')}`,
    ...(snapshot.failed > 0 ? [`${count(snapshot.failed)} failed`] : []),
    plural(snapshot.frames, 'frame'),
    `${mbitPerSecond.toFixed(1)} Mbit/s`,
    `${count(snapshot.dropped)} dropped`,
    `${count(snapshot.paused)} paused`,
    ...(snapshot.lag >= 100 ? [`${(snapshot.lag / 1000).toFixed(1)} s late`] : []),
  ];
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
