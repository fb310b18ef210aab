import { useRecord } from '../../memory/record.js';
import { encodeMetadataMessage } from '../../metadata/messages.js';
import type { SentMetadata, StreamMetadata } from '../../metadata/types.js';
import type { ChannelConfig, SegmentState, SegmentTotals } from '../../protocol/stream.js';
import type { ShardContext } from '../shard-context.js';
import type { ChannelMuxer } from './channel-muxer.js';
import type { ChannelProblems } from './channel-problems.js';
import type { FanOut } from './fan-out.js';
import type { PacketDescriptor } from './held-packets.js';
import { isKeyPicture } from './key-picture.js';
import { type PacketBlock, payloadOf } from './packet-block.js';
import { type KeptPacket, PreRoll, timeOf } from './pre-roll.js';
import { type SegmentMark, SegmentTracker } from './segment-tracker.js';
import { StandbyMedia, type WaitEnd } from './standby-media.js';
import { dataTag, type StreamDescription } from './stream-metadata-tracker.js';
import { discardingSink, type TagSink } from './tag-sink.js';
import type { TrackWait } from './track-wait.js';

/** The stream that segments are cut from. */
export interface SegmentedStream {
  /** The channel's number. */
  readonly channel: number;
  readonly context: Pick<ShardContext, 'pool' | 'report'>;
  readonly muxer: ChannelMuxer;
  /** Takes the tags of the segment that is open. */
  readonly output: TagSink;
  readonly fanOut: FanOut;
  readonly problems: ChannelProblems;
  readonly tracks: TrackWait;
}

type State =
  | { readonly kind: 'open'; readonly number: number }
  /** No destination has come yet: the latest media is kept for the first ones. */
  | { readonly kind: 'standby'; readonly number: number; readonly isTold: boolean }
  /** The segment with this number has ended, and the next has not started. */
  | { readonly kind: 'between'; readonly number: number };

const NONE: readonly KeptPacket[] = [];

/** Metadata as it goes out. */
interface StampedMetadata {
  readonly metadata: SentMetadata;
  /** ms on the stream's clock. */
  readonly time: number;
  readonly block: PacketBlock;
  readonly description?: StreamDescription | undefined;
  readonly mark?: SegmentMark;
}

/**
 * The segments of a channel, as the caller's metadata cuts them from its media: metadata goes out in order
 * with the media, or starts and ends segments; media that comes between two of them is kept for the next one,
 * or refused.
 */
export class ChannelSegments {
  readonly #stream: SegmentedStream;
  /** Undefined: media between two segments is refused. */
  readonly #preRoll: PreRoll | undefined;
  /** Undefined: it was opened with a destination. */
  readonly #standby: StandbyMedia | undefined;
  readonly #nowhere: TagSink;
  readonly #tracker = new SegmentTracker();
  #state: State;

