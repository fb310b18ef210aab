import {
  type AudioFacts,
  FlvTag,
  type MediaPacket,
  Muxer,
  MuxerError,
  type MuxerResumption,
  TagRole,
  TagType,
  type VideoFacts,
} from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode, type RtmpPublisher, takesFourCc } from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { toErrorData } from '../errors.js';
import { HEADROOM, payloadOffset } from '../memory/pool.js';
import { takeRecord } from '../memory/record.js';
import { Command, PacketFlag, type RingConsumer } from '../memory/ring.js';
import type { StreamMetadata } from '../metadata.js';
import { ChannelCounter } from '../stats/counters.js';
import { BitrateMeter } from './bitrate-meter.js';
import { CodecHold, type PacketDescriptor } from './codec-hold.js';
import { isAudioFrame, isPicture } from './drop-policy.js';
import { fourCcOf } from './four-cc.js';
import { encodeMetadataMessage, type Measured } from './metadata-message.js';
import { type BlockReturn, PacketBlock } from './packet-block.js';
import { ProblemLimiter } from './problem-limiter.js';
import {
  AUDIO_CODECS,
  type ChannelConfig,
  type DestinationConfig,
  type Loss,
  VIDEO_CODECS,
} from './protocol.js';
import type { StreamDescription } from './send-queue.js';
import type { Counted, ShardContext } from './shard-context.js';
import { type DestinationOwner, ShardDestination } from './shard-destination.js';
import { StreamHeaders } from './stream-headers.js';
import { encodeStreamMetadata } from './stream-metadata.js';

/** The shard's half of a channel: the muxer, and the destinations that its tags go to. */
export class ShardChannel implements DestinationOwner, BlockReturn, Counted {
  readonly number: number;
  readonly #context: ShardContext;
  readonly #muxer: Muxer;
  /** Destinations that are not over. */
  readonly #destinations = new Set<ShardDestination>();
  /** Those of them that still take tags. */
  #takers: ShardDestination[] = [];
  #ended = false;
  readonly #problems = new ProblemLimiter();
  /** What the last description told. */
  #videoFacts: VideoFacts | undefined;
  #audioFacts: AudioFacts | undefined;
  #description: StreamDescription | undefined;
  /** FourCCs of the codecs that a server has said it takes, with the command that their packets come by. */
  readonly #agreed = new Map<string, Command>();
  /** The caller, and not the server, decides about the form of H.265. */
  readonly #hevcIsGiven: boolean;
  readonly hold = new CodecHold();
  touched = false;
  readonly #videoBitrate = new BitrateMeter();
  readonly #audioBitrate = new BitrateMeter();
  /** One packet object and one array for all packets: neither outlives the call into the muxer. */
  readonly #packet: MediaPacket = { data: EMPTY, headroom: HEADROOM, dts: 0, pts: 0 };
  readonly #tags: FlvTag[] = [];
  /** The caller's thread knows when the stream began. */
  #begun: boolean;
  /** The stream goes on here, and no picture of it has come yet. */
  #awaitsPicture: boolean;

