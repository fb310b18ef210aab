import { type CloudPushError, toErrorData } from '../../base/errors.js';
import type { FallbackInput, SourceConfig } from '../../options/source-config.js';
import type { SlabKind, SourceReport, SourceTracks } from '../../protocol/source-messages.js';
import { sourceTimeoutError } from '../../sources/errors.js';
import { FallbackSource, type OpenFallback } from './fallback-source.js';
import type { ReaderOutput } from './reader-output.js';
import { LOOK_INTERVAL, nextVerdictAt, silenceVerdict, type WatchedSource } from './silence-watch.js';
import type { SourceChannel, SourceContext } from './source-context.js';
import { SourceOutput } from './source-output.js';
import { type Connected, nextTickOf, type SourcePhase } from './source-phase.js';
import { SourceRetries } from './source-retries.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** Opens a source, or what stands in for it, once more. */
export interface SessionOpener {
  open(config: SourceConfig, output: SourceOutput, handler: SessionHandler): SourceSession;
  openFallback(
    input: FallbackInput,
    config: SourceConfig,
    output: ReaderOutput,
    handler: SessionHandler,
  ): SourceSession;
}

/** Surroundings of a source: its opener and its listener. */
interface SourceSurroundings {
  readonly opener: SessionOpener;
  /** It is closed: its channel takes no more of it. */
  readonly onClosed: (source: ChannelSource) => void;
  /** Its `nextTick` may have become an earlier one. */
  readonly onChanged: (source: ChannelSource) => void;
}

/**
 * A channel's source: opened, watched, and opened again when it is lost, for as long as the channel lasts.
 */
export class ChannelSource {
  readonly #context: SourceContext;
  readonly #channel: SourceChannel;
  readonly #opener: SessionOpener;
  readonly #output: SourceOutput;
  readonly #onClosed: (source: ChannelSource) => void;
  readonly #onChanged: (source: ChannelSource) => void;
  #config: SourceConfig;
  #retries: SourceRetries;
  #state: SourcePhase = { name: 'over' };
  /** Time of the latest tick. */
  #lookedAt = 0;
  #fallback: FallbackSource | undefined;
  #isFallback = false;

