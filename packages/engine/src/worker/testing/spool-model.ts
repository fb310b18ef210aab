import { type FlvTag, TagRole } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { DestinationCounter, SpoolCounter } from '../../memory/counters.js';
import type { SpoolOptions } from '../../options/spool-options.js';
import { diskError, SimulatedDisk } from '../../spool/testing/simulated-disk.js';
import type { FakeConnection } from './fake-connection.js';
import { ModelPublisher } from './model-publisher.js';
import { ModelRandom } from './model-random.js';
import { FRAME, SpoolBench } from './spool-bench.js';

/** Bytes of each picture. */
const SIZE = 1000;
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
  readonly #hasDiskFaults: boolean;
  readonly #hasAcknowledgements: boolean;
  readonly #arrived = new Set<number>();
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
    this.#hasDiskFaults = random.chance(0.3);
    this.#hasAcknowledgements = random.chance(0.4);
    const speed = random.pick([1.5, 4, 20]);
    const bytes = random.pick([6, 20, 100]) * SIZE;
    const highWatermark = { bytes, ms: 3_600_000 };
    this.#bench = new SpoolBench({ ...spool, speed }, { highWatermark }, true, new SimulatedDisk());
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
    else if (end.error !== undefined && !this.#hasDiskFaults)
      this.#faults.push(`it ends with an error: ${end.error.message}`);
    for (const connection of this.#publishers.keys()) this.#check(connection);
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
    for (let i = this.#random.below(6); i >= 0; i--) this.#bench.offer(SIZE);
    const isShort = this.#random.chance(0.5);
    for (let i = this.#random.below(20); i >= 0; i--) await this.#send();
    if (isShort) this.#relieve();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const dice = random.below(100);
    const live = this.#live;
    if (dice < 55) for (let i = random.below(12); i >= 0; i--) await this.#send();
    else if (dice < 65) await this.#pass(random.below(3000));
    else if (dice < 72) this.#isServerUp = !this.#isServerUp;
    else if (dice < 80 && live !== undefined) await this.#lose(live);
    else if (dice < 86 && live !== undefined) this.#publishers.get(live)!.isWritable = false;
    else if (dice < 91) this.#drain();
    else if (dice < 93) this.#relieve();
    else if (dice < 96 && this.#hasDiskFaults) this.#failDisk(random.chance(0.5));
    else if (dice < 98 && this.#hasAcknowledgements) this.#acknowledge();
    else if (dice < 98) this.#move();
    else if (dice >= 98) await this.#nextSegment();
  }

  /** Everything works, until nothing is left to be sent. */
  async #recover(): Promise<void> {
    this.#failDisk(false);
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
    for (const { tag } of log.slice(0, end)) if (isPicture(tag)) this.#arrived.add(numberOf(tag));
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

  #failDisk(fails: boolean): void {
    const code = this.#random.pick(['ENOSPC', 'EIO']);
    this.#bench.disk.onStep = ({ call }) => (fails && call === 'write' ? diskError(code) : undefined);
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

  /** Decodable from its first picture on, and in order. */
  #check(connection: FakeConnection): void {
    const { log } = this.#publishers.get(connection)!;
    const pictures = log.map(({ tag }) => tag).filter(isPicture);
    for (const [i, tag] of pictures.entries()) {
      const before = i === 0 ? -1 : numberOf(pictures[i - 1]!);
      const number = numberOf(tag);
      const where = connection.isOfGap ? 'a gap' : 'the stream';
      if (number <= before) this.#faults.push(`${where}: picture ${number} behind ${before}`);
      if (tag.role !== TagRole.keyFrame && number !== before + 1)
        this.#faults.push(`${where}: picture ${number} behind ${before}, which it does not refer to`);
    }
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
    if (!this.#hasDiskFaults && !this.#mayDrop && lost + dropped > 0)
      this.#faults.push(`${said}, with a disk that works`);
    const onDisk = bench.count(SpoolCounter.lostBytes) / SIZE;
    const missing = bench.offered.map((time) => time / FRAME).filter((i) => !this.#arrived.has(i));
    const counted = dropped + lost + onDisk + (this.#hasDiskFaults ? sent : 0);
    if (missing.length > counted)
      this.#faults.push(`missing: ${missing.join(' ')}; ${said}, lost on disk: ${onDisk}`);
  }
}

function isPicture({ role }: FlvTag): boolean {
  return role === TagRole.keyFrame || role === TagRole.interFrame;
}

function numberOf({ parts }: FlvTag): number {
  const last = parts.at(-1)!;
  return Buffer.from(last.buffer, last.byteOffset, last.length).readUInt32BE(last.length - 4);
}
