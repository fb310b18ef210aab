import type { HevcForm } from '@cloudpush/muxer';
import type { BackfillGate } from '../../memory/backfill-gate.js';
import type { DestinationConfig } from '../../options/destination-config.js';
import type { ReadEnd, SpoolGap, SpoolGroup, SpoolPlace, SpoolSeries, SpoolTag } from '../../spool/index.js';
import type { TargetSource } from '../connection/target-source.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import { BackfillPacer } from './backfill-pacer.js';
import { isInWindow } from './daily-window.js';
import { GapCodecs } from './gap-codecs.js';
import { GapConnection, type GapConnectionContext } from './gap-connection.js';
import { factsOf, openingTags, stamped, wallClockTag } from './gap-stream.js';
import { groupInForm } from './hevc-form.js';

/** After a failure the next try follows after so long, in ms, and after each that fails, twice that. */
const FIRST_DELAY = 2000;
const LONGEST_DELAY = 300_000;
/** A part that could not go on for so long, in ms, is begun anew later: no server waits for ever. */
const PATIENCE = 20_000;
/** A connection that takes nothing for so long, in ms, takes less than it is given. */
const BLOCKED = 500;

/** How much of a part has been sent. */
interface Progress {
  bytes: number;
  ms: number;
}

/** Groups of a part that were sent. */
interface SentGroups extends Progress {
  readonly last: SpoolGroup;
  /** Nothing before it has yet to be sent. */
  readonly place: SpoolPlace;
  readonly damaged: number;
}

const NO_PROGRESS: Readonly<Progress> = { bytes: 0, ms: 0 };

/** A part that has arrived. */
export interface SentPart {
  readonly gap: SpoolGap;
  /** Undefined: nothing of it could be read. */
  readonly streamName: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  readonly ms: number;
  /** Groups that were left out, as they are damaged on disk. */
  readonly damaged: number;
  /** It was the last. */
  readonly isLast: boolean;
}

/** Parts that a sender is built from. */
export interface GapSenderParts {
  readonly config: DestinationConfig;
  readonly context: GapConnectionContext;
  readonly series: SpoolSeries;
  readonly targets: TargetSource;
  readonly gate: BackfillGate;
  readonly admission: DestinationOwner['admission'];
  /** The gaps that may be sent, in any order. */
  readonly gaps: () => readonly SpoolGap[];
  /** The live stream is being published, and has all that comes. */
  readonly isLive: () => boolean;
  onSent(part: SentPart): void;
  /** It is tried again later. */
  onFailed(error: Error): void;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly abort: AbortController; readonly done: Promise<void> };

const IDLE: State = { kind: 'idle' };

/** Nothing has gone wrong: the live stream needs its server for itself. */
class StoppedError extends Error {}

/** Sends the gaps of a destination, oldest first, part by part, each as a stream of its own. */
export class GapSender {
  readonly #parts: GapSenderParts;
  readonly #pacer: BackfillPacer;
  readonly #codecs: GapCodecs;
  #state: State = IDLE;
  #notBefore = 0;
  #failures = 0;
  /** The gap of which a part is being sent. */
  #gap: SpoolGap | undefined;
  /** Of that part. */
  #progress = NO_PROGRESS;
  #wake: () => void = () => {};

  constructor(parts: GapSenderParts) {
    this.#parts = parts;
    this.#pacer = new BackfillPacer(parts.config.spool!.speed);
    this.#codecs = new GapCodecs(parts.admission);
  }

  get isSending(): boolean {
    return this.#state.kind === 'sending';
  }

  /** The gap of which a part is being sent. */
  get gap(): SpoolGap | undefined {
    return this.#gap;
  }

  /** Bytes a second that are being sent. */
  get rate(): number {
    return this.isSending ? this.#pacer.rate : 0;
  }

  /** How much has been sent of what has not been confirmed. */
  get progress(): Readonly<Progress> {
    return this.#progress;
  }

