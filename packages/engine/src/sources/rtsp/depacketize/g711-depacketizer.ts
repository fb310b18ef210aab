import type { Depacketizer, DepacketizerContext } from './depacketizer.js';
import type { MediaSink } from './media-sink.js';

/** G.711 payloads (RFC 3551 §4.5.14): samples of one byte, as they are. One packet makes one frame. */
export class G711Depacketizer implements Depacketizer {
  readonly #sink: MediaSink;
  readonly #context: DepacketizerContext;

  constructor(sink: MediaSink, context: DepacketizerContext) {
    this.#sink = sink;
    this.#context = context;
  }

  push(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    if (start === end) return;
    this.#sink.begin();
    this.#sink.append(bytes, start, end);
    this.#context.report.accessUnits++;
    this.#sink.end(this.#context.clock.timeOf(ticks), true);
  }

  /** A frame is a packet: nothing is damaged by a missing one. */
  lost(): void {}

  flush(): void {}
}
