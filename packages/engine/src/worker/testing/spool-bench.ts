import { setImmediate as turn } from 'node:timers/promises';
import { FlvTag, type HevcForm, TagRole, TagType } from '@cloudpush/muxer';
import { encodeAmf0, RtmpError, RtmpErrorCode, type RtmpPublisher } from '@cloudpush/transport';
import { BackfillGate, newBackfillMemory } from '../../memory/backfill-gate.js';
import { SpoolCounter } from '../../memory/counters.js';
import { destinationConfig } from '../../options/destination-config.js';
import type { DestinationSettings } from '../../options/options.js';
import type { SpoolOptions } from '../../options/spool-options.js';
import { SimulatedDisk } from '../../spool/testing/simulated-disk.js';
import { type SpoolStats, spoolStates } from '../../stats/spool-stats.js';
import { HeldPackets } from '../channel/held-packets.js';
import { HevcFallback } from '../channel/hevc-fallback.js';
import { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import { StreamHeaders } from '../destination/stream-headers.js';
import { WorkerDestination } from '../destination/worker-destination.js';
import { ShardSpools } from '../spool/shard-spools.js';
import type { FakeConnection } from './fake-connection.js';
import { FakePublisher } from './fake-connection.js';
import { FakeShard } from './fake-shard.js';

const VIDEO_HEADER = Buffer.from('17000000000142001fffe1000467420000', 'hex');
/** Of which spools have their shares: more than they ask for. */
const POOL_SIZE = 256 * 2 ** 20;

/** Of H.265, by form. */
const HEVC_HEADERS = { hvc1: '90687663310101600000', 'codec id 12': '1c000000000101600000' };
const AUDIO_HEADER = Buffer.from('af001210', 'hex');
/** Pictures come so often, in ms; each fourth is a key frame, unless a test wants longer groups. */
export const FRAME = 250;
export const GROUP = 4 * FRAME;

/** A destination with a spool on a simulated disk, and a camera that sends a picture each {@link FRAME}. */
export class SpoolBench {
  readonly shard = new FakeShard();
  readonly disk: SimulatedDisk;
  readonly gate = new BackfillGate(newBackfillMemory(1), 0, 4);
  readonly destination: WorkerDestination;
  /** Timestamps of all pictures that were offered. */
  readonly offered: number[] = [];
  /** Pictures come in Enhanced RTMP's form. */
  isEnhanced: boolean;
  /** From a key frame to the next, in ms. */
  group = GROUP;
  /** Blocks that are held. */
  held = 0;
  /** The channel's; servers take everything. */
  readonly admission = {
    hevcForm: 'enhanced' as HevcForm,
    /** The stream has H.265: its form is decided. */
    isDecided: true,
    formFor(publisher: RtmpPublisher, isRefused: boolean): HevcForm {
      if (this.isDecided) return this.hevcForm;
      return isRefused ? 'legacy' : publisher.formOf('hvc1');
    },
    refusalOf: () => undefined,
    onMoved: () => {},
    fallBack: () => false,
  };
  readonly #hasVideo: boolean;
  readonly #codecId: number;
  readonly #headers: readonly FlvTag[];
  #next = 0;
  /** The connection of the live stream that was made last. */
  #live: FakeConnection | undefined;

  constructor(
    spool: SpoolOptions = {},
    options: Partial<DestinationSettings> = {},
    hasVideo: boolean | keyof typeof HEVC_HEADERS = true,
    disk = new SimulatedDisk(),
    knowsHeaders = true,
    poolSize = POOL_SIZE,
    /** Another destination has the series until the shard's `waits` are told. */
    seriesTurn?: number,
  ) {
    this.disk = disk;
    const { shard } = this;
    const limits = { maxBytes: 1e9, maxAge: 1e9, minFree: 0, maxGaps: 4 };
    const store = { folder: '/spool', sync: 'second', ...limits } as const;
    const parts = { config: store, gate: this.gate, clock: shard.clock, poolSize };
    shard.spools = new ShardSpools(parts, this.disk);
    shard.spools.onReady(undefined);
    this.#hasVideo = hasVideo !== false;
    this.isEnhanced = hasVideo === 'hvc1';
    this.#codecId = hasVideo === 'codec id 12' ? 12 : 7;
    const videoHeader =
      typeof hasVideo === 'boolean' ? VIDEO_HEADER : Buffer.from(HEVC_HEADERS[hasVideo], 'hex');
    const checked = destinationConfig(
      { url: 'rtmp://media.example/live/a', overflow: 'spool', reconnect: true, spool, ...options },
      { maxPacket: 65_536, hasSpool: true },
    );
    const config = { ...checked, spool: { ...checked.spool!, turn: seriesTurn } };
    const owner: Partial<DestinationOwner> = {
      number: 0,
      heldPackets: new HeldPackets(shard.clock),
      bitrates: { audio: undefined, video: undefined },
      waitsForTrack: false,
      admission: this.admission,
      isLeftBehind: () => false,
      onSegmentEnd: () => {},
      onPublishing: () => {},
      onLost: () => {},
      onEnded: () => {},
      onRefused: () => {},
    };
    const video = new FlvTag(
      TagType.video,
      TagRole.videoSequenceHeader,
      0,
      [videoHeader],
      videoHeader.length,
      0,
    );
    const audio = new FlvTag(
      TagType.audio,
      TagRole.audioSequenceHeader,
      0,
      [AUDIO_HEADER],
      AUDIO_HEADER.length,
      0,
    );
    this.#headers = this.#hasVideo ? [audio, video] : [audio];
    this.destination = new WorkerDestination(owner as DestinationOwner, shard, {
      number: 0,
      config,
      headers: new StreamHeaders(knowsHeaders ? this.#headers : []),
      segment: { number: 1, isOpen: true },
    });
    this.destination.connect(undefined);
  }

  /** The connection of the live stream is made, when its time has come. */
  async publish(publisher = new FakePublisher()): Promise<FakePublisher> {
    const { made } = this.shard.connections;
    for (let i = 0; made.at(-1) === this.#live && i < 600; i++) await this.pass(100);
    this.#live = made.at(-1)!;
    return await this.#live.succeed(publisher);
  }

  async lose(): Promise<void> {
    await this.#live!.lose(new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed'));
    await this.settle();
  }

  /**
   * The server closes on the enhanced form of H.265: the stream goes on in the older one.
   * @param stays another server has closed on it, and this connection stands
   */
  async fallBack({ stays = false } = {}): Promise<void> {
    this.admission.hevcForm = 'legacy';
    this.destination.fallBack(new HevcFallback(), undefined);
    this.isEnhanced = false;
    if (!stays) await this.lose();
  }

  /** Sends so many pictures in real time. */
  async send(count: number, size = 100): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.offer(size);
      await this.pass(FRAME);
    }
  }

  /** Sends one picture, or one sound of the same length. */
  offer(size = 100, mark?: SegmentMark): void {
    const timestamp = this.#next;
    this.#next += FRAME;
    this.offered.push(timestamp);
    const role = timestamp % this.group === 0 ? TagRole.keyFrame : TagRole.interFrame;
    const body = Buffer.alloc(size, timestamp / FRAME);
    body.writeUInt32BE(timestamp / FRAME, size - 4);
    body[0] = this.#hasVideo ? (role === TagRole.keyFrame ? 0x10 : 0x20) | this.#codecId : 0xaf;
    body[1] = 1;
    if (this.isEnhanced) body.write('hvc1', 1, 'latin1');
    if (this.isEnhanced) body[0] = role === TagRole.keyFrame ? 0x93 : 0xa3;
    const type = this.#hasVideo ? TagType.video : TagType.audio;
    const tag = new FlvTag(type, this.#hasVideo ? role : TagRole.audioFrame, timestamp, [body], size, 0);
    this.#offer(tag, mark);
  }

  /** Sends the headers of the stream, where it does not know them from the beginning. */
  offerHeaders(): void {
    for (const header of this.#headers) this.#offer(header, undefined);
  }

  /** Sends a sound, beside pictures: it has the time of the picture that comes next. */
  offerSound(size = 50): void {
    const body = Buffer.alloc(size, 1);
    body[0] = 0xaf;
    this.#offer(new FlvTag(TagType.audio, TagRole.audioFrame, this.#next, [body], size, 0), undefined);
  }

  /** So much time goes by in which no picture comes, nor any sound. */
  skip(pictures: number): void {
    this.#next += pictures * FRAME;
  }

  /** Sends the message that a segment begins or ends with. */
  offerBorder(mark: SegmentMark): void {
    const body = encodeAmf0('onMessage', mark.border);
    const [type, role] = [TagType.scriptData, TagRole.data];
    this.#offer(new FlvTag(type, role, this.#next, [body], body.length, 0), mark);
  }

  #offer(tag: FlvTag, mark: SegmentMark | undefined): void {
    this.held++;
    const block = new PacketBlock({ returnBlock: () => this.held-- }, 0, this.shard.clock.now());
    this.destination.stream.offer(tag, block, undefined, mark);
    block.release();
    this.shard.flush();
  }

  /** The next picture is a key frame. */
  startGroup(): void {
    while (this.#next % this.group !== 0) this.#next += FRAME;
  }

  /** Lets time pass, and the disk do what it was asked for. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      this.shard.clock.pass(Math.min(50, ms - passed));
      await this.settle();
    }
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 3; i++) await turn();
  }

  /** Timestamps of the frames that a connection was handed. */
  sentOn(publisher: FakePublisher): number[] {
    return publisher.sent
      .filter(
        ({ role }) => role === TagRole.keyFrame || role === TagRole.interFrame || role === TagRole.audioFrame,
      )
      .map(({ timestamp }) => timestamp);
  }

  /** Whether a connection was handed a picture, or a header of pictures, in Enhanced RTMP's form. */
  hasEnhanced(publisher: FakePublisher): boolean {
    return publisher.sent.some(({ type, parts }) => type === TagType.video && parts[0]![0]! >= 0x80);
  }

  /** Media files on the disk. */
  get files(): string[] {
    return this.disk.paths.filter((path) => path.endsWith('.flv'));
  }

  /** Outcomes of gaps, in the order in which they were told. */
  get outcomes(): string[] {
    return this.shard.of('gap').map(({ gap }) => gap.outcome);
  }

  count(counter: SpoolCounter): number {
    return this.shard.counters.spools.get(0, counter);
  }

  get state(): SpoolStats['state'] {
    return spoolStates[this.count(SpoolCounter.state)]!;
  }
}
