import { type ShardCounters, SpoolCounter } from '../../memory/counters.js';
import type { SpoolSeries } from '../../spool/index.js';
import { type SpoolState, spoolStates } from '../../stats/spool-stats.js';
import { GapPlaces } from './gap-places.js';
import type { GapSender } from './gap-sender.js';
import type { StreamSpool } from './stream-spool.js';

/** The series of a destination, with all that works on it. */
export interface OpenSpool {
  readonly series: SpoolSeries;
  readonly stream: StreamSpool;
  readonly sender: GapSender | undefined;
}

/** Media that has yet to be sent, and how fast it goes. */
interface Unsent {
  readonly gaps: number;
  readonly bytes: number;
  readonly ms: number;
  /** Bytes a second by which it shrinks. */
  readonly rate: number;
}

/** The figures of a destination's spool, in the memory that the caller's thread reads. */
export class SpoolFigures {
  readonly #counters: ShardCounters['spools'];
  readonly #destination: number;

  constructor(counters: ShardCounters['spools'], destination: number) {
    this.#counters = counters;
    this.#destination = destination;
  }

  add(counter: SpoolCounter, value: number): void {
    this.#counters.add(this.#destination, counter, value);
  }

  noteState(state: SpoolState): void {
    this.#set(SpoolCounter.state, spoolStates.indexOf(state));
  }

  update(open: OpenSpool): void {
    const { bytes, counters } = open.series;
    const unsent = unsentOf(open);
    this.noteState(stateOf(open, unsent.gaps));
    this.#set(SpoolCounter.gaps, unsent.gaps);
    this.#set(SpoolCounter.bytes, bytes);
    this.#set(SpoolCounter.behindMs, unsent.ms);
    this.#set(SpoolCounter.unsentBytes, unsent.bytes);
    this.#set(SpoolCounter.backfillRate, unsent.rate);
    this.#set(SpoolCounter.expiredBytes, counters.expiredBytes);
    this.#set(SpoolCounter.expiredMs, counters.expiredMs);
    this.#set(SpoolCounter.lostBytes, counters.lostBytes + counters.damagedBytes);
    this.#set(SpoolCounter.lostMs, counters.lostMs + counters.damagedMs);
  }

  #set(counter: SpoolCounter, value: number): void {
    this.#counters.set(this.#destination, counter, value);
  }
}

/** Gaps of which some has yet to be sent, the one that is being written included. */
function unsentOf({ series, stream, sender }: OpenSpool): Unsent {
  const { feed } = stream;
  const places = new GapPlaces();
  for (const gap of series.gaps) places.set(gap, stream.sentTo(gap));
  const gaps = series.gaps.filter((gap) =>
    gap.isOpen ? stream.isSpooling : places.remaining([gap]).bytes > 0,
  );
  if (feed !== undefined) {
    const { bytes, ms } = feed.remaining;
    // New media is put behind it meanwhile.
    const incoming = ms === 0 ? 0 : (bytes * 1000) / ms;
    return { gaps: Math.max(gaps.length, 1), bytes, ms, rate: Math.max(0, feed.rate - incoming) };
  }
  const sent = sender?.progress ?? { bytes: 0, ms: 0 };
  const { bytes, ms } = places.remaining(gaps);
  return {
    gaps: gaps.length,
    bytes: Math.max(0, bytes - sent.bytes),
    ms: Math.max(0, ms - sent.ms),
    rate: sender?.rate ?? 0,
  };
}

function stateOf({ series, stream, sender }: OpenSpool, gaps: number): SpoolState {
  if (series.isOff) return 'off';
  if (stream.feed?.isSending === true || sender?.isSending === true) return 'backfilling';
  if (stream.isSpooling) return 'spooling';
  return gaps > 0 ? 'waiting' : 'idle';
}
