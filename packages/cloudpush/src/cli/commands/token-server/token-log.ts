import type { ReferenceTokenServer, TokenRequestReport } from '@cloudpush/engine';
import { count, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';

/** Of a foreign word, so many characters are shown to people. */
const MAX_WORD = 64;

/** Tells who asks and what comes of it, to people or to programs; never with a secret. */
export interface TokenLog {
  listening(server: ReferenceTokenServer): void;
  request(report: TokenRequestReport): void;
  summary(): void;
}

/** Counts requests and targets. */
class Totals {
  requests = 0;
  targets = 0;

  add({ code }: TokenRequestReport): void {
    this.requests++;
    if (code === 0) this.targets++;
  }
}

/** One JSON object a line: `listening`, `request`, `summary`. */
export class JsonTokenLog implements TokenLog {
  readonly #output: Output;
  readonly #totals = new Totals();

  constructor(output: Output) {
    this.#output = output;
  }

  listening({ url, liveUrl }: ReferenceTokenServer): void {
    this.#output.json({ event: 'listening', url, liveUrl });
  }

  request(report: TokenRequestReport): void {
    this.#totals.add(report);
    this.#output.json({ event: 'request', ...report });
  }

  summary(): void {
    this.#output.json({ event: 'summary', ...this.#totals });
  }
}

/** Lines for people. */
export class TextTokenLog implements TokenLog {
  readonly #output: Output;
  readonly #totals = new Totals();

  constructor(output: Output) {
    this.#output = output;
  }

  listening({ url, liveUrl }: ReferenceTokenServer): void {
    this.#output.result(`listening on ${url} and ${liveUrl}`);
  }

  request(report: TokenRequestReport): void {
    this.#totals.add(report);
    const { path, status, code, deviceSN, clientId } = report;
    const device = deviceSN === undefined ? 'a device' : `device ${word(deviceSN)}`;
    const client = clientId === undefined ? '' : ` of client ${word(clientId)}`;
    if (code === undefined) this.#output.result(`${word(path)}: refused with status ${status}`);
    else if (code === 0) this.#output.result(`${device}${client}: target given`);
    else this.#output.result(`${device}${client}: refused with code ${code}`);
  }

  summary(): void {
    const { requests, targets } = this.#totals;
    this.#output.result(`${plural(requests, 'request')}, ${count(targets)} answered with a target`);
  }
}

/** A name that a client has given, without characters that could move the cursor of the terminal. */
function word(text: string): string {
  const line = text.replace(/\p{Cc}/gu, '?');
  return line.length > MAX_WORD ? `${line.slice(0, MAX_WORD)}…` : line;
}
