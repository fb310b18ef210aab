import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { DestinationCounter, SpoolCounter } from '../../memory/counters.js';
import type { SpoolOptions } from '../../options/spool-options.js';
import type { FakeConnection } from './fake-connection.js';
import { ModelArrivals } from './model-arrivals.js';
import { ModelDisk } from './model-disk.js';
import { ModelPublisher } from './model-publisher.js';
import { ModelRandom } from './model-random.js';
import { FRAME, SpoolBench } from './spool-bench.js';

/** Bytes of each picture. */
const SIZE = 1000;
/** Half of it may wait for the disk, and a quarter of it is held of what was sent. */
const SMALL_POOL = 60 * SIZE;
/** A server that acknowledges nothing has all that it was sent before the last so many ms. */
const UNCERTAIN = 9000;

/** All that becomes of one stream of pictures. */
export interface ModelOutcome {
  /** Each thing that is not as it must be, in words. */
  readonly faults: string[];
  readonly offered: number;
  readonly spooled: number;
}

/** A stream of numbered pictures to a destination with a spool, whose server, network and disk fail as a seed says. */
export class SpoolModel {
  readonly #random: ModelRandom;
  readonly #bench: SpoolBench;
  readonly #disk: ModelDisk;
  /** Media may be let go of that finds no room on its way to the disk. */
  readonly #isShort: boolean;
  readonly #hasAcknowledgements: boolean;
  readonly #arrivals = new ModelArrivals();
  readonly #faults: string[] = [];
  readonly #publishers = new Map<FakeConnection, ModelPublisher>();
  readonly #gone = new Set<FakeConnection>();
  #segment = 1;
  #servers = 0;
  #isServerUp = true;
  #mayDrop = false;
  #isLossy = true;

  constructor(seed: number, spool: SpoolOptions) {
    const random = new ModelRandom(seed);
    this.#random = random;
    const disk = new ModelDisk(random);
    this.#disk = disk;
    this.#isShort = disk.isSlow && random.chance(0.5);
    this.#hasAcknowledgements = random.chance(0.4);
    const speed = random.pick([1.5, 4, 20]);
    const bytes = random.pick([6, 20, 100]) * SIZE;
    const poolSize = this.#isShort ? SMALL_POOL : undefined;
    const highWatermark = { bytes, ms: 3_600_000 };
    this.#bench = new SpoolBench({ ...spool, speed }, { highWatermark }, true, disk, true, poolSize);
    this.#bench.group = FRAME * random.pick([2, 4, 9]);
  }

