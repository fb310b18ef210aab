import { count, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { RateMeter } from '../../terminal/rate-meter.js';
import { TerminalBar } from '../../terminal/terminal-bar.js';
import type { PushSnapshot } from './push-run.js';

/** Intervals at which a bar is drawn anew, and a line is written where no person watches, in ms. */
const BAR_INTERVAL = 200;
const LINE_INTERVAL = 1000;

/** Shows how a run goes: a bar on a terminal, a line a second elsewhere. */
export class PushProgress implements Disposable {
  readonly #output: Output;
  readonly #snapshot: () => PushSnapshot;
  readonly #planned: number | undefined;
  readonly #bar: TerminalBar | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #rate = new RateMeter();

  /**
   * @param planned ms of media that a channel will have been sent at the end; undefined: that cannot be told.
   */
  constructor(output: Output, planned: number | undefined, snapshot: () => PushSnapshot) {
    this.#output = output;
    this.#snapshot = snapshot;
    this.#planned = planned;
    this.#bar = output.isTerminal ? new TerminalBar(output) : undefined;
    const interval = this.#bar === undefined ? LINE_INTERVAL : BAR_INTERVAL;
    this.#timer = setInterval(() => this.#show(), interval);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#bar !== undefined) {
      this.#show();
      this.#bar.stop();
    }
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
      const planned = this.#planned;
      this.#bar.update(planned === undefined ? undefined : snapshot.position / planned, facts);
    }
  }
}

/**
 * The state of a run at a moment, in words; the least important last, as they are left out where there is no
 * room.
 */
function describe(snapshot: PushSnapshot, mbitPerSecond: number): string[] {
  const { failed, lag, dropped, paused } = snapshot;
  const troubles = [`${count(dropped)} dropped`, `${count(paused)} paused`];
  const isNow = [dropped > 0, paused > 0];
  return [
    `${(snapshot.elapsed / 1000).toFixed(1)} s`,
    `${count(snapshot.connected)}/${plural(snapshot.channels, 'channel')}`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(lag >= 100 ? [`${(lag / 1000).toFixed(1)} s late`] : []),
    ...troubles.filter((_, index) => isNow[index]),
    plural(snapshot.frames, 'frame'),
    `${mbitPerSecond.toFixed(1)} Mbit/s`,
    ...troubles.filter((_, index) => !isNow[index]),
  ];
}
