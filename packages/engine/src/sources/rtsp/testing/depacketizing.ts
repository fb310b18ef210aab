import type { Depacketizer, DepacketizerContext } from '../depacketize/depacketizer.js';
import type { MediaSink } from '../depacketize/media-sink.js';
import { TrackStatistics } from '../rtp/track-statistics.js';
import { CollectingSink } from './collecting-sink.js';

/** A depacketizer with a clock of 1 tick a ms, and everything that it tells. */
export class Depacketizing {
  readonly sink = new CollectingSink();
  readonly report = new TrackStatistics();
  readonly warnings: string[] = [];
  readonly depacketizer: Depacketizer;

  constructor(
    create: (sink: MediaSink, context: DepacketizerContext) => Depacketizer,
    limits = { maxAccessUnitBytes: 10_000, maxNalUnits: 20 },
  ) {
    this.depacketizer = create(this.sink, {
      clock: { timeOf: (ticks) => ticks },
      report: this.report,
      limits,
      warn: (message) => this.warnings.push(message),
    });
  }

  /** Pushes a payload, written in hex, from the middle of a larger buffer. */
  push(hex: string, ticks: number, marker = false): this {
    const bytes = Buffer.from(`ff${hex.replaceAll(' ', '')}ff`, 'hex');
    this.depacketizer.push(bytes, 1, bytes.length - 1, ticks, marker);
    bytes.fill(0); // the bytes are gone after the call
    return this;
  }

  lost(): this {
    this.depacketizer.lost();
    return this;
  }

  /** Access units as `time: units`, with a `*` at key frames. */
  get units(): string[] {
    return this.sink.collected.map(
      ({ pts, keyFrame, units }) =>
        `${pts}${keyFrame ? '*' : ''}: ${units.map((unit) => unit.toString('hex')).join(' ')}`,
    );
  }
}
