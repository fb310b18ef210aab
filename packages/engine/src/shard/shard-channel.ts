import { FlvTag, type MediaPacket, Muxer, MuxerError, TagRole, TagType } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { toErrorData } from '../errors.js';
import type { Gates } from '../memory/gate.js';
import { HEADROOM, payloadOffset } from '../memory/pool.js';
import { Command, PacketFlag, type RingConsumer } from '../memory/ring.js';
import { Counter, type ShardCounters } from '../stats/counters.js';
import type { ConnectLimiter } from './connect-limiter.js';
import { Destination, type DestinationOwner } from './destination.js';
import type { Dropped } from './drop-policy.js';
import { fourCcOf } from './four-cc.js';
import type { PacketBlock } from './packet-block.js';
import { ProblemLimiter } from './problem-limiter.js';
import { AUDIO_CODECS, type ChannelConfig, type ShardReport, VIDEO_CODECS } from './protocol.js';
import type { StreamDescription } from './send-queue.js';
import { encodeStreamMetadata } from './stream-metadata.js';

/** What a channel shares with its shard. */
export interface ShardContext {
  readonly pool: SharedArrayBuffer;
  readonly gates: Gates;
  readonly counters: ShardCounters;
  readonly connects: ConnectLimiter;
  report(report: ShardReport): void;
  /** Has `destination` flushed at the end of the turn. */
  markDirty(destination: Destination): void;
}

/** A packet that waits for the answer to "which form of H.265 does the server take". */
interface HeldPacket {
  readonly command: Command;
  readonly codec: number;
  readonly flags: number;
  readonly bytes: number;
  readonly dts: number;
  readonly pts: number;
  readonly block: PacketBlock;
}

/** The shard's half of a channel: the muxer, and the destination that its tags go to. */
export class ShardChannel implements DestinationOwner {
  readonly #context: ShardContext;
  readonly #channel: number;
  readonly #muxer: Muxer;
  readonly #destination: Destination;
  readonly #problems = new ProblemLimiter();
  #descriptions = 0;
  /** FourCCs of the codecs that the server has said it takes. */
  readonly #agreed = new Set<string>();
  /** Packets are held from the first one on of a codec that the server, once connected, must be asked about. */
  #held: HeldPacket[] | undefined;
  #publisher: RtmpPublisher | undefined;
  #closing = false;
  /** One packet object and one array for all packets: neither outlives the call into the muxer. */
  readonly #packet: MediaPacket = { data: EMPTY, headroom: HEADROOM, dts: 0, pts: 0 };
  readonly #tags: FlvTag[] = [];