  /** Time has passed. */
  tick(): void {
    const { clock } = this.#parts.context;
    if (this.#state.kind === 'sending') {
      if (!this.#parts.isLive()) this.#state.abort.abort(new StoppedError('the live stream is down'));
      this.#pacer.pass(clock.now());
      this.#wake();
    } else if (clock.now() >= this.#notBefore && this.#mayBegin() && this.#parts.gate.enter()) this.#begin();
  }

  /** Sends nothing more. */
  async stop(): Promise<void> {
    if (this.#state.kind === 'idle') return;
    this.#notBefore = Number.POSITIVE_INFINITY;
    this.#state.abort.abort(new StoppedError('the destination ends'));
    this.#wake();
    await this.#state.done;
  }

  #mayBegin(): boolean {
    const { config, context, isLive, gate } = this.#parts;
    const isTime = isInWindow(config.spool!.window, context.clock.wallTime());
    return isTime && isLive() && !gate.isCongested && this.#oldest() !== undefined;
  }

  #oldest(): SpoolGap | undefined {
    let oldest: SpoolGap | undefined;
    for (const gap of this.#parts.gaps()) if (oldest === undefined || gap.start < oldest.start) oldest = gap;
    return oldest;
  }

  #begin(): void {
    const abort = new AbortController();
    this.#pacer.begin(this.#parts.context.clock.now());
    this.#state = { kind: 'sending', abort, done: this.#send(abort.signal) };
  }

  /** Sends gap after gap, until there is none, or something speaks against it. */
  async #send(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts.context;
    try {
      for (let gap = this.#oldest(); gap !== undefined; gap = this.#oldest()) {
        await this.#sendPart(gap, signal);
        this.#failures = 0;
        if (!this.#mayBegin()) break;
      }
    } catch (error) {
      const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
      this.#notBefore = Math.max(this.#notBefore, clock.now() + delay);
      if (!(error instanceof StoppedError)) {
        this.#failures++;
        this.#parts.onFailed(this.#codecs.onFailed(error as Error, clock.now()));
      }
    } finally {
      this.#parts.gate.leave();
      this.#state = IDLE;
    }
  }

  async #sendPart(gap: SpoolGap, signal: AbortSignal): Promise<void> {
    const { context, config, targets, series } = this.#parts;
    const groups = series.read(gap, gap.acknowledged, true);
    this.#gap = gap;
    const connection = new GapConnection(context, config, signal);
    try {
      const opening = await groups.next();
      // Nothing of it can be read.
      if (opening.done === true) {
        const { start, end } = gap;
        await series.drop(gap);
        const { damaged } = opening.value;
        const none = { streamName: undefined, bytes: 0, ms: 0, isLast: true };
        this.#parts.onSent({ gap, start, end, damaged, ...none });
        return;
      }
      const names = await connection.open(targets, opening.value.start);
      const form = this.#codecs.begin(names.publisher, opening.value.headers);
      const first = groupInForm(opening.value, form);
      for (const tag of openingTags(first.headers, factsOf(gap, first, names.live))) {
        this.#codecs.note(tag, context.clock.now());
        connection.send(tag);
      }
      const sent = await this.#sendGroups({ first, groups, form }, connection, signal);
      await connection.close();
      await series.acknowledge(gap, sent.place);
      const { bytes, ms, damaged, last } = sent;
      const isLast = !series.gaps.includes(gap);
      const part = {
        gap,
        streamName: names.gap,
        start: first.start,
        end: last.end,
        bytes,
        ms,
        damaged,
        isLast,
      };
      this.#parts.onSent(part);
    } finally {
      this.#gap = undefined;
      this.#progress = NO_PROGRESS;
      connection.release();
      await groups.return({ place: gap.acknowledged, damaged: 0 });
    }
  }

  /** Sends the groups of one part, the first of which has been read. */
  async #sendGroups(
    {
      first,
      groups,
      form,
    }: { first: SpoolGroup; groups: AsyncGenerator<SpoolGroup, ReadEnd>; form: HevcForm },
    connection: GapConnection,
    signal: AbortSignal,
  ): Promise<SentGroups> {
    const sent = { last: first, place: first.next, bytes: 0, ms: 0, damaged: 0 };
    this.#progress = sent;
    const zero = first.tags[0]!.timestamp;
    let group: SpoolGroup | undefined = first;
    while (group !== undefined) {
      sent.damaged += group.damaged;
      sent.bytes += group.bytes;
      sent.last = group;
      const start = timeFrom(zero, group.tags[0]!);
      if (group.isStart) connection.send(wallClockTag(group.start, start));
      for (const tag of group.tags) {
        const time = timeFrom(zero, tag);
        await this.#whenDue(Math.max(0, time - sent.ms), tag.size, connection, signal);
        sent.ms = Math.max(sent.ms, time);
        connection.send(stamped(tag, time));
      }
      const next = await groups.next();
      group = next.done === true ? undefined : groupInForm(next.value, form);
      if (next.done !== true) continue;
      // The end of the segment may be damaged.
      sent.place = next.value.place;
      sent.damaged += next.value.damaged;
    }
    return sent;
  }

  /** Resolves when the tag may go out. */
  async #whenDue(ms: number, bytes: number, connection: GapConnection, signal: AbortSignal): Promise<void> {
    const { gate, context } = this.#parts;
    let heldSince: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      connection.requireOpen();
      const now = context.clock.now();
      const isFree = !gate.isCongested && connection.isWritable;
      if (isFree && this.#pacer.take(ms, bytes)) return;
      heldSince = isFree ? undefined : (heldSince ?? now);
      const heldFor = now - (heldSince ?? now);
      if (gate.isCongested) this.#pacer.onCongested(now);
      else if (heldFor >= BLOCKED) this.#pacer.onBlocked(connection.bytesPerSecond, now);
      if (heldFor > PATIENCE) throw new StoppedError('the gap could not go on');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** ms on the stream's clock, which wraps around. */
function timeFrom(zero: number, { timestamp }: SpoolTag): number {
  return Math.max(0, (timestamp - zero) | 0);
}
