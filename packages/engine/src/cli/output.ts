import type { Writable } from 'node:stream';

type TextStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Where a command speaks: results on one stream, everything else on the other. */
export class Output {
  readonly #results: TextStream;
  readonly notes: TextStream;

  /**
   * @param results what the command was asked for, for people or programs: stdout.
   * @param notes progress, notices and errors: stderr.
   */
  constructor(results: TextStream, notes: TextStream) {
    this.#results = results;
    this.notes = notes;
  }

  /** True when a person watches the notes: then lines may be drawn over. */
  get isTerminal(): boolean {
    return this.notes.isTTY === true;
  }

  /** A line, or several, of what the command was asked for. */
  result(text: string): void {
    write(this.#results, text);
  }

  /** A value as one line of JSON. */
  json(value: unknown): void {
    write(this.#results, JSON.stringify(value));
  }

  /** Something worth knowing beside the result. */
  note(text: string): void {
    write(this.notes, text);
  }

  /** What went wrong, in one line. */
  error(message: string): void {
    write(this.notes, `cloudpush: ${message.replace(/\s*\n\s*/g, ' ')}`);
  }

  /**
   * Calls `onGone` when nobody reads the results any more (`cloudpush … | head`), instead of ending with a stack.
   * Other write errors are of no use to anybody either: there is nowhere left to tell them.
   */
  whenReaderGone(onGone: () => void): void {
    this.#results.on('error', onGone);
    this.notes.on('error', onGone);
  }
}

function write(stream: TextStream, text: string): void {
  if (!stream.destroyed) {
    stream.write(`${text}\n`);
  }
}
