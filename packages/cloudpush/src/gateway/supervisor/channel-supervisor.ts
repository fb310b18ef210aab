import { type ChannelCloseOptions, type CloseReport, CloudPushError } from '@cloudpush/engine';
import type { ChannelPlan, OnvifTrigger } from '../config/configuration.js';
import type { EventFields } from '../gateway-event.js';
import type { ChannelState, ChannelStatus } from '../state.js';
import { changeOf } from './channel-change.js';
import { listenToChannel } from './channel-listener.js';
import { type ChannelPhase, HAND_OVER, isEnabledIn, isHandedOver, mediaOf } from './channel-phase.js';
import { type RequestedChannel, requireDestination, resumeEvents, wrongStatus } from './channel-requests.js';
import { channelState, type ShownChannel, statusOf } from './channel-state.js';
import { DestinationSet } from './destination-set.js';
import type { DestinationSupervisor } from './destination-supervisor.js';
import { EventSegments } from './event-segments.js';
import type { MediaChannel } from './media-engine.js';
import { PauseTotals } from './pause-totals.js';
import { SourceSupervisor } from './source-supervisor.js';
import type { StandbyChannel } from './standby-channels.js';
import type { ChannelContext } from './supervisor-context.js';

/** Before the engine is asked again for a channel that it could not open, in ms. */
const OPEN_RETRY = 30_000;

/** Runs one channel: opens it with the engine, and changes no more of it than a new plan asks for. */
export class ChannelSupervisor implements RequestedChannel, ShownChannel {
  readonly #context: ChannelContext;
  readonly source: SourceSupervisor;
  readonly events: EventSegments;
  readonly ongoing = new Set<OnvifTrigger>();
  readonly pauses = new PauseTotals();
  #plan: ChannelPlan;
  readonly destinations: DestinationSet;
  #phase: ChannelPhase = { type: 'disabled' };
  #status: ChannelStatus = 'disabled';
  #since: number;
  /** It has delivered something since it was started. */
  #hasDelivered = false;

  constructor(plan: ChannelPlan, context: ChannelContext) {
    this.#plan = plan;
    this.#context = context;
    this.#since = context.clock.now();
    this.source = new SourceSupervisor(context.clock);
    this.destinations = new DestinationSet(plan.destinations, {
      clock: context.clock,
      emit: (event) => this.#emit(event),
      onChange: () => this.update(),
      onDue: (destination) => this.#onDue(destination),
    });
    const media = (): MediaChannel | undefined => this.media;
    this.events = new EventSegments(plan.event, context.clock, {
      name: plan.name,
      get media() {
        return media();
      },
      emit: (event) => this.#emit(event),
      onEnd: () => this.update(),
    });
  }

  get plan(): ChannelPlan {
    return this.#plan;
  }

  get status(): ChannelStatus {
    return this.#status;
  }

  get since(): number {
    return this.#since;
  }

