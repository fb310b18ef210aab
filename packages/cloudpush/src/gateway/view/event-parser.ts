/** A server-sent event. */
export interface ServerSentEvent {
  /** `message` where the server gives no name. */
  readonly event: string;
  readonly data: string;
}

/** So many characters of an event that does not end are kept, at the most. */
const MAX_EVENT = 64 * 2 ** 20;

/** Takes a stream of server-sent events apart (HTML, §9.2.6), however it is cut into pieces. */
export class EventParser {
  #rest = '';
  #event = '';
  readonly #data: string[] = [];
  #length = 0;

  /**
   * Takes the next piece of text, and gives the events that end in it.
   * @throws Error when an event has more than 64 Mi characters.
   */
  push(piece: string): ServerSentEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    this.#length += piece.length;
    if (this.#length > MAX_EVENT)
      throw new Error(`the event stream has an event of more than ${MAX_EVENT} characters`);
    const events: ServerSentEvent[] = [];
    for (const line of lines) {
      if (line !== '') this.#field(line);
      else this.#end(events);
    }
    return events;
  }

  #field(line: string): void {
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
  }

  #end(events: ServerSentEvent[]): void {
    if (this.#data.length > 0) events.push({ event: this.#event || 'message', data: this.#data.join('\n') });
    this.#event = '';
    this.#data.length = 0;
    this.#length = 0;
  }
}