  /** @param resume the stream that was begun on another shard */
  constructor(
    context: ShardContext,
    number: number,
    config: ChannelConfig,
    resume: MuxerResumption | undefined,
  ) {
    this.#context = context;
    this.number = number;
    this.#hevcIsGiven = config.hevc !== 'auto';
    this.#muxer = new Muxer({
      hevcForm: config.hevc === 'legacy' ? 'legacy' : 'enhanced',
      inputClock: config.inputClock,
      resume,
    });
    this.#begun = resume !== undefined;
    this.#awaitsPicture = resume !== undefined;
    this.#describe(0);
  }

  /** True once the last destination is over. */
  get ended(): boolean {
    return this.#ended;
  }

  isFastest(destination: ShardDestination): boolean {
    return !this.#takers.some((other) => other !== destination && other.isAheadOf(destination));
  }

  /** Adds a destination and connects it. It takes what is muxed from now on. */
  attach(number: number, config: DestinationConfig, loss: Loss | undefined): void {
    const headers = new StreamHeaders(this.#muxer.sequenceHeaders(0), this.#description);
    const destination = new ShardDestination(this, this.#context, number, config, headers);
    this.#destinations.add(destination);
    this.#takers = [...this.#takers, destination];
    this.#reconsider();
    destination.connect(loss);
  }

  /** Ends a destination cleanly; it takes no more tags. */
  detach(number: number): void {
    const destination = this.find(number);
    if (destination === undefined) return;
    // What is kept back has not been offered to anyone yet.
    if (this.hold.isEmpty) this.#takers = this.#takers.filter((taker) => taker !== destination);
    destination.close();
  }

  /** Takes the packet that the ring stands at. */
  accept(ring: RingConsumer): void {
    const block = new PacketBlock(this, ring.block, ring.enqueuedAt);
    if (this.ended) block.release(false);
    else this.#take(ring, block);
    if (this.#isFanOut && this.#context.gates.takePressure(this.number)) this.relieve();
  }

  /** The channel holds much of the pool: a destination that lags behind the fastest lets go of some of it. */
  relieve(): void {
    let slowest: ShardDestination | undefined;
    for (const taker of this.#takers)
      if (!this.isFastest(taker) && taker.waitingBytes > (slowest?.waitingBytes ?? 0)) slowest = taker;
    slowest?.relieve();
  }

  /** The last holder of a packet has let go of it. */
  returnBlock(block: PacketBlock): void {
    const { counters } = this.#context;
    if (block.lost) counters.channels.add(this.number, ChannelCounter.packetsLost, 1);
    else if (block.timed) counters.latency.record(monotonicNow() - block.enqueuedAt);
    this.#context.returnBlock(block.index, this);
  }

  /** Sends what came before, then ends the stream cleanly, everywhere. */
  close(): void {
    for (const destination of this.#destinations) destination.close();
  }

  /** Resets one connection, or all of them. */
  abort(error: Error, number: number | undefined): void {
    for (const destination of this.#destinations)
      if (number === undefined || destination.number === number) destination.destroy(error);
  }

  onPublishing(destination: ShardDestination, publisher: RtmpPublisher): void {
    // After a lost connection it may be another server that answers.
    for (const [fourCc, command] of this.#agreed)
      this.#agreeOn(command, fourCc, destination, publisher, this.#publishesBeside(destination));
    for (const packet of this.hold.takeAll()) this.#take(packet, packet.block);
    this.#reconsider();
  }

  onMoved(destination: ShardDestination, publisher: RtmpPublisher): void {
    for (const [fourCc, command] of this.#agreed)
      this.#agreeOn(command, fourCc, destination, publisher, true);
  }

  onLost(): void {
    this.#reconsider();
  }

  onFull(): void {
    this.#context.gates.close(this.number);
    this.#context.report({ type: 'pause', channel: this.number });
  }

  onRoom(): void {
    this.#context.gates.open(this.number);
    this.#context.report({ type: 'resume', channel: this.number });
  }

  onRefused(error: Error): void {
    this.#refuse(error);
  }

  onEnded(destination: ShardDestination): void {
    this.#destinations.delete(destination);
    this.#takers = this.#takers.filter((taker) => taker !== destination);
    if (this.#destinations.size > 0) {
      this.#reconsider();
      return;
    }
    this.#ended = true;
    for (const { block } of this.hold.takeAll()) block.release(false);
    this.#context.report({ type: 'ended', channel: this.number });
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    this.#context.counters.channels.set(this.number, ChannelCounter.elapsed, this.#muxer.elapsed);
    for (const destination of this.#destinations) destination.updateCounters();
  }

  /** A destination that is not over. */
  find(number: number): ShardDestination | undefined {
    for (const destination of this.#destinations) if (destination.number === number) return destination;
    return undefined;
  }

  get #isFanOut(): boolean {
    return this.#takers.length > 1;
  }

  /** Who is the fastest may have changed. */
  #reconsider(): void {
    for (const taker of this.#takers) taker.reconsider();
  }

  #take(packet: PacketDescriptor, block: PacketBlock): void {
    const fourCc = fourCcOf(packet.command, packet.codec);
    const isGiven = fourCc === 'hvc1' && this.#hevcIsGiven;
    const isOpen = fourCc !== undefined && !isGiven && !this.#agreed.has(fourCc);
    if (isOpen || !this.hold.isEmpty) {
      if (!this.#isPublishing) {
        this.hold.add(packet, block);
        for (const destination of this.#takers) destination.boundQueue();
        return;
      }
      if (isOpen) this.#agree(packet.command, fourCc);
    }
    if (packet.command === Command.metadata) this.#tell(packet, block);
    else this.#mux(packet, block);
  }

  /** Some destination is publishing. */
  get #isPublishing(): boolean {
    return [...this.#destinations].some((one) => one.publisher !== undefined);
  }

  /** Some destination but this one is publishing. */
  #publishesBeside(destination: ShardDestination): boolean {
    return [...this.#destinations].some((one) => one !== destination && one.publisher !== undefined);
  }

  /** Asks every server whether it takes a codec; the first one decides about the form. */
  #agree(command: Command, fourCc: string): void {
    let settled = false;
    for (const destination of this.#destinations) {
      const { publisher } = destination;
      if (publisher === undefined) continue;
      this.#agreeOn(command, fourCc, destination, publisher, settled);
      settled = true;
    }
  }

  /**
   * Asks a server whether it takes a codec.
   * @param settled the stream is muxed once, and its form has been decided: one form serves all.
   */
  #agreeOn(
    command: Command,
    fourCc: string,
    destination: ShardDestination,
    publisher: RtmpPublisher,
    settled: boolean,
  ): void {
    this.#agreed.set(fourCc, command);
    try {
      if (command === Command.audio) requireFourCc(publisher, fourCc);
      else if (fourCc !== 'hvc1') publisher.videoForm(fourCc);
      else if (settled) publisher.videoForm(fourCc, this.#muxer.hevcForm);
      else this.#muxer.hevcForm = publisher.videoForm(fourCc);
    } catch (error) {
      destination.destroy(error as Error);
    }
  }

  /** Sends metadata, in order with the media. */
  #tell({ bytes, pts }: PacketDescriptor, block: PacketBlock): void {
    const metadata = takeRecord<StreamMetadata>(this.#payload(block, bytes));
    const stamps: FlvTag[] = [];
    try {
      this.#muxer.scriptData({ data: EMPTY, headroom: 0, dts: pts, pts }, stamps);
    } catch (error) {
      this.#refuse(error as MuxerError);
    }
    for (const { timestamp } of stamps)
      for (const taker of this.#takers) {
        const body = encodeMetadataMessage(metadata, this.#measuredFor(taker));
        const tag = new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
        taker.offer(tag, block, undefined);
      }
    block.release();
  }

  #measuredFor({ dropped }: ShardDestination): Measured {
    return {
      audioBitrate: this.#audioBitrate.rate ?? 0,
      videoBitrate: this.#videoBitrate.rate ?? 0,
      audioDropped: dropped.audio,
      videoDropped: dropped.video,
    };
  }

  #payload(block: PacketBlock, bytes: number): Uint8Array {
    return new Uint8Array(this.#context.pool, payloadOffset(block.index), bytes);
  }

  #mux({ command, codec, flags, bytes, dts, pts }: PacketDescriptor, block: PacketBlock): void {
    const packet = this.#packet;
    packet.data = this.#payload(block, bytes);
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
      if (error instanceof MuxerError && this.#awaitsPicture && isBeforeKeyFrame(error)) this.#skipPicture();
      else if (error instanceof MuxerError) this.#refuse(error);
      // A fault of ours must not take the other channels of the shard down with it.
      else this.abort(error as Error, undefined);
    }
    if (this.#tags.length > 0) this.#tellState();
    let description = this.#describeChange();
    for (const tag of this.#tags) {
      this.#measure(tag);
      if (tag.type === TagType.video) this.#awaitsPicture = false;
      this.#offer(tag, block, description);
      description = undefined;
    }
    this.#tags.length = 0;
    block.release();
  }

  #offer(tag: FlvTag, block: PacketBlock, description: StreamDescription | undefined): void {
    // The room in front of a tag has place for one connection's chunk header.
    const offered = this.#isFanOut ? withoutHeadroom(tag) : tag;
    for (const taker of this.#takers) taker.offer(offered, block, description);
  }

  #measure(tag: FlvTag): void {
    if (isPicture(tag)) this.#videoBitrate.add(tag.size, tag.timestamp);
    else if (isAudioFrame(tag)) this.#audioBitrate.add(tag.size, tag.timestamp);
  }

  /** When what is known of a track has changed, the stream is described anew. */
  #describeChange(): StreamDescription | undefined {
    const [first] = this.#tags;
    const { videoFacts, audioFacts } = this.#muxer;
    if (first === undefined || (videoFacts === this.#videoFacts && audioFacts === this.#audioFacts))
      return undefined;
    this.#describe(first.timestamp);
    return this.#description;
  }

  #describe(timestamp: number): void {
    const { videoFacts, audioFacts } = this.#muxer;
    this.#videoFacts = videoFacts;
    this.#audioFacts = audioFacts;
    if (videoFacts === undefined && audioFacts === undefined) return;
    const body = encodeStreamMetadata(videoFacts, audioFacts);
    const tag = new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
    this.#description = { tag, version: (this.#description?.version ?? 0) + 1 };
  }

  /** Lets the caller's thread know, when it has changed, what another shard would need to go on with the stream. */
  #tellState(): void {
    if (this.#begun && !this.#tags.some(isSequenceHeader)) return;
    this.#begun = true;
    this.#context.report({ type: 'stream', channel: this.number, state: this.#muxer.state! });
  }

  /** A picture of a stream that goes on, before its next key frame. */
  #skipPicture(): void {
    for (const taker of this.#takers) taker.skipPicture();
  }

  /** A packet or one of its tags is no good: told, not too often, and the channel goes on. */
  #refuse(error: Error): void {
    const data = toErrorData(error);
    this.#context.counters.channels.add(this.number, ChannelCounter.packetsInvalid, 1);
    const repeats = this.#problems.admit(data.code, monotonicNow());
    if (repeats === undefined) return;
    this.#context.report({ type: 'problem', channel: this.number, error: data, repeats });
  }
}

function withoutHeadroom(tag: FlvTag): FlvTag {
  return tag.headroom === 0 ? tag : new FlvTag(tag.type, tag.role, tag.timestamp, tag.parts, tag.size, 0);
}

function isSequenceHeader({ role }: FlvTag): boolean {
  return role === TagRole.videoSequenceHeader || role === TagRole.audioSequenceHeader;
}

/** The muxer cannot begin with this picture. */
function isBeforeKeyFrame({ code }: MuxerError): boolean {
  return code === 'ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME' || code === 'ERR_CLOUDPUSH_AV1_NO_SEQUENCE_HEADER';
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