  constructor(
    stream: SegmentedStream,
    { segment, preRoll, standby }: Pick<ChannelConfig, 'segment' | 'preRoll' | 'standby'>,
  ) {
    this.#stream = stream;
    this.#nowhere = discardingSink(stream.output);
    const { number, isOpen } = segment;
    const length = standby ? 0 : preRoll;
    // Between two segments it has had a destination, on another shard.
    if (!isOpen) this.#state = { kind: 'between', number };
    else this.#state = standby ? { kind: 'standby', number, isTold: false } : { kind: 'open', number };
    const { pool } = stream.context;
    const giveUp = (packet: KeptPacket): void => this.#passOver(packet);
    if (standby) this.#standby = new StandbyMedia(pool, giveUp);
    if (length !== undefined)
      this.#preRoll = new PreRoll(length, giveUp, (packet) => isKeyPicture(pool, packet, packet.block));
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** It has had no destination. */
  get isStandby(): boolean {
    return this.#state.kind === 'standby';
  }

  /** The key frame has come that the first destinations are to begin with, or they may begin with any. */
  get isReady(): boolean {
    return this.#standby?.isReady ?? true;
  }

  /** A segment is under way, and none of those before has yet to end at some destination. */
  get isSettled(): boolean {
    return this.isOpen && this.#tracker.isEmpty;
  }

  /** The segment that a destination which is added now finds. */
  get state(): SegmentState {
    return { number: this.#state.number, isOpen: this.isOpen };
  }

  /** Takes media that has come between two segments, or before the first destination. */
  keep(packet: PacketDescriptor, block: PacketBlock): void {
    const state = this.#state;
    if (state.kind === 'standby') {
      this.#standby?.add(packet, block);
      if (state.isTold || !this.#standby?.hasStart) return;
      this.#state = { ...state, isTold: true };
      this.#reportStandingBy();
    } else if (this.#preRoll === undefined) {
      block.release();
      this.#stream.problems.refuseBetweenSegments();
    } else this.#preRoll.add(packet, block);
  }

  /** The first destinations are to begin with a key frame that somebody else has ended before. */
  awaitKeyFrame(id: string): void {
    if (this.isStandby) this.#standby?.await(id);
  }

  /**
   * The first destinations are about to come.
   * @returns the media that was kept for them, from a key frame on: it comes next
   */
  begin(end: WaitEnd): readonly KeptPacket[] {
    const state = this.#state;
    if (state.kind !== 'standby') return NONE;
    this.#state = { kind: 'open', number: state.number };
    // Nothing is kept for a first destination any more: whoever waits for that would do so for ever.
    if (!state.isTold) this.#reportStandingBy();
    const kept = this.#standby?.take(end) ?? NONE;
    // The stream begins with these, and not with what was given up.
    const { muxer } = this.#stream;
    if (kept.length > 0 || muxer.hasVideo || muxer.hasAudio) muxer.restart();
    return kept;
  }

  /**
   * Sends metadata, in order with the media, or does what it asks for, and lets go of its block.
   * @returns the media that was kept, when a segment has started: it comes next
   */
  onMetadata({ bytes, pts }: PacketDescriptor, block: PacketBlock): readonly KeptPacket[] {
    const { context, muxer, output, problems } = this.#stream;
    muxer.flush(output);
    let kept = NONE;
    useRecord<StreamMetadata>(payloadOf(context.pool, block, bytes), (metadata) => {
      try {
        kept = this.#handle(metadata, pts, block);
      } catch (error) {
        problems.refuse(error);
      }
    });
    block.release();
    return kept;
  }

  /** The channel holds much of the pool: of what is kept, the latest group of pictures must do. */
  relieve(): void {
    this.#standby?.relieve();
    this.#preRoll?.relieve();
  }

  /** Gives up what is kept: no segment follows. */
  giveUp(): void {
    for (const { block } of this.#standby?.end() ?? NONE) block.release(false);
    for (const { block } of this.#preRoll?.takeAll() ?? NONE) block.release(false);
  }

  /**
   * A destination has handed a segment over to its end; `taken` is false when its tail was lost with the
   * connection.
   */
  onLeft(destination: number, totals: SegmentTotals, taken: boolean): void {
    const { channel, context } = this.#stream;
    context.report({ type: 'segmentLeft', channel, destination, totals, taken });
    if (this.#tracker.settle(totals.number, destination)) this.#reportEnd(totals.number);
  }

  /** A destination is over: no segment waits for it any more. */
  leave(destination: number): void {
    for (const segment of this.#tracker.leave(destination)) this.#reportEnd(segment);
  }

  #handle(metadata: StreamMetadata, pts: number, block: PacketBlock): readonly KeptPacket[] {
    if (metadata.type === 'videoEncrypt' || metadata.type === 'audioEncrypt') {
      this.#stream.muxer.encrypt(metadata);
      return NONE;
    }
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        if (metadata.type === 'streamEnd') this.#end(state.number, metadata, pts, block);
        else this.#send({ metadata, time: this.#stream.muxer.stamp(pts), block });
        return NONE;
      case 'standby':
        this.#send({ metadata, time: this.#stream.muxer.stamp(pts), block });
        return NONE;
      case 'between':
        if (metadata.type === 'streamStart') return this.#start(state.number + 1, metadata, pts, block);
        this.#stream.problems.refuseBetweenSegments();
        return NONE;
      default:
        return state satisfies never;
    }
  }

  #start(number: number, metadata: SentMetadata, pts: number, block: PacketBlock): readonly KeptPacket[] {
    const kept = this.#preRoll?.takeAll() ?? NONE;
    const [first] = kept;
    const description = this.#stream.muxer.restart();
    this.#state = { kind: 'open', number };
    const time = this.#stampOfBorder(first === undefined ? pts : timeOf(first));
    this.#send({ metadata, time, block, description, mark: { border: 'start', number } });
    return kept;
  }

  #end(number: number, metadata: SentMetadata, pts: number, block: PacketBlock): void {
    const { fanOut, tracks } = this.#stream;
    this.#state = { kind: 'between', number };
    this.#tracker.add(
      number,
      fanOut.list.map((taker) => taker.number),
    );
    this.#send({ metadata, time: this.#stampOfBorder(pts), block, mark: { border: 'end', number } });
    tracks.end();
  }

  /** A segment starts and ends, whatever the time that it is given. */
  #stampOfBorder(pts: number): number {
    const { muxer, problems } = this.#stream;
    try {
      return muxer.stamp(pts);
    } catch (error) {
      problems.refuse(error);
      return muxer.stamp(Number.NaN);
    }
  }

  #send({ metadata, time, block, description, mark }: StampedMetadata): void {
    const { muxer, fanOut } = this.#stream;
    if (metadata.type === 'bitrate') muxer.bitrates.reported = metadata;
    const { measured } = muxer.bitrates;
    for (const taker of fanOut.list) {
      const body = encodeMetadataMessage(metadata, measured, taker.counters.dropped);
      taker.offer(dataTag(body, time), block, description, mark);
    }
  }

  /**
   * A packet goes into no segment: the muxer reads it all the same, as it may hold what later ones are
   * decoded with.
   */
  #passOver(packet: KeptPacket): void {
    const { context, muxer } = this.#stream;
    const { block, bytes } = packet;
    try {
      muxer.mux(packet, payloadOf(context.pool, block, bytes), block, this.#nowhere);
      muxer.flush(this.#nowhere);
    } finally {
      block.release();
    }
  }

  #reportStandingBy(): void {
    this.#stream.context.report({ type: 'standingBy', channel: this.#stream.channel });
  }

  #reportEnd(segment: number): void {
    const { channel, context } = this.#stream;
    context.report({ type: 'segmentEnd', channel, segment });
  }
}
