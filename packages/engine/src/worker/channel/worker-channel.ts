import { FlvTag, isKeyFrame, MuxerError, type MuxerResumption, type MuxerState } from '@cloudpush/muxer';
import { RtmpError, type RtmpPublisher } from '@cloudpush/transport';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { ProblemLimiter } from '../../base/problem-limiter.js';
import { payloadOffset } from '../../memory/block-layout.js';
import { ChannelCounter } from '../../memory/counters.js';
import { useRecord } from '../../memory/record.js';
import { Command, type RingConsumer } from '../../memory/ring.js';
import { encodeMetadataMessage } from '../../metadata/messages.js';
import type { Bitrates } from '../../metadata/on-meta-data.js';
import type { SentMetadata, StreamMetadata } from '../../metadata/types.js';
import { VIDEO_CODECS } from '../../options/codecs.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { ChannelConfig, PendingReconnect, SegmentTotals } from '../../protocol/stream.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import { StreamHeaders } from '../destination/stream-headers.js';
import { WorkerDestination } from '../destination/worker-destination.js';
import type { ShardContext } from '../shard-context.js';
import type { ChannelSource } from '../source/channel-source.js';
import type { SourceChannel } from '../source/source-context.js';
import { ChannelMuxer, type TagSink } from './channel-muxer.js';
import { CodecNegotiation } from './codec-negotiation.js';
import { FanOut } from './fan-out.js';
import { fourCcOf } from './four-cc.js';
import { GivenConfigurations } from './given-configurations.js';
import { HeldPackets, type PacketDescriptor } from './held-packets.js';
import { HevcFallback } from './hevc-fallback.js';
import { type BlockReturn, PacketBlock } from './packet-block.js';
import { type KeptPacket, PreRoll, timeOf } from './pre-roll.js';
import { type SegmentMark, Segments } from './segment-tracker.js';
import { SliceWait } from './slice-wait.js';
import { dataTag, type StreamDescription } from './stream-metadata-tracker.js';
import { TrackWait } from './track-wait.js';

/** The shard's half of a channel: the muxer, and the destinations that its tags go to. */
export class WorkerChannel implements DestinationOwner, TagSink, BlockReturn, SourceChannel {
  readonly number: number;
  readonly #context: ShardContext;
  readonly #muxer: ChannelMuxer;
  readonly #segments: Segments;
  /** Undefined: what comes between two segments is refused. */
  readonly #preRoll: PreRoll | undefined;
  /** Undefined: packets bring their configurations along. */
  readonly #given: GivenConfigurations | undefined;
  /** Destinations that are not over, by number. */
  readonly #destinations = new Map<number, WorkerDestination>();
  /** Those of them that still take tags. */
  readonly #fanOut: FanOut;
  #ended = false;
  readonly #slices: SliceWait;
  readonly #problems = new ProblemLimiter();
  readonly #codecs: CodecNegotiation;
  readonly #tracks: TrackWait;
  readonly heldPackets: HeldPackets;
  touched = false;
  /** What the shard reads itself; undefined: packets come through the ring. */
  source: ChannelSource | undefined;

  readonly #expectsDestination: () => boolean;