  constructor(
    context: SourceContext,
    channel: SourceChannel,
    config: SourceConfig,
    { opener, onClosed, onChanged }: SourceSurroundings,
  ) {
    this.#context = context;
    this.#channel = channel;
    this.#config = config;
    this.#retries = new SourceRetries(config.retry);
    this.#opener = opener;
    this.#onClosed = onClosed;
    this.#onChanged = onChanged;
    const fallback = (): FallbackSource | undefined => this.#fallback;
    this.#output = new SourceOutput(context, channel, config.maxPacket, {
      onRoom: () => {
        this.#session?.onRoom();
        this.#fallback?.onRoom();
      },
      get isCovered() {
        return fallback()?.isRunning === true;
      },
      onTakeOver: () => this.#stopFallback(),
    });
    this.#begin();
  }

  /** Goes on with another source: the stream, and its connections, go on. */
  replace(config: SourceConfig): void {
    if (this.#state.name === 'closed') return;
    this.#closeSession();
    this.#stopFallback();
    this.#config = config;
    this.#begin();
  }

  /** The pool's thread has granted a slab. `isTight`: the channel could not hold twice of what it holds. */
  onSlab(kind: SlabKind, block: number, bytes: number, isTight: boolean): void {
    this.#output.onSlab(kind, block, bytes);
    if (isTight) this.#channel.relieve();
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    this.#session?.updateCounters();
  }

  /**
   * Time at which {@link tick} is to be called next, in ms of the monotonic clock; Infinity: not before
   * something has changed.
   */
  get nextTick(): number {
    const { timeout } = this.#config;
    const own = nextTickOf(this.#state, timeout, (connected) => this.#nextLook(connected));
    return Math.min(own, this.#fallback?.nextTick ?? Number.POSITIVE_INFINITY);
  }

  /**
   * A source that waits for room in the pool is not silent: whether it still does is looked at now and then.
   */
  #nextLook(state: Connected): number {
    const { isLive, waitsForRoom } = state.session;
    if (!isLive) return Number.POSITIVE_INFINITY;
    return waitsForRoom
      ? this.#lookedAt + LOOK_INTERVAL
      : nextVerdictAt(this.#watched(state), this.#lookedAt);
  }

  #watched({ name, tracks }: Connected): WatchedSource {
    const { at, pictureAt } = this.#output.received;
    const { timeout, videoTimeout } = this.#config;
    const hasVideo = tracks.video !== undefined;
    return { at, pictureAt, hasVideo, isStalled: name === 'stalled', timeout, videoTimeout };
  }

  /** Time has passed: looks whether the source is still there, and opens it again when it is time. */
  tick(): void {
    const state = this.#state;
    const now = this.#context.clock.now();
    this.#lookedAt = now;
    this.#fallback?.tick(now);
    switch (state.name) {
      case 'connecting':
        state.session.tick(now);
        this.#checkOpening(now);
        return;
      case 'streaming':
      case 'stalled':
        state.session.tick(now);
        if (this.#state === state) this.#checkSilence(state, now);
        return;
      case 'retrying':
        if (now >= state.at) this.#connect();
        return;
      case 'over':
      case 'closed':
        return;
      default:
        state satisfies never;
    }
  }

  /** Nothing more is read. */
  close(): void {
    if (this.#state.name === 'closed') return;
    this.#closeSession();
    this.#stopFallback();
    this.#state = { name: 'closed' };
    this.#output.close();
    this.#onClosed(this);
  }

  get #session(): SourceSession | undefined {
    return 'session' in this.#state ? this.#state.session : undefined;
  }

  /** With a configuration that is new. */
  #begin(): void {
    const { retry, fallback } = this.#config;
    this.#retries = new SourceRetries(retry);
    this.#fallback = fallback && this.#newFallback(fallback);
    this.#connect();
  }

  #newFallback(input: FallbackInput): FallbackSource {
    const config = this.#config;
    const open: OpenFallback = (output, handler) => this.#opener.openFallback(input, config, output, handler);
    return new FallbackSource(this.#output, open, {
      onBegun: ({ video, audio }) => {
        this.#isFallback = true;
        this.#report({ type: 'fallback', isOn: true });
        if (video === undefined || audio === undefined) this.#channel.beginWithoutTrack();
      },
      onOver: (error) => {
        this.#tellFallbackOff();
        const reason = error === undefined ? 'it has ended' : error.message;
        this.#report({ type: 'warning', message: `nothing stands in for the source any more: ${reason}` });
      },
    });
  }

  #stopFallback(): void {
    this.#fallback?.stop();
    this.#tellFallbackOff();
  }

  #tellFallbackOff(): void {
    if (!this.#isFallback) return;
    this.#isFallback = false;
    this.#report({ type: 'fallback', isOn: false });
  }

  #connect(): void {
    const handler: SessionHandler = {
      onConnected: (tracks) => {
        if (this.#session === session) this.#onConnected(session, tracks);
      },
      onEnded: (error) => {
        if (this.#session === session) this.#onEnded(error);
      },
    };
    const session = this.#opener.open(this.#config, this.#output, handler);
    this.#state = { name: 'connecting', session, since: this.#context.clock.now() };
    this.#report({ type: 'connecting' });
    session.start();
    this.#onChanged(this);
  }

  #onConnected(session: SourceSession, tracks: SourceTracks): void {
    this.#state = { name: 'streaming', session, since: this.#context.clock.now(), tracks };
    this.#retries.onOpened();
    this.#report({ type: 'connected', tracks });
    this.#onChanged(this);
    if (tracks.video === undefined || tracks.audio === undefined) this.#channel.beginWithoutTrack();
  }

  #onEnded(error: CloudPushError | undefined): void {
    if (error !== undefined) {
      this.#lose(error);
      return;
    }
    this.#leave();
    this.#state = { name: 'over' };
    this.#report({ type: 'ended' });
  }

  #lose(error: CloudPushError): void {
    const wasOpen = this.#state.name !== 'connecting';
    this.#leave();
    const delay = this.#retries.delayAfter(error, wasOpen);
    this.#state =
      delay === undefined ? { name: 'over' } : { name: 'retrying', at: this.#context.clock.now() + delay };
    this.#report({
      type: 'lost',
      error: toErrorData(error),
      delay: delay ?? Number.POSITIVE_INFINITY,
      attempts: this.#retries.failed,
    });
    this.#fallback?.start();
    this.#onChanged(this);
  }

  /** The session is over. */
  #leave(): void {
    const state = this.#state;
    if (state.name === 'streaming' || state.name === 'stalled') {
      // A source that was connected, and silent, was not there.
      this.#retries.noteServed(this.#output.received.at - state.since);
    }
    this.#closeSession();
    this.#output.trim();
  }

  /** Closes the session; its counts since its counters were last published are not lost with it. */
  #closeSession(): void {
    const session = this.#session;
    session?.updateCounters();
    session?.close();
  }

  #checkOpening(now: number): void {
    const state = this.#state;
    const { timeout } = this.#config;
    if (state.name !== 'connecting' || !state.session.isLive || now - state.since < timeout) return;
    this.#lose(sourceTimeoutError('connecting', timeout));
  }

  #checkSilence(state: Connected, now: number): void {
    if (!state.session.isLive || state.session.waitsForRoom) return;
    const verdict = silenceVerdict(this.#watched(state), now);
    if (verdict.name === 'lost') {
      const { timeout, videoTimeout } = this.#config;
      this.#lose(sourceTimeoutError(verdict.kind, verdict.kind === 'all' ? timeout : videoTimeout));
    } else if (verdict.name !== state.name) {
      this.#state = { ...state, name: verdict.name };
      this.#report(
        verdict.name === 'streaming'
          ? { type: 'streaming' }
          : { type: 'stalled', kind: verdict.kind, ms: Math.round(verdict.ms) },
      );
    }
  }

  #report(event: SourceReport): void {
    this.#context.report({ type: 'source', channel: this.#channel.number, event });
  }
}
