import { EventEmitter } from 'node:events';
import type { AmfValue } from '@cloudpush/transport';
import type { CloseOptions } from '../../base/abort-signals.js';
import type { CloudPushError } from '../../base/errors.js';
import type { GapOutcome } from '../../protocol/spool-messages.js';
import type { BitrateAdvice } from '../../protocol/stream.js';
import type { DestinationStats } from '../../stats/stats.js';
import type { PushTarget } from '../../targets/push-target.js';
import type { CloseReport } from '../close-report.js';

/** Phase of a destination. */
export type DestinationState = 'connecting' | 'publishing' | 'closing' | 'closed';

/** A lost connection that will be made again. */
export interface Disconnection {
  /** Error of the loss, or of the last attempt. */
  readonly error: CloudPushError;
  /** Until the next attempt, in ms. Infinity between two segments: it is made when the next one starts. */
  readonly delay: number;
  /** The destination whose connection it was. */
  readonly destination: Destination;
}

/** A message that a server has sent beside its answers. */
export interface ServerCommand {
  /** Such as `onLiveOpen`. */
  readonly name: string;
  /** AMF0 values. */
  readonly args: readonly AmfValue[];
  /** The destination whose server it was. */
  readonly destination: Destination;
}

/** Advice to an encoder that can change its bit rate, for one of the destinations. */
export interface Advice extends BitrateAdvice {
  readonly destination: Destination;
}

/** A gap in a destination's stream that its spool keeps, and what has become of it. */
export interface SpoolGap {
  /**
   * `'opened'`: media has begun to go to disk; `'sent'`: all of it has been sent; `'kept'`: it stays on disk;
   * `'expired'`: it, or its oldest part, was removed for its age or for room; `'lost'`: it could not be
   * written, or read again.
   */
  readonly outcome: GapOutcome;
  /** When its first media came. */
  readonly start: Date;
  /** When its last media came; undefined: more may come. */
  readonly end: Date | undefined;
  /** Bytes of the media that it is about. */
  readonly bytes: number;
  /** ms of the media that it is about. */
  readonly ms: number;
  /** The name of the last stream by which it was sent, without its query. */
  readonly streamName: string | undefined;
  /** Why it is lost. */
  readonly error: CloudPushError | undefined;
  /** The destination whose gap it is. */
  readonly destination: Destination;
}

/**
 * The events of a destination, in the order of their causes. `close` is the last one, and comes exactly once.
 */
export interface DestinationEvents {
  /** Connected and publishing; again after each `disconnect`. */
  connect: [];
  /** The connection is lost and will be made again (option `reconnect`). */
  disconnect: [Disconnection];
  /** The stream has moved to another connection without a gap: see `Destination.moveTo`. */
  move: [];
  /** The server has sent a command or data message with a meaning of its own, such as `onLiveOpen`. */
  command: [ServerCommand];
  /** The source gives more than the connection takes, or may give more again. */
  advice: [Advice];
  /** Something has happened to a gap that the spool keeps (`overflow: 'spool'`). */
  gap: [SpoolGap];
  /** The destination is over; the channel goes on with the others. */
  close: [CloseReport];
}

/** The engine's side of a {@link Destination}: does what the caller asks of it. */
export interface DestinationControl {
  readonly id: number;
  readonly state: DestinationState;
  readonly report: CloseReport | undefined;
  connected(signal: AbortSignal | undefined): Promise<void>;
  close(options: CloseOptions): Promise<CloseReport>;
  abort(reason: unknown): void;
  moveTo(target: PushTarget): void;
  readonly queuedBytes: number;
  readonly queuedMs: number;
  stats(): DestinationStats;
}

/**
 * One server that a channel's stream goes to. A channel opens with one; others are added with
 * `Channel.addDestination`. A destination that is slow, or lost, or ends, does not touch the others.
 */
export class Destination extends EventEmitter<DestinationEvents> {
  /** Unique for the life of the engine. */
  readonly id: number;
  readonly #control: DestinationControl;

  /** @internal Destinations are made by `Channel`. */
  constructor(control: DestinationControl) {
    super();
    this.id = control.id;
    this.#control = control;
  }

  get state(): DestinationState {
    return this.#control.state;
  }

  /** Report of its end; undefined before. */
  get report(): CloseReport | undefined {
    return this.#control.report;
  }

  /** Resolves when the stream is being published here. Rejects with the reason when it never will be. */
  connected(signal?: AbortSignal): Promise<void> {
    return this.#control.connected(signal);
  }

  /**
   * Sends everything accepted so far, ends the stream here cleanly, and closes the connection; the channel's
   * other destinations go on, and a channel ends with its last one. Always ends: at the latest after
   * `closeTimeout`.
   */
  close(options: CloseOptions = {}): Promise<CloseReport> {
    return this.#control.close(options);
  }

  /** Resets the connection now; what is queued for it is lost. */
  abort(reason?: unknown): void {
    this.#control.abort(reason);
  }

  /**
   * Leads the stream to another server, or another name, without a gap: the new connection is made while the
   * old one goes on, takes the stream up at a key frame, and the old one is ended cleanly: event `move`.
   * Where the server lets only one connection publish the name, the old one is ended first. A move that fails
   * leaves the stream where it is, with a warning in the log; while nothing is being published, the next
   * connection is made there. Does nothing on a destination that is over.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`
   */
  moveTo(target: PushTarget): void {
    this.#control.moveTo(target);
  }

  /** Bytes of media that the kernel has not accepted yet: as in {@link stats}, at the cost of one look. */
  get queuedBytes(): number {
    return this.#control.queuedBytes;
  }

  /** Time that the queued media took to come in, in ms: as in {@link stats}, at the cost of one look. */
  get queuedMs(): number {
    return this.#control.queuedMs;
  }

  /** Counters and measures of the destination, read from shared memory. */
  stats(): DestinationStats {
    return this.#control.stats();
  }
}