  /** Lets so many things happen, then ends the stream when all that is on disk has been sent. */
  async run(steps: number): Promise<ModelOutcome> {
    const bench = this.#bench;
    if (this.#random.chance(0.4)) await this.#openLate();
    await bench.settle();
    for (let i = 0; i < steps; i++) await this.#step();
    await this.#recover();
    bench.destination.close();
    for (let i = 0; i < 400 && !bench.shard.told.includes('detached'); i++) await this.#pass(250);
    const [end] = bench.shard.of('detached');
    if (end === undefined) this.#faults.push('the destination does not end');
    // All that may have been lost was sent again.
    else if (end.error !== undefined && !this.#mayLose)
      this.#faults.push(`it ends with an error: ${end.error.message}`);
    for (const [{ isOfGap }, { log }] of this.#publishers)
      this.#faults.push(...this.#arrivals.faultsOf(log, isOfGap));
    this.#checkCounts();
    if (bench.held !== 0) this.#faults.push(`${bench.held} blocks are held`);
    return {
      faults: this.#faults,
      offered: bench.offered.length,
      spooled: bench.count(SpoolCounter.spooledVideoFrames),
    };
  }

  /** Pictures come while the folder is being read, and the pool may run short soon. */
  async #openLate(): Promise<void> {
    for (let i = this.#random.below(5); i >= 0; i--) this.#bench.offer(SIZE);
    const isShort = this.#random.chance(0.5);
    for (let i = this.#random.below(20); i >= 0; i--) await this.#send();
    if (isShort) this.#relieve();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const dice = random.below(104);
    const live = this.#live;
    if (dice < 55) for (let i = random.below(12); i >= 0; i--) await this.#send();
    else if (dice < 65) await this.#pass(random.below(3000));
    else if (dice < 72) this.#isServerUp = !this.#isServerUp;
    else if (dice < 80 && live !== undefined) await this.#lose(live);
    else if (dice < 86 && live !== undefined) this.#publishers.get(live)!.isWritable = false;
    else if (dice < 91) this.#drain();
    else if (dice < 93) this.#relieve();
    else if (dice < 96 && this.#disk.hasFaults) this.#disk.fail(random.chance(0.5));
    else if (dice < 98 && this.#hasAcknowledgements) this.#acknowledge();
    else if (dice < 98) this.#move();
    else if (dice < 100) await this.#nextSegment();
    else if (dice < 103 && this.#disk.isSlow) this.#disk.turn();
    else if (this.#disk.hasDamage) this.#disk.damage();
  }

  /** Everything works, until nothing is left to be sent. */
  async #recover(): Promise<void> {
    this.#disk.fail(false);
    this.#disk.quicken();
    this.#isServerUp = true;
    this.#isLossy = false;
    for (let i = 0; i < 3000; i++) {
      this.#drain();
      await this.#send();
      const { state } = this.#bench;
      if (i > 50 && state === 'idle' && this.#live !== undefined) return;
    }
    this.#faults.push(`it has not caught up: ${this.#bench.state}`);
  }

  /** The disk may not take what was sent, and what is let go of then may not have arrived. */
  get #mayLose(): boolean {
    return this.#disk.hasFaults || this.#isShort;
  }

  /** The connection of the live stream. */
  get #live(): FakeConnection | undefined {
    return [...this.#publishers.keys()].find(
      (one) => !one.isOfGap && one.closes === 0 && !this.#gone.has(one),
    );
  }

  async #send(): Promise<void> {
    this.#bench.offer(SIZE);
    await this.#pass(FRAME);
  }

  async #nextSegment(): Promise<void> {
    this.#bench.offerBorder({ border: 'end', number: this.#segment });
    await this.#pass(this.#random.below(2) * 500);
    this.#segment++;
    this.#bench.startGroup();
    this.#bench.offerBorder({ border: 'start', number: this.#segment });
    await this.#send();
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      await this.#bench.pass(Math.min(250, ms - passed));
      await this.#answer();
    }
  }

  /** Servers answer, and close what is ended. */
  async #answer(): Promise<void> {
    const { clock, connections } = this.#bench.shard;
    for (const connection of connections.made) {
      if (this.#gone.has(connection)) continue;
      const publisher = this.#publishers.get(connection);
      if (connection.signal.aborted) await this.#end(connection, true);
      else if (publisher?.destroyedBy !== undefined) await this.#lose(connection);
      else if (publisher === undefined && connection.target !== undefined) {
        const isRefused = !this.#isServerUp || (this.#isLossy && this.#random.chance(0.1));
        if (isRefused) {
          this.#gone.add(connection);
          await connection.fail(new RtmpError(RtmpErrorCode.socket, 'connect', 'down'));
        } else {
          const made = new ModelPublisher(() => clock.now());
          this.#publishers.set(connection, made);
          await connection.succeed(made);
        }
      } else if (publisher !== undefined && connection.closes > 0) await this.#close(connection);
      else if (publisher !== undefined && connection.isOfGap && this.#isLossy && this.#random.chance(0.01))
        await this.#lose(connection);
    }
    await this.#bench.settle();
  }

  /** The end of a stream takes its time, and may be a bad one. */
  async #close(connection: FakeConnection): Promise<void> {
    if (this.#isLossy && this.#random.chance(0.5)) return;
    if (this.#isLossy && this.#random.chance(0.3)) await this.#lose(connection);
    else await this.#end(connection, false);
  }

  /** The stream is led to another server. */
  #move(): void {
    this.#servers++;
    this.#bench.destination.moveTo({ url: `rtmp://other-${this.#servers}/live/a`, token: undefined }, false);
  }

  async #end(connection: FakeConnection, isCut: boolean): Promise<void> {
    this.#note(connection, isCut);
    this.#gone.add(connection);
    await connection.lose(isCut ? new RtmpError(RtmpErrorCode.aborted, 'publishing', 'aborted') : undefined);
  }

  async #lose(connection: FakeConnection): Promise<void> {
    this.#note(connection, true);
    this.#gone.add(connection);
    await connection.lose(new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed'));
    await this.#bench.settle();
  }

  /** Takes down media of a connection that is over; `isCut`: not all arrived. A gap counts as a whole. */
  #note(connection: FakeConnection, isCut: boolean): void {
    const publisher = this.#publishers.get(connection);
    if (publisher === undefined || (isCut && connection.isOfGap)) return;
    const { log } = publisher;
    const now = this.#bench.shard.clock.now();
    const certain = isCut
      ? log.findLastIndex((entry) => this.#isCertain(publisher, entry, now))
      : log.length - 1;
    const end = isCut ? certain + 1 + this.#random.below(log.length - certain) : log.length;
    this.#arrivals.note(log.slice(0, end), connection.isOfGap ? now : undefined);
  }

  #isCertain(publisher: ModelPublisher, { at, bytes }: ModelPublisher['log'][number], now: number): boolean {
    if (bytes <= publisher.certainBytes) return true;
    return publisher.isTelling(now) ? bytes <= publisher.acknowledged : now - at > UNCERTAIN;
  }

  /** The pool runs short: what cannot go to disk may be dropped. */
  #relieve(): void {
    const { spool, backlog } = this.#bench.destination.stream;
    if (spool!.relieve()) return;
    this.#mayDrop = true;
    backlog.relieve();
  }

  #drain(): void {
    const live = this.#live;
    if (live === undefined) return;
    this.#publishers.get(live)!.isWritable = true;
    live.drain();
  }