  /**
   * @param resume the stream that was begun on another shard
   * @param expectsDestination one is on its way: the channel does not end before it has come
   */
  constructor(
    context: ShardContext,
    number: number,
    config: ChannelConfig,
    resume: MuxerResumption | undefined,
    expectsDestination: () => boolean,
  ) {
    this.#expectsDestination = expectsDestination;
    this.#context = context;
    this.number = number;
    this.heldPackets = new HeldPackets(context.clock);
    this.#fanOut = new FanOut(number, context);
    this.#muxer = new ChannelMuxer(config, resume, (warning, lostFrames = 0) => {
      if (lostFrames > 0) this.#countInvalid();
      this.#reportProblem(warning, false);
    });
    this.#slices = new SliceWait(this.#muxer, context.clock, () => this.#sendSlices());
    this.#codecs = new CodecNegotiation(this.#muxer, config.hevc !== 'auto');
    this.#segments = new Segments(config.segment);
    const { preRoll, configurations } = config;
    const { video, audio } = configurations;
    if (video !== undefined || audio !== undefined) this.#given = new GivenConfigurations(configurations);
    if (preRoll !== undefined)
      this.#preRoll = new PreRoll(
        preRoll,
        (packet) => this.#passOver(packet),
        (packet) => this.#holdsKeyFrame(packet),
      );
    this.#tracks = new TrackWait(config.tracks, () => this.#begin(), context.clock);
    this.#tracks.note(this.#muxer.hasVideo, this.#muxer.hasAudio);
  }

  /** Takes what a packet is muxed to that goes into no segment. */
  readonly #nowhere: TagSink = {
    offer: () => {},
    refuse: (error) => this.refuse(error),
    skipPicture: () => {},
    noteState: (state) => this.noteState(state),
    skipToKeyFrame: () => {},
  };

  /** True once the last destination is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** As measured, or, before that, as reported by the caller. */
  get bitrates(): Bitrates {
    return this.#muxer.bitrates;
  }

  get waitsForTrack(): boolean {
    return this.#tracks.holds;
  }

  beginWithoutTrack(): void {
    this.#tracks.end();
  }

  isLeftBehind(number: number): boolean {
    const destination = this.find(number);
    return destination !== undefined && this.#fanOut.isLeftBehind(destination);
  }

  /**
   * Adds a destination and connects it. It takes what is muxed from now on.
   * @param movedTo where its first connection leads, instead of to what its configuration says
   */
  attach(
    number: number,
    config: DestinationConfig,
    loss: PendingReconnect | undefined,
    movedTo: ShardTarget | undefined,
  ): void {
    const headers = new StreamHeaders(this.#muxer.sequenceHeaders, this.#muxer.description);
    const destination = new WorkerDestination(
      this,
      this.#context,
      number,
      config,
      headers,
      this.#segments.state,
    );
    this.#destinations.set(number, destination);
    this.#fanOut.add(destination);
    if (movedTo !== undefined) destination.moveTo(movedTo, false);
    destination.connect(loss);
  }

  /** Ends a destination cleanly; it takes no more tags. */
  detach(number: number): void {
    const destination = this.find(number);
    if (destination === undefined) return;
    this.#muxer.flush(this);
    // What is kept back has not been offered to anyone yet.
    if (this.heldPackets.isEmpty) this.#fanOut.remove(destination);
    destination.close();
  }

  /** Takes the packet that the ring stands at. */
  accept(ring: RingConsumer): void {
    ring.configuration = this.#given?.of(ring.command, ring.codec);
    this.take(ring, new PacketBlock(this, ring.block, ring.enqueuedAt));
  }

  /** Takes a packet, through the ring or from the source. */
  take(packet: PacketDescriptor, block: PacketBlock): void {
    if (this.ended) this.#giveUp(packet, block);
    else this.#take(packet, block);
    if (this.#fanOut.canRelieve && this.#context.gates.takePressure(this.number)) this.relieve();
  }

  /** The channel holds much of the pool. */
  relieve(): void {
    this.#preRoll?.relieve();
    const begins = this.#tracks.holds && this.#isPublishing;
    this.#tracks.end();
    // What was kept back for a second track leaves now, and need not be dropped.
    if (!begins) this.#fanOut.relieve();
  }

  /** The last holder of a packet has let go of it. */
  returnBlock(block: PacketBlock): void {
    this.countReturned(block);
    this.#context.returnBlock(block.index, this);
  }

  countReturned(block: PacketBlock): void {
    const { counters } = this.#context;
    if (block.lost) counters.channels.add(this.number, ChannelCounter.packetsLost, 1);
    else if (block.timed) counters.latency.record(this.#context.clock.now() - block.enqueuedAt);
  }

  /** Sends what came before, then ends the stream cleanly, everywhere. */
  close(): void {
    this.source?.close();
    this.#muxer.flush(this);
    // A track that has not come by now does not come any more.
    this.#tracks.end();
    for (const destination of this.#destinations.values()) destination.close();
  }

  /** Resets one connection, or all of them. */
  abort(error: Error, number: number | undefined): void {
    for (const destination of this.#destinations.values())
      if (number === undefined || destination.number === number) destination.destroy(error);
  }

  /**
   * Gives everything up, without a word, so that the stream can go on with another shard: what is queued is lost.
   * @returns false when it stays, because some destination publishes, or has yet to bring something to its end.
   */
  release(): boolean {
    const destinations = [...this.#destinations.values()];
    const isFree = this.#segments.isSettled && destinations.every(({ mayRelease }) => mayRelease);
    if (this.ended || !isFree) return false;
    this.#fanOut.end();
    this.#tracks.stop();
    this.#dropSlices();
    for (const packet of this.heldPackets.takeAll()) this.#giveUp(packet, packet.block);
    for (const destination of destinations) destination.release();
    return true;
  }

  onPublishing(number: number, publisher: RtmpPublisher): void {
    // After a lost connection it may be another server that answers.
    this.#agree(number, publisher, this.#publishesBeside(number));
    for (const packet of this.heldPackets.takeAll()) this.#take(packet, packet.block);
    // They stayed for what was kept back.
    if (this.#fanOut.list.some(({ closing }) => closing)) this.#muxer.flush(this);
    for (const taker of this.#fanOut.list) if (taker.closing) this.#fanOut.remove(taker);
    this.#fanOut.reconsider();
  }

  refusalOf(publisher: RtmpPublisher): Error | undefined {
    return this.#codecs.refusalOf(publisher, true);
  }

  fallBack(number: number, publisher: RtmpPublisher): boolean {
    // Another server takes the form in which the stream has begun.
    if (this.#publishesBeside(number) || !this.#codecs.fallBack(publisher)) return false;
    const description = this.#muxer.redescribe();
    const fallback = new HevcFallback();
    for (const one of this.#destinations.values()) one.fallBack(fallback, description);
    return true;
  }

  onMoved(number: number, publisher: RtmpPublisher): void {
    this.#agree(number, publisher, true);
  }

  onLost(): void {
    this.#fanOut.reconsider();
  }

  onFull(): void {
    this.#fanOut.pause();
  }

  onRoom(): void {
    this.#fanOut.resumeIfRoom();
  }

  onRefused(error: Error): void {
    this.refuse(error);
  }

  offer(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void {
    // The room in front of a tag has place for one connection's chunk header.
    const offered = this.#fanOut.isFanOut ? withoutHeadroom(tag) : tag;
    for (const taker of this.#fanOut.list) taker.offer(offered, block, description, mark);
    // Behind it: what the stream begins with is looked for in the queues.
    if (description !== undefined) this.#tracks.note(this.#muxer.hasVideo, this.#muxer.hasAudio);
  }

  skipPicture(): void {
    for (const taker of this.#fanOut.list) taker.skipPicture();
  }

  noteState(state: MuxerState): void {
    this.#context.report({ type: 'stream', channel: this.number, state });
  }

  skipToKeyFrame(): void {
    for (const taker of this.#fanOut.list) taker.backlog.skipToKeyFrame();
  }

  /** A packet or one of its tags is no good: told, not too often, and the channel goes on. */
  refuse(error: unknown): void {
    // A fault of ours must not take the other channels of the shard down with it.
    if (!isRefusal(error)) {
      this.abort(error as Error, undefined);
      return;
    }
    this.#countInvalid();
    this.#reportProblem(error, true);
  }

  /** A packet of the source was refused before it could be muxed. */
  refuseFromSource(error: CloudPushError): void {
    this.#countInvalid();
    this.#reportProblem(error, true);
  }

  #countInvalid(): void {
    this.#context.counters.channels.add(this.number, ChannelCounter.packetsInvalid, 1);
  }

  /** What comes between two segments belongs to none of them. */
  #refuseBetweenSegments(block: PacketBlock | undefined): void {
    block?.release();
    this.#context.counters.channels.add(this.number, ChannelCounter.packetsBetweenSegments, 1);
    this.#reportProblem(betweenSegmentsError(), true);
  }

  #reportSegmentEnd(segment: number): void {
    this.#context.report({ type: 'segmentEnd', channel: this.number, segment });
  }

  #reportProblem(error: Error, refused: boolean): void {
    const data = toErrorData(error);
    // A clock that is set is not one of the small steps back that came before it.
    const kind = `${data.code} ${data.details['field']}`;
    const repeats = this.#problems.admit(kind, this.#context.clock.now());
    if (repeats === undefined) return;
    this.#context.report({ type: 'problem', channel: this.number, refused, error: data, repeats });
  }

  onSegmentEnd(destination: number, totals: SegmentTotals, taken: boolean): void {
    const { number: channel } = this;
    this.#context.report({ type: 'segmentLeft', channel, destination, totals, taken });
    if (this.#segments.settle(totals.number, destination)) this.#reportSegmentEnd(totals.number);
  }

  onEnded(number: number): void {
    for (const segment of this.#segments.leave(number)) this.#reportSegmentEnd(segment);
    const destination = this.find(number);
    this.#destinations.delete(number);
    if (destination !== undefined) this.#fanOut.remove(destination);
    this.#endIfLeft();
  }

  /** Ends on a fault, with all its destinations, and also when it has none. */
  fail(error: Error): void {
    this.abort(error, undefined);
    this.#endIfLeft();
  }

  /** The last destination is over, and no other has been added. */
  #endIfLeft(): void {
    if (this.#destinations.size > 0 || this.#ended || this.#expectsDestination()) return;
    this.#ended = true;
    this.source?.close();
    this.#fanOut.end();
    this.#tracks.stop();
    this.#dropSlices();
    for (const packet of this.heldPackets.takeAll()) this.#giveUp(packet, packet.block);
    for (const { block } of this.#preRoll?.takeAll() ?? []) block.release(false);
    this.#context.report({ type: 'ended', channel: this.number });
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    this.#context.counters.channels.set(this.number, ChannelCounter.elapsed, this.#muxer.elapsed);
    for (const destination of this.#destinations.values()) destination.updateCounters();
    this.source?.updateCounters();
  }

  /** A destination that is not over. */
  find(number: number): WorkerDestination | undefined {
    return this.#destinations.get(number);
  }

  #take(packet: PacketDescriptor, block: PacketBlock): void {
    if (!this.#segments.isOpen && packet.command !== Command.metadata) {
      if (this.#preRoll === undefined) this.#refuseBetweenSegments(block);
      else this.#preRoll.add(packet, block);
      return;
    }
    const fourCc = fourCcOf(packet.command, packet.codec);
    const question = fourCc !== undefined && this.#codecs.isOpen(fourCc) ? fourCc : undefined;
    if (question !== undefined || !this.heldPackets.isEmpty) {
      if (!this.#isPublishing) {
        this.heldPackets.add(packet, block);
        for (const destination of this.#fanOut.list) destination.backlog.bound();
        return;
      }
      if (question !== undefined) this.#askAll(question);
    }
    if (packet.command === Command.metadata) this.#tell(packet, block);
    else {
      this.#muxer.mux(packet, this.#payload(block, packet.bytes), block, this);
      if (this.#muxer.heldPicture !== 0) this.#slices.begin();
      // When all are leaving, it goes nowhere.
      block.release(this.#fanOut.list.length > 0);
    }
  }

  /** The picture that waits for more of its slices goes out as it is. */
  #sendSlices(): void {
    this.#contain(() => {
      this.#muxer.flush(this);
      for (const destination of this.#destinations.values()) destination.flush();
    });
  }

  /** Nothing is waited for any more: the stream begins wherever it is being published. */
  #begin(): void {
    this.#contain(() => {
      for (const taker of this.#fanOut.list) taker.onTracksKnown();
    });
  }

  /** A fault in what a timer does ends this channel, and not the thread with all the others. */
  #contain(act: () => void): void {
    try {
      act();
    } catch (fault) {
      this.fail(CloudPushError.wrap(fault));
    }
  }

  #dropSlices(): void {
    this.#slices.stop();
    this.#muxer.dropHeld();
  }

  /** Some destination is publishing. */
  get #isPublishing(): boolean {
    return [...this.#destinations.values()].some((one) => one.publisher !== undefined);
  }

  /** Some destination but this one is publishing. */
  #publishesBeside(number: number): boolean {
    return [...this.#destinations.values()].some(
      (one) => one.number !== number && one.publisher !== undefined,
    );
  }

  /** Asks every server whether it takes a codec; the first one decides about the form. */
  #askAll(fourCc: string): void {
    this.#codecs.note(fourCc);
    let settled = false;
    for (const destination of this.#destinations.values()) {
      const { publisher } = destination;
      if (publisher === undefined) continue;
      this.#agree(destination.number, publisher, settled, fourCc);
      settled = true;
    }
  }

  /** A server that cannot take the stream loses it. */
  #agree(number: number, publisher: RtmpPublisher, settled: boolean, only?: string): void {
    const destination = this.find(number);
    if (destination === undefined) return;
    const refusal = this.#codecs.refusalOf(publisher, settled, only);
    const warning = settled ? this.#codecs.warningOf(number, publisher) : undefined;
    if (refusal !== undefined) destination.destroy(refusal);
    else if (warning !== undefined) destination.onWarning(warning);
  }

  /** Sends metadata, in order with the media, or does what it asks for. */
  #tell({ bytes, pts }: PacketDescriptor, block: PacketBlock): void {
    this.#muxer.flush(this);
    useRecord<StreamMetadata>(this.#payload(block, bytes), (metadata) => {
      try {
        if (metadata.type === 'videoEncrypt' || metadata.type === 'audioEncrypt')
          this.#muxer.encrypt(metadata);
        else if (metadata.type === 'streamStart' && !this.#segments.isOpen)
          this.#startSegment(metadata, pts, block);
        else if (!this.#segments.isOpen) this.#refuseBetweenSegments(undefined);
        else if (metadata.type === 'streamEnd') this.#endSegment(metadata, pts, block);
        else this.#sendMetadata(metadata, this.#muxer.stamp(pts), block, undefined, undefined);
      } catch (error) {
        this.refuse(error);
      }
    });
    block.release();
  }

  #startSegment(metadata: SentMetadata, pts: number, block: PacketBlock): void {
    const kept = this.#preRoll?.takeAll() ?? [];
    const [first] = kept;
    const description = this.#muxer.restart();
    const mark = this.#segments.start();
    const time = first === undefined ? pts : timeOf(first);
    this.#sendMetadata(metadata, this.#muxer.stamp(time), block, description, mark);
    for (const packet of kept) this.#take(packet, packet.block);
  }

  /** A packet goes into no segment: the muxer reads it all the same, as it may hold what later ones are decoded with. */
  #passOver(packet: KeptPacket): void {
    const { block } = packet;
    this.#muxer.mux(packet, this.#payload(block, packet.bytes), block, this.#nowhere);
    this.#muxer.flush(this.#nowhere);
    block.release();
  }

  #holdsKeyFrame({ codec, bytes, configuration, block }: KeptPacket): boolean {
    return isKeyFrame(VIDEO_CODECS[codec]!, this.#payload(block, bytes), configuration);
  }

  #endSegment(metadata: SentMetadata, pts: number, block: PacketBlock): void {
    const mark = this.#segments.end(this.#fanOut.list.map(({ number }) => number));
    this.#sendMetadata(metadata, this.#stampOfEnd(pts), block, undefined, mark);
    this.#tracks.end();
  }

  /** A segment ends, whatever the time that it is given. */
  #stampOfEnd(pts: number): number {
    try {
      return this.#muxer.stamp(pts);
    } catch (error) {
      this.refuse(error);
      return this.#muxer.stamp(Number.NaN);
    }
  }

  #sendMetadata(
    metadata: SentMetadata,
    timestamp: number,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void {
    if (metadata.type === 'bitrate') this.#muxer.reportedBitrates = metadata;
    const { measuredBitrates: bitrates } = this.#muxer;
    for (const taker of this.#fanOut.list) {
      const body = encodeMetadataMessage(metadata, bitrates, taker.dropped);
      taker.offer(dataTag(body, timestamp), block, description, mark);
    }
  }

  #giveUp({ command, bytes }: PacketDescriptor, block: PacketBlock): void {
    // It may hold a key.
    if (command === Command.metadata) this.#payload(block, bytes).fill(0);
    block.release(false);
  }

  #payload(block: PacketBlock, bytes: number): Uint8Array {
    return new Uint8Array(this.#context.pool, payloadOffset(block.index), bytes);
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof MuxerError || error instanceof RtmpError;
}

function betweenSegmentsError(): CloudPushError {
  const message = 'the segment has ended, and the next has not started; permitted: streamStart';
  return new CloudPushError('ERR_CLOUDPUSH_BETWEEN_SEGMENTS', message);
}

function withoutHeadroom(tag: FlvTag): FlvTag {
  return tag.headroom === 0 ? tag : new FlvTag(tag.type, tag.role, tag.timestamp, tag.parts, tag.size, 0);
}
