import type { VideoCodec } from '@cloudpush/muxer';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { payloadOffset } from '../../memory/block-layout.js';
import { newCounterMemory, ShardCounters } from '../../memory/counters.js';
import { Gates, newGateMemory } from '../../memory/gates.js';
import { Pool } from '../../memory/pool.js';
import { encodeRecord } from '../../memory/record.js';
import { Command, PacketFlag } from '../../memory/ring.js';
import type { StreamMetadata } from '../../metadata/types.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { ShardReport } from '../../protocol/reports.js';
import { AudioRides } from '../channel/audio-rides.js';
import type { PacketDescriptor } from '../channel/held-packets.js';
import { type BlockReturn, PacketBlock } from '../channel/packet-block.js';
import { ConnectLimiter } from '../connection/connect-limiter.js';
import type { Flushable, ShardContext } from '../shard-context.js';
import type { ShardSpools } from '../spool/shard-spools.js';
import { FakeConnections } from './fake-connection.js';

const CHANNELS = 4;
const POOL_SIZE = 1 << 20;

/** A packet, as it comes through the ring. */
export interface FakePacket {
  readonly descriptor: PacketDescriptor;
  readonly block: PacketBlock;
}

/** The surroundings of a channel on its shard, without a thread, a network or time that passes by itself. */
export class FakeShard implements ShardContext {
  readonly clock = new FakeClock();
  readonly rides: AudioRides;
  readonly connections = new FakeConnections();
  readonly createConnection = this.connections.create;
  readonly connects = new ConnectLimiter(8);
  readonly gates = new Gates(newGateMemory(CHANNELS));
  readonly counters = new ShardCounters(newCounterMemory(CHANNELS));
  /** Of a test that has a disk spool. */
  spools: ShardSpools | undefined;
  readonly reports: ShardReport[] = [];
  readonly #pool = new Pool(POOL_SIZE);
  readonly #dirty = new Set<Flushable>();

  /**
   * @param maxAudioDelay ms; 0: sound waits for nothing
   * @param window ms between two ticks; 0: packets of sources wait for none
   */
  constructor(maxAudioDelay = 0, window = 0) {
    const onDue = (): void => {
      this.rides.sendDue();
      this.flush();
    };
    this.rides = new AudioRides(maxAudioDelay, this.clock, onDue, window);
  }

  get pool(): SharedArrayBuffer {
    return this.#pool.buffer;
  }

  /** Blocks that have not come back. */
  get blocksInUse(): number {
    return this.#pool.blocksInUse;
  }

  /** The types of all reports so far. */
  get told(): string[] {
    return this.reports.map(({ type }) => type);
  }

  report(report: ShardReport): void {
    this.reports.push(report);
  }

  /** The reports of one type. */
  of<Type extends ShardReport['type']>(type: Type): Extract<ShardReport, { readonly type: Type }>[] {
    return this.reports.filter((one) => one.type === type) as Extract<ShardReport, { readonly type: Type }>[];
  }

  returnBlock(index: number): void {
    this.#pool.release(index);
  }

  markDirty(output: Flushable): void {
    this.#dirty.add(output);
  }

  /** The end of the turn. */
  flush(): void {
    const outputs = [...this.#dirty];
    this.#dirty.clear();
    for (const output of outputs) output.flush();
    this.rides.endTurn();
  }

  video(
    owner: BlockReturn,
    data: Uint8Array,
    pts: number,
    flags = 0,
    codec: VideoCodec = 'h264',
  ): FakePacket {
    return this.#packet(
      owner,
      { command: Command.video, codec: VIDEO_CODECS.indexOf(codec), flags },
      data,
      pts,
    );
  }

  /** A picture that its source calls a key frame. */
  keyFrame(owner: BlockReturn, data: Uint8Array, pts: number, codec: VideoCodec = 'h264'): FakePacket {
    return this.video(owner, data, pts, PacketFlag.keyFrameKnown | PacketFlag.keyFrame, codec);
  }

  audio(owner: BlockReturn, data: Uint8Array, pts: number, codec: 'aac' | 'opus' = 'aac'): FakePacket {
    const number = AUDIO_CODECS.indexOf(codec);
    return this.#packet(owner, { command: Command.audio, codec: number, flags: 0 }, data, pts);
  }

  metadata(owner: BlockReturn, metadata: StreamMetadata, pts = Number.NaN): FakePacket {
    const record = encodeRecord(metadata);
    return this.#packet(owner, { command: Command.metadata, codec: 0, flags: 0 }, record, pts);
  }

  /** The bytes of a packet's block. */
  payload({ descriptor, block }: FakePacket): Buffer {
    return Buffer.from(this.pool, payloadOffset(block.index), descriptor.bytes);
  }

  #packet(
    owner: BlockReturn,
    { command, codec, flags }: Pick<PacketDescriptor, 'command' | 'codec' | 'flags'>,
    data: Uint8Array,
    pts: number,
  ): FakePacket {
    const index = this.#pool.acquire(data.length, 0);
    new Uint8Array(this.pool, payloadOffset(index), data.length).set(data);
    const { length: bytes } = data;
    return {
      descriptor: { command, codec, flags, bytes, dts: pts, pts, configuration: undefined },
      block: new PacketBlock(owner, index, this.clock.now()),
    };
  }
}