  #acknowledge(): void {
    const publisher = this.#live && this.#publishers.get(this.#live);
    if (publisher === undefined || publisher.log.length === 0) return;
    const now = this.#bench.shard.clock.now();
    const { log } = publisher;
    // Until then, it was one that acknowledges nothing.
    if (!publisher.isTelling(now))
      publisher.certainBytes = log.findLast(({ at }) => now - at > UNCERTAIN)?.bytes ?? 0;
    publisher.acknowledged = Math.max(publisher.acknowledged, this.#random.pick(log).bytes);
    publisher.acknowledgedAt = now;
  }

  #checkCounts(): void {
    const bench = this.#bench;
    const count = (counter: DestinationCounter) => bench.shard.counters.destinations.get(0, counter);
    const sent = count(DestinationCounter.videoFrames);
    const dropped =
      count(DestinationCounter.droppedDisposable) +
      count(DestinationCounter.droppedPictures) +
      count(DestinationCounter.droppedUndecodable);
    const lost = count(DestinationCounter.lostPictures);
    const spooled = bench.count(SpoolCounter.spooledVideoFrames);
    const { length } = bench.offered;
    const said = `${length} offered: ${sent} sent, ${spooled} spooled, ${dropped} dropped, ${lost} lost`;
    if (sent + spooled + dropped + lost !== length) this.#faults.push(said);
    if (!this.#mayLose && !this.#mayDrop && lost + dropped > 0)
      this.#faults.push(`${said}, with a disk that works`);
    const onDisk = bench.count(SpoolCounter.lostBytes) / SIZE;
    const missing = bench.offered.map((time) => time / FRAME).filter((i) => !this.#arrivals.has(i));
    const counted = dropped + lost + onDisk + (this.#mayLose ? sent : 0);
    if (missing.length > counted)
      this.#faults.push(`missing: ${missing.join(' ')}; ${said}, lost on disk: ${onDisk}`);
  }
}