  constructor(context: ShardContext, channel: number, config: ChannelConfig) {
    this.#context = context;
    this.#channel = channel;
    if (config.hevc !== 'auto') this.#agreed.add('hvc1');
    this.#muxer = new Muxer({
      hevcForm: config.hevc === 'legacy' ? 'legacy' : 'enhanced',
      inputClock: config.inputClock,
    });
    this.#destination = new Destination(this, config, context.connects);
  }

  connect(): void {
    this.#destination.connect();
  }

  get ended(): boolean {
    return this.#destination.ended;
  }

  /** Takes the packet that the ring stands at. */
  accept(ring: RingConsumer, block: PacketBlock): void {
    if (this.#destination.ended) {
      this.#context.counters.add(this.#channel, Counter.packetsLost, 1);
      block.release();
      return;
    }
    const { command, codec, flags, bytes, dts, pts } = ring;
    this.#take(command, codec, flags, bytes, dts, pts, block);
  }

  /** Sends what came before, then ends the stream cleanly. */
  close(): void {
    this.#closing = true;
    if (this.#held === undefined) this.#destination.close();
  }

  abort(error: Error): void {
    this.#destination.destroy(error);
  }

  onConnected(publisher: RtmpPublisher): void {
    this.#publisher = publisher;
    this.#context.report({ type: 'connected', channel: this.#channel });
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { command, codec, flags, bytes, dts, pts, block } of held) {
      this.#take(command, codec, flags, bytes, dts, pts, block);
    }
    if (this.#closing) this.#destination.close();
  }

  onDisconnected(error: Error, delay: number): void {
    this.#publisher = undefined;
    this.#context.report({ type: 'disconnected', channel: this.#channel, error: toErrorData(error), delay });
  }

  onDropped({ disposable, skipped, audio }: Dropped): void {
    const { counters } = this.#context;
    counters.add(this.#channel, Counter.droppedDisposable, disposable);
    counters.add(this.#channel, Counter.droppedPictures, skipped);
    counters.add(this.#channel, Counter.droppedAudio, audio);
  }

  onSkipped(): void {
    this.#context.counters.add(this.#channel, Counter.droppedPictures, 1);
  }

  onRefused(error: Error): void {
    this.#refuse(error);
  }

  onPause(): void {
    this.#context.gates.close(this.#channel);
    this.#context.report({ type: 'pause', channel: this.#channel });
  }

  onResume(): void {
    this.#context.gates.open(this.#channel);
    this.#context.report({ type: 'resume', channel: this.#channel });
  }

  onProgress(): void {
    this.updateCounters();
  }

  onSent(tag: FlvTag): void {
    const { counters } = this.#context;
    switch (tag.role) {
      case TagRole.keyFrame:
      case TagRole.interFrame:
      case TagRole.disposableFrame:
        counters.add(this.#channel, Counter.videoFrames, 1);
        break;
      case TagRole.audioFrame:
        counters.add(this.#channel, Counter.audioFrames, 1);
        break;
      case TagRole.data:
        counters.add(this.#channel, Counter.dataMessages, 1);
        break;
    }
  }

  onEnded(error: Error | undefined): void {
    for (const { block } of this.#held ?? []) block.release();
    this.#held = undefined;
    this.updateCounters();
    const data = error === undefined ? undefined : toErrorData(error);
    this.#context.report({ type: 'ended', channel: this.#channel, error: data });
  }

  onDirty(destination: Destination): void {
    this.#context.markDirty(destination);
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    const { counters } = this.#context;
    counters.set(this.#channel, Counter.bytesSent, this.#destination.bytesWritten);
    counters.set(this.#channel, Counter.queuedBytes, this.#destination.queuedBytes);
    counters.set(this.#channel, Counter.queuedMs, this.#destination.queuedMs);
  }

  #take(
    command: Command,
    codec: number,
    flags: number,
    bytes: number,
    dts: number,
    pts: number,
    block: PacketBlock,
  ): void {
    const fourCc = fourCcOf(command, codec);
    if (fourCc !== undefined && !this.#agreed.has(fourCc)) this.#agreeOn(fourCc);
    if (this.#held === undefined) this.#mux(command, codec, flags, bytes, dts, pts, block);
    else this.#held.push({ command, codec, flags, bytes, dts, pts, block });
  }

  /** Asks the server whether, and in which form, it takes a codec; holds the packets until there is a server to ask. */
  #agreeOn(fourCc: string): void {
    if (this.#publisher === undefined) {
      this.#held ??= [];
      return;
    }
    this.#agreed.add(fourCc);
    try {
      const form = this.#publisher.videoForm(fourCc);
      if (fourCc === 'hvc1') this.#muxer.hevcForm = form;
    } catch (error) {
      this.#destination.destroy(error as Error);
    }
  }

  #mux(
    command: Command,
    codec: number,
    flags: number,
    bytes: number,
    dts: number,
    pts: number,
    block: PacketBlock,
  ): void {
    const packet = this.#packet;
    packet.data = new Uint8Array(this.#context.pool, payloadOffset(block.index), bytes);
    packet.dts = dts;
    packet.pts = pts;
    packet.keyFrame =
      (flags & PacketFlag.keyFrameKnown) === 0 ? undefined : (flags & PacketFlag.keyFrame) !== 0;
    packet.encrypted = (flags & PacketFlag.encrypted) !== 0;
    try {
      if (command === Command.video) this.#muxer.video(VIDEO_CODECS[codec]!, packet, this.#tags);
      else if (command === Command.audio) this.#muxer.audio(AUDIO_CODECS[codec]!, packet, this.#tags);
      else this.#muxer.scriptData(packet, this.#tags);
    } catch (error) {
      if (error instanceof MuxerError) this.#refuse(error);
      // A fault of ours must not take the other channels of the shard down with it.
      else this.#destination.destroy(error as Error);
    }
    for (const tag of this.#tags) this.#destination.offer(tag, block, this.#describe(tag));
    this.#tags.length = 0;
    block.release();
  }

  /** A new sequence header changes what the stream is: a new description goes with it. */
  #describe({ role, timestamp }: FlvTag): StreamDescription | undefined {
    if (role !== TagRole.videoSequenceHeader && role !== TagRole.audioSequenceHeader) return undefined;
    const body = encodeStreamMetadata(this.#muxer.videoFacts, this.#muxer.audioFacts);
    const tag = new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
    this.#descriptions++;
    return { tag, version: this.#descriptions };
  }

  /** A packet or one of its tags is no good: told, not too often, and the channel goes on. */
  #refuse(error: Error): void {
    const data = toErrorData(error);
    this.#context.counters.add(this.#channel, Counter.packetsInvalid, 1);
    const repeats = this.#problems.admit(data.code, monotonicNow());
    if (repeats === undefined) return;
    this.#context.report({ type: 'problem', channel: this.#channel, error: data, repeats });
  }
}

const EMPTY = new Uint8Array(0);
