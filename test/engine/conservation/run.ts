import { setTimeout } from 'node:timers/promises';
import { type Channel, PushEngine, type StreamMetadata } from '@cloudpush/engine';
import { Random } from '../../fuzz/transport/random.js';
import { closeEmpty } from '../expectations.js';
import { RecordingReceiver } from '../recording-receiver.js';
import { drained } from './drain.js';
import { Ledger } from './ledger.js';
import { Outlet } from './outlet.js';
import { type Limits, MAX_DESTINATIONS, type Plan, type Step } from './plan.js';
import { Source, type SourcePacket } from './source.js';
import { SpoolFolder } from './spool-folder.js';

/** A channel that is sent a source while its destinations suffer what a plan says. */
export class Run implements AsyncDisposable {
  readonly plan: Plan;
  readonly engine: PushEngine;
  readonly channel: Channel;
  readonly receiver: RecordingReceiver;
  readonly ledger = new Ledger();
  readonly spool: SpoolFolder;
  /** All that there have been. */
  readonly outlets: Outlet[];
  readonly #source: Source;
  readonly #random: Random;
  /** 0: between two of them. */
  #segment = 1;
  #segments = 1;

  private constructor(
    plan: Plan,
    engine: PushEngine,
    receiver: RecordingReceiver,
    outlet: Outlet,
    channel: Channel,
    spool: SpoolFolder,
  ) {
    this.spool = spool;
    this.plan = plan;
    this.engine = engine;
    this.receiver = receiver;
    this.outlets = [outlet];
    this.channel = channel;
    this.#source = new Source(new Random(plan.seed + 1));
    this.#random = new Random(plan.seed + 2);
  }

  /** Carries a plan out to the end: the channel is closed, and the engine, whose pool must be empty then. */
  static async of(plan: Plan): Promise<Run> {
    const receiver = await RecordingReceiver.listen();
    const { poolSize, encryption } = plan;
    const spool = await SpoolFolder.make();
    const settings = { maxConnections: 32, shards: 1, debugPool: true, poolSize, spool: spool.options };
    const engine = await PushEngine.create(settings);
    const [first, ...others] = plan.destinations;
    let channel: Channel | undefined;
    let run: Run | undefined;
    const outlet = await Outlet.open(
      receiver,
      'd0',
      first,
      () => run?.ledger.next ?? 0,
      (options) => {
        channel = engine.openChannel({ ...options, encryption } as Parameters<PushEngine['openChannel']>[0]);
        return channel.destinations[0]!;
      },
    );
    run = new Run(plan, engine, receiver, outlet, channel!, spool);
    for (const limits of others) await run.#join(limits);
    for (const step of plan.steps) await run.#do(step);
    await run.#end();
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const outlet of this.outlets) await outlet[Symbol.asyncDispose]();
    await this.receiver[Symbol.asyncDispose]();
    await this.spool[Symbol.asyncDispose]();
  }

  /** Those that have not been told to end. */
  get #open(): Outlet[] {
    return this.outlets.filter(({ to, aborted }) => to === Number.POSITIVE_INFINITY && !aborted);
  }

  async #do(step: Step): Promise<void> {
    switch (step.type) {
      case 'send':
        for (let i = 0; i < step.packets; i++) await this.#send(this.#source.next());
        return;
      case 'rest':
        await setTimeout(step.ms);
        return;
      case 'join':
        if (this.#open.length < MAX_DESTINATIONS) await this.#join(step.options);
        return;
      case 'segment':
        await this.#nextSegment(step.between);
        return;
      default: {
        const open = this.#open;
        await this.#harm(open[step.at % open.length]!, step);
      }
    }
  }

  async #harm(outlet: Outlet, step: Extract<Step, { at: number }>): Promise<void> {
    const { path, destination } = outlet;
    if (step.type === 'cut') path.resetAfter(step.bytes);
    else if (step.type === 'flow') outlet.flow();
    else if (step.type === 'move') outlet.move();
    else if (step.type !== 'leave' && step.type !== 'abort') path[step.type]();
    // The last one stays: without any, the channel is over.
    else if (this.#open.length > 1) {
      outlet.aborted = step.type === 'abort';
      if (outlet.aborted) destination.abort();
      else {
        outlet.to = this.ledger.next;
        void destination.close();
      }
    }
  }

  async #join(limits: Limits): Promise<void> {
    const { receiver, channel, outlets, ledger } = this;
    const outlet = await Outlet.open(
      receiver,
      `d${outlets.length}`,
      limits,
      () => ledger.next,
      (options) => channel.addDestination(options),
    );
    outlets.push(outlet);
  }

  async #send(packet: SourcePacket): Promise<void> {
    while (!this.#trySend(packet)) {
      if (this.#random.chance(this.plan.impatience)) {
        this.ledger.note(packet, false, this.#segment);
        return;
      }
      await this.#awaitRoom();
    }
    this.ledger.note(packet, true, this.#segment);
    if (packet.id % 16 === 0) await setTimeout(0);
  }

  #trySend({ kind, data, pts }: SourcePacket): boolean {
    const { channel } = this;
    if (kind === 'video') return channel.sendVideo(data, { pts });
    return kind === 'audio' ? channel.sendAudio(data, { pts }) : channel.sendPrivateData(data, { pts });
  }

  /** There is none while a server reads nothing, by intention: then it reads again. */
  async #awaitRoom(): Promise<void> {
    for (const outlet of this.outlets) outlet.flow();
    await this.channel.writable();
  }

  async #nextSegment(between: number): Promise<void> {
    await this.#tell({ type: 'streamEnd', alarmDuration: 0, time: 0 });
    this.#segment = 0;
    for (let i = 0; i < between; i++) await this.#send(this.#source.next());
    await this.#tell({ type: 'streamStart', trigger: 'face', time: 0 });
    this.#segment = ++this.#segments;
    this.#source.startGroup();
  }

  async #tell(metadata: StreamMetadata): Promise<void> {
    while (!this.channel.sendMetadata(metadata)) await this.#awaitRoom();
  }

  async #end(): Promise<void> {
    for (const outlet of this.outlets) outlet.flow();
    if (this.plan.drains) await drained(this.#open.map(({ destination }) => destination));
    await this.channel.close();
    await closeEmpty(this.engine);
    await this.spool.read();
  }
}