  /** The engine's channel, while it runs. */
  get media(): MediaChannel | undefined {
    return mediaOf(this.#phase);
  }

  /** Starts it, if its plan says so, when it is its turn. */
  start(): void {
    if (this.#phase.type !== 'disabled') return;
    const standby = this.#context.standbys.take(this.#plan);
    if (!this.#plan.enabled) return;
    this.#hasDelivered = false;
    if (standby === undefined) this.#queue();
    else this.#begin(standby);
  }

  /** Ends its streams before the next key frame, with which another node goes on; resolves to that. */
  async handOver(): Promise<string | undefined> {
    const phase = this.#phase;
    // A camera that is away has no key frame to wait for.
    const hasMore = phase.type === 'running' && phase.channel.sourceStats()?.state === 'streaming';
    if (hasMore && this.#plan.event === undefined)
      return (await this.#close(phase.channel, HAND_OVER)).keyFrame;
    await this.stop();
    return undefined;
  }

  /** Ends its streams cleanly, without waiting for a key frame any more. Resolves when they have ended. */
  async stop(): Promise<void> {
    const phase = this.#phase;
    switch (phase.type) {
      case 'disabled':
        return;
      case 'queued':
      case 'waiting':
        phase.leave();
        break;
      case 'closing':
        void phase.channel?.close();
        await phase.done;
        return;
      case 'running':
        await this.#close(phase.channel);
        return;
      default:
        phase satisfies never;
    }
    this.#letGo({ type: 'disabled' });
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  /** Puts a new plan in force; what it does not change goes on undisturbed. */
  async apply(plan: ChannelPlan): Promise<void> {
    const before = this.#plan;
    const change = changeOf(before, plan);
    if (change === 'restart' && this.#phase.type === 'running') await this.stop();
    this.#plan = plan;
    if (plan.event !== undefined) this.events.plan = plan.event;
    if (!plan.enabled) await this.stop();
    else if (this.#phase.type === 'running') {
      if (change === 'source' || change === 'sourceAndDestinations') {
        this.#phase.channel.setSource(plan.source.options);
      }
      this.destinations.apply(this.#phase.channel, plan.destinations);
      this.update();
      return;
    }
    this.destinations.replace(plan.destinations);
    // A start that waits after a failure may succeed with the new plan.
    if (this.#phase.type === 'waiting') await this.stop();
    this.start();
    this.update();
  }

  /** Ends the wait for the next attempt of a destination. @throws GatewayError */
  retry(destination: string): void {
    const found = requireDestination(this, destination);
    const phase = this.#phase;
    if (phase.type === 'waiting') {
      phase.leave();
      found.detach();
      this.#queue();
    } else if (phase.type === 'running' && found.status !== 'publishing' && found.status !== 'paused') {
      this.destinations.connect(phase.channel, found, found.plan);
    } else throw wrongStatus(this, found);
  }

  /** Looks how everything stands, and tells when the channel's state has changed. */
  update(): void {
    this.source.update();
    // Its connections end one after the other: that is no fault of theirs.
    if (isHandedOver(this.#phase)) return;
    const status = statusOf(this, { isEnabled: isEnabledIn(this.#phase), hasDelivered: this.#hasDelivered });
    if (status === 'online' || status === 'degraded') this.#hasDelivered = true;
    if (status === this.#status) return;
    this.#status = status;
    this.#since = this.#context.clock.now();
    const level = status === 'offline' ? 'error' : status === 'degraded' ? 'warn' : 'info';
    this.#emit({ type: 'channelState', level, message: `${this.#plan.name} is ${status}`, state: status });
  }

  state(): ChannelState {
    return channelState(this);
  }

  #queue(): void {
    let isTurn = false;
    const leave = this.#context.startQueue.enter((started) => {
      isTurn = true;
      this.#open(started);
    });
    // The turn may have come at once.
    if (!isTurn) this.#phase = { type: 'queued', leave };
    this.update();
  }

  #open(started: () => void): void {
    const { name, source, stream, event } = this.#plan;
    const [first, ...others] = this.destinations.all.filter(({ isRefused }) => !isRefused);
    if (first === undefined) {
      started();
      this.#wait(undefined);
      return;
    }
    let channel: MediaChannel;
    try {
      channel = this.#context.engine.openChannel({
        ...first.plan.options,
        ...stream,
        label: name,
        source: source.options,
        preRoll: event?.preRoll,
      });
    } catch (error) {
      started();
      this.#wait(CloudPushError.wrap(error));
      return;
    }
    this.#run(channel, started);
    first.attach(channel.destinations[0]!);
    for (const one of others) this.destinations.connect(channel, one, one.plan);
    resumeEvents(this);
  }

  /** Goes on with a source that is read already. */
  #begin({ channel, tracks, keyFrame }: StandbyChannel): void {
    this.#run(channel, () => {});
    if (keyFrame !== undefined) channel.beginWith(keyFrame);
    if (tracks !== undefined) this.source.onConnected(tracks);
    for (const one of this.destinations.all) this.destinations.connect(channel, one, one.plan);
    // None of them can even be tried: it ends, and is opened again when one is due.
    if (channel.destinations.length === 0) void channel.close();
  }

  #run(channel: MediaChannel, started: () => void): void {
    this.#phase = { type: 'running', channel, started };
    listenToChannel(channel, this.#plan.name, {
      source: this.source,
      started,
      emit: (fields) => this.#emit(fields),
      onChange: () => this.update(),
      onClosed: () => this.#onClosed(channel),
    });
    this.source.attach(channel);
  }

  /** The engine's channel is over: it was told to end, or all its destinations have ended. */
  #onClosed(channel: MediaChannel): void {
    if (this.#phase.type !== 'running' || this.#phase.channel !== channel) return;
    this.#phase.started();
    this.pauses.add(channel.stats());
    this.source.detach();
    this.events.reset();
    if (this.destinations.all.some(({ isRefused }) => !isRefused)) {
      this.#phase = { type: 'disabled' };
      this.#queue();
    } else this.#wait(undefined);
  }

  async #close(channel: MediaChannel, options?: ChannelCloseOptions): Promise<CloseReport> {
    if (this.#phase.type === 'running') this.#phase.started();
    this.events.end();
    this.destinations.onEnding();
    // Its event `close` must find the phase entered.
    const closed = Promise.resolve().then(() => channel.close(options));
    const done = closed.then((report) => {
      this.pauses.add(channel.stats());
      this.#letGo({ type: 'disabled' });
      return report;
    });
    this.#phase = options === undefined ? { type: 'closing', done } : { type: 'closing', done, channel };
    this.update();
    return await done;
  }

  #letGo(phase: ChannelPhase): void {
    this.#phase = phase;
    this.source.detach();
    this.events.reset();
    for (const one of this.destinations.all) one.detach();
    this.update();
  }

  /** @param error why the engine could not open the channel; undefined: destinations say when they are due */
  #wait(error: CloudPushError | undefined): void {
    let leave = () => {};
    if (error !== undefined) {
      this.source.onLost(error);
      const message = `${this.#plan.name} cannot be opened: ${error.message}`;
      this.#emit({ type: 'problem', level: 'error', message, code: error.code });
      leave = this.#context.clock.after(OPEN_RETRY, () => this.#queue());
    }
    this.#phase = { type: 'waiting', leave };
    this.update();
  }

  #onDue(destination: DestinationSupervisor): void {
    if (!this.destinations.all.includes(destination)) return;
    if (this.#phase.type === 'running')
      this.destinations.connect(this.#phase.channel, destination, destination.plan);
    else if (this.#phase.type === 'waiting') this.#queue();
  }

  #emit(event: EventFields): void {
    this.#context.emit({ ...event, channel: this.#plan.name });
  }
}
