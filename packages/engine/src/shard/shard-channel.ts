import {
  type AudioFacts,
  FlvTag,
  type MediaPacket,
  Muxer,
  MuxerError,
  TagRole,
  TagType,
  type VideoFacts,
} from '@cloudpush/muxer';
import {
  type AmfValue,
  RtmpError,
  RtmpErrorCode,
  type RtmpPublisher,
  takesFourCc,
} from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { toErrorData } from '../errors.js';
import type { Gates } from '../memory/gate.js';
import { HEADROOM, payloadOffset } from '../memory/pool.js';
import { Command, PacketFlag, type RingConsumer } from '../memory/ring.js';
import { Counter, type ShardCounters } from '../stats/counters.js';
import { CodecHold, type PacketDescriptor } from './codec-hold.js';
import type { ConnectLimiter } from './connect-limiter.js';
import { Destination, type DestinationOwner } from './destination.js';
import type { Dropped } from './drop-policy.js';
import { fourCcOf } from './four-cc.js';
import { type BlockReturn, PacketBlock } from './packet-block.js';
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
  /** Gives a block back to the pool; the counters of its channel have moved. */
  returnBlock(index: number, channel: ShardChannel): void;
  /** Has `destination` flushed at the end of the turn. */
  markDirty(destination: Destination): void;
}

/** The shard's half of a channel: the muxer, and the destination that its tags go to. */
export class ShardChannel implements DestinationOwner, BlockReturn {
  readonly #context: ShardContext;
  readonly #channel: number;
  readonly #muxer: Muxer;
  readonly #destination: Destination;
  readonly #problems = new ProblemLimiter();
  /** What the last description told. */
  #videoFacts: VideoFacts | undefined;
  #audioFacts: AudioFacts | undefined;
  #descriptions = 0;
  /** FourCCs of the codecs that the server has said it takes, with the command that their packets come by. */
  readonly #agreed = new Map<string, Command>();
  /** The caller, and not the server, decides about the form of H.265. */
  readonly #hevcIsGiven: boolean;
  readonly hold = new CodecHold();
  #publisher: RtmpPublisher | undefined;
  /** One packet object and one array for all packets: neither outlives the call into the muxer. */
  readonly #packet: MediaPacket = { data: EMPTY, headroom: HEADROOM, dts: 0, pts: 0 };
  readonly #tags: FlvTag[] = [];

  constructor(context: ShardContext, channel: number, config: ChannelConfig) {
    this.#context = context;
    this.#channel = channel;
    this.#hevcIsGiven = config.hevc !== 'auto';
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
  accept(ring: RingConsumer): void {
    const block = new PacketBlock(this, ring.block, ring.enqueuedAt);
    if (this.#destination.ended) block.release(false);
    else this.#take(ring, block);
  }

  /** The last holder of a packet has let go of it. */
  returnBlock(block: PacketBlock): void {
    const { counters } = this.#context;
    if (block.lost) counters.add(this.#channel, Counter.packetsLost, 1);
    else if (block.timed) counters.latency.record(monotonicNow() - block.enqueuedAt);
    this.#context.returnBlock(block.index, this);
  }

  /** Sends what came before, then ends the stream cleanly. */
  close(): void {
    this.#destination.close();
  }

  abort(error: Error): void {
    this.#destination.destroy(error);
  }

  onConnected(publisher: RtmpPublisher): void {
    this.#publisher = publisher;
    this.#context.report({ type: 'connected', channel: this.#channel });
    // After a lost connection it may be another server that answers.
    for (const [fourCc, command] of this.#agreed) this.#agreeOn(command, fourCc, publisher);
    for (const packet of this.hold.takeAll()) this.#take(packet, packet.block);
  }

  onDisconnected(error: Error, delay: number): void {
    this.#publisher = undefined;
    this.updateCounters();
    this.#context.report({ type: 'disconnected', channel: this.#channel, error: toErrorData(error), delay });
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#context.report({ type: 'command', channel: this.#channel, name, args });
  }

  onWarning(message: string): void {
    this.#context.report({ type: 'warning', channel: this.#channel, message });
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
    for (const { block } of this.hold.takeAll()) block.release(false);
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
    counters.set(this.#channel, Counter.queuedMs, this.#destination.queuedMs);
  }

  #take(packet: PacketDescriptor, block: PacketBlock): void {
    const fourCc = fourCcOf(packet.command, packet.codec);
    const isGiven = fourCc === 'hvc1' && this.#hevcIsGiven;
    const isOpen = fourCc !== undefined && !isGiven && !this.#agreed.has(fourCc);
    if (this.#publisher === undefined && (isOpen || !this.hold.isEmpty)) {
      this.hold.add(packet, block);
      this.#destination.boundQueue();
      return;
    }
    if (isOpen) this.#agreeOn(packet.command, fourCc, this.#publisher!);
    this.#mux(packet, block);
  }

  /** Asks the server whether, and in which form, it takes a codec. */
  #agreeOn(command: Command, fourCc: string, publisher: RtmpPublisher): void {
    this.#agreed.set(fourCc, command);
    try {
      if (command === Command.audio) requireFourCc(publisher, fourCc);
      else if (fourCc === 'hvc1') this.#muxer.hevcForm = publisher.videoForm(fourCc);
      else publisher.videoForm(fourCc);
    } catch (error) {
      this.#destination.destroy(error as Error);
    }
  }

  #mux({ command, codec, flags, bytes, dts, pts }: PacketDescriptor, block: PacketBlock): void {
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
    let description = this.#describeChange();
    for (const tag of this.#tags) {
      this.#destination.offer(tag, block, description);
      description = undefined;
    }
    this.#tags.length = 0;
    block.release();
  }

  /** When what is known of a track has changed, the stream is described anew. */
  #describeChange(): StreamDescription | undefined {
    const [first] = this.#tags;
    const { videoFacts, audioFacts } = this.#muxer;
    if (first === undefined || (videoFacts === this.#videoFacts && audioFacts === this.#audioFacts))
      return undefined;
    this.#videoFacts = videoFacts;
    this.#audioFacts = audioFacts;
    this.#descriptions++;
    const body = encodeStreamMetadata(videoFacts, audioFacts);
    const tag = new FlvTag(TagType.scriptData, TagRole.data, first.timestamp, [body], body.length, 0);
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

/** @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` unless the server has announced the audio codec. */
function requireFourCc({ capabilities }: RtmpPublisher, fourCc: string): void {
  if (takesFourCc(capabilities, fourCc)) return;
  const permitted = [...capabilities.fourCcs].join(', ') || 'none announced';
  throw new RtmpError(
    RtmpErrorCode.codecRefused,
    'publish',
    `the server does not take ${fourCc}; it announced: ${permitted}`,
    { details: { actual: fourCc, permitted } },
  );
}

const EMPTY = new Uint8Array(0);
