import { CloudPushError } from '../../base/errors.js';
import type { SourceConfig } from '../../options/source-config.js';
import { Pacer } from '../../sources/pacing/pacer.js';
import { ChannelSource, type SessionOpener } from './channel-source.js';
import { RunningCommands } from './command-opener.js';
import { openReader, openSession, type SessionServices } from './open-session.js';
import type { SourceChannel, SourceContext } from './source-context.js';
import { TickTimer } from './tick-timer.js';
import type { SpillBudget } from './track-writer.js';

/**
 * The sources that a shard reads: one schedule and one timer for all of them, which runs while something is
 * due: time-outs, retries, what RTSP does in time.
 */
export class ShardSources {
  readonly #context: SourceContext;
  readonly #sources = new Map<ChannelSource, SourceChannel>();
  readonly #pacer: Pacer;
  readonly #budget: SpillBudget = { bytes: 0 };
  readonly #commands = new RunningCommands();
  readonly #timer: TickTimer;

  constructor(context: SourceContext) {
    this.#context = context;
    this.#timer = new TickTimer(context.clock, () => this.#tick());
    this.#pacer = new Pacer({ realTime: true, clock: context.clock, afterTurn: () => context.flush() });
  }

  open(channel: SourceChannel, config: SourceConfig): ChannelSource {
    const services = this.#servicesOf(channel);
    const opener: SessionOpener = {
      open: (configured, output, handler) => openSession(configured, output, handler, services),
      openFallback: (input, { audio }, output, handler) =>
        openReader({ input, audio, output, handler }, services),
    };
    const source = new ChannelSource(this.#context, channel, config, {
      opener,
      onClosed: this.#forget,
      onChanged: ({ nextTick }) => this.#timer.wakeBy(nextTick),
    });
    this.#sources.set(source, channel);
    return source;
  }

  /** The thread ends: nothing that a source has started outlives it. */
  stop(): void {
    for (const source of this.#sources.keys()) source.close();
    this.#commands.kill();
    this.#timer.cancel();
  }

  #servicesOf(owner: SourceChannel): SessionServices {
    const channel = owner.number;
    const context = this.#context;
    const { sources } = context.counters;
    return {
      clock: context.clock,
      pacer: this.#pacer,
      audioDelay: context.rides.delay,
      budget: this.#budget,
      commands: this.#commands,
      flush: () => context.flush(),
      flushSoon: this.#flushSoon,
      wakeBy: (time) => this.#timer.wakeBy(time),
      count: (counter, value) => sources.add(channel, counter, value),
      setCounter: (counter, value) => sources.set(channel, counter, value),
      fail: (fault) => owner.fail(CloudPushError.wrap(fault)),
      warn: (message) => context.report({ type: 'source', channel, event: { type: 'warning', message } }),
    };
  }

  /** A source is closed: its channel takes no more of it. */
  readonly #forget = (source: ChannelSource): void => {
    this.#sources.delete(source);
    if (this.#sources.size === 0) this.#timer.cancel();
  };

  readonly #flushSoon = (): void => this.#timer.wakeBy(this.#context.clock.now());

  #tick(): void {
    const now = this.#context.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [source, channel] of this.#sources) {
      try {
        if (source.nextTick <= now) source.tick();
        next = Math.min(next, source.nextTick);
      } catch (fault) {
        channel.fail(CloudPushError.wrap(fault));
      }
    }
    this.#context.flush();
    this.#timer.wakeBy(next);
  }
}
