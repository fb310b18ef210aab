import { channelRows } from '../../../gateway/view/channel-rows.js';
import type { GatewayView } from '../../../gateway/view/gateway-view.js';
import { cutTo } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { shownText } from '../../terminal/shown-text.js';
import { topText } from './top-text.js';

/** Shows the state of a gateway, again and again. */
export interface TopDisplay extends Disposable {
  show(view: GatewayView): void;
  /** Tells that the gateway is gone. */
  lost(message: string): void;
}

/** ms between two tables where nothing can be drawn over. */
const PLAIN_INTERVAL = 10_000;

const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * A screen that is drawn over on a terminal, lines of JSON when asked for, a table every ten seconds anywhere
 * else.
 */
export function openDisplay(output: Output, json: boolean): TopDisplay {
  if (json) return new JsonDisplay(output);
  return output.isScreen ? new ScreenDisplay(output) : new PlainDisplay(output);
}

/** One line of JSON a second. */
class JsonDisplay implements TopDisplay {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  show(view: GatewayView): void {
    this.#output.json({ ...view.state, rows: channelRows(view) });
  }

  lost(message: string): void {
    this.#output.note(message);
  }

  [Symbol.dispose](): void {}
}

/** A table now and then, for files and pipes. */
class PlainDisplay implements TopDisplay {
  readonly #output: Output;
  #next = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(view: GatewayView): void {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + PLAIN_INTERVAL;
    this.#output.result(topText(view, this.#output.columns));
  }

  lost(message: string): void {
    this.#output.note(message);
  }

  [Symbol.dispose](): void {}
}

/** The other screen of a terminal, so that what was on it before comes back at the end. */
class ScreenDisplay implements TopDisplay {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
    output.notes.write(ENTER_SCREEN);
    process.once('exit', this.#leave);
  }

  show(view: GatewayView): void {
    const { columns, rows } = this.#size;
    this.#draw(topText(view, columns, rows));
  }

  lost(message: string): void {
    this.#draw(message);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#leave);
    this.#leave();
  }

  /** Lines are cleared before they are written: behind a line that fills the screen, its end would go. */
  #draw(text: string): void {
    const { columns, rows } = this.#size;
    const lines = shownText(text).split('\n').slice(0, rows);
    const drawn = lines.map((line) => CLEAR_LINE + cutTo(line, columns)).join('\n');
    this.#output.notes.write(HOME + drawn + (lines.length < rows ? `\n${CLEAR_BELOW}` : ''));
  }

  /** Some terminals do not know their size: they say 0. */
  get #size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#output.notes;
    return { columns: columns || 80, rows: rows || 24 };
  }

  readonly #leave = (): void => {
    this.#output.notes.write(LEAVE_SCREEN);
  };
}
