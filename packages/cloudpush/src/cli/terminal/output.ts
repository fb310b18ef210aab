import type { Writable } from 'node:stream';
import { withoutUrlSecrets } from '@cloudpush/transport';
import { shownJson, shownText } from './shown-text.js';

type TextStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** Back to the start of the line, and nothing behind it. */
const CLEAR = '\r\u001b[K';

/**
 * Output of a command: results on one stream, everything else on the other. Every text passes here, and
 * leaves without the secrets of URLs and without control characters.
 */
export class Output {
  /** For progress that is drawn over; everything else goes through `note`. */
  readonly notes: TextStream;
  readonly #results: TextStream;
  #lastWrite: Promise<void> = Promise.resolve();
  #resultError: NodeJS.ErrnoException | undefined;
  #noteError: Error | undefined;
  /** The line that is drawn over, as it stands on the terminal. */
  #line: string | undefined;

  /**
   * @param results what the command was asked for, for people or programs: stdout.
   * @param notes progress, notices and errors: stderr.
   */
  constructor(results: TextStream, notes: TextStream) {
    this.#results = results;
    this.notes = notes;
    results.on('error', (error) => {
      this.#resultError ??= error;
    });
    // Notes that find no place, on a full disk perhaps, are left out: that is no reason to stop what is
    // noted.
    notes.on('error', (error) => {
      this.#noteError ??= error;
    });
  }

  /** True when a person watches the notes: then lines may be drawn over. */
  get isTerminal(): boolean {
    return this.notes.isTTY === true;
  }

  /** True when both streams go to a terminal: then the whole screen may be drawn over. */
  get isScreen(): boolean {
    return this.#results.isTTY === true && this.isTerminal;
  }

  /** Characters in a line of the results; undefined where they go to no terminal. */
  get columns(): number | undefined {
    return this.#results.isTTY === true ? this.#results.columns || undefined : undefined;
  }

  /** A line, or several, of what the command was asked for. */
  result(text: string): void {
    this.#writeResult(shownText(text));
  }

  /** A value as one line of JSON. */
  json(value: unknown): void {
    const shown = (_key: string, part: unknown) =>
      typeof part === 'string' ? withoutUrlSecrets(part) : part;
    this.#writeResult(shownJson(JSON.stringify(value, shown)));
  }

  /** Something worth knowing beside the result. */
  note(text: string): void {
    if (this.#noteError !== undefined) return;
    const line = this.#line;
    this.notes.write(line === undefined ? `${shownText(text)}\n` : `${CLEAR}${shownText(text)}\n${line}`);
  }

  /** Draws a line over the one before, on a terminal. */
  drawLine(text: string): void {
    if (this.#noteError !== undefined) return;
    this.#line = text;
    this.notes.write(`${CLEAR}${text}`);
  }

  /** Leaves the line that is drawn over as it is. */
  endLine(): void {
    if (this.#line !== undefined && this.#noteError === undefined) this.notes.write('\n');
    this.#line = undefined;
  }

  /** Tells of a failure, in one line. */
  error(message: string): void {
    this.note(`cloudpush: ${message.replace(/\s*\n\s*/g, ' ')}`);
  }

  /** Calls `onGone` when nobody reads the results any more: `cloudpush … | head`. */
  whenReaderGone(onGone: () => void): void {
    this.#results.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') onGone();
    });
  }

  /** Resolves when all results have been written, with the error that lost some of them, if one did. */
  async written(): Promise<NodeJS.ErrnoException | undefined> {
    await this.#lastWrite;
    return this.#resultError;
  }

  #writeResult(text: string): void {
    if (this.#resultError !== undefined) return;
    this.#lastWrite = new Promise((resolve) => {
      this.#results.write(`${text}\n`, (error) => {
        this.#resultError ??= error ?? undefined;
        resolve();
      });
    });
  }
}
