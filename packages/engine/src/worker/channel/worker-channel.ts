import type { RtmpPublisher } from '@cloudpush/transport';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { ChannelCounter } from '../../memory/counters.js';
import { Command, type RingConsumer } from '../../memory/ring.js';
import type { Bitrates } from '../../metadata/on-meta-data.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { ChannelConfig, PendingReconnect, SegmentTotals } from '../../protocol/stream.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import type { WorkerDestination } from '../destination/worker-destination.js';
import type { ShardContext } from '../shard-context.js';
import type { ChannelSource } from '../source/channel-source.js';
import type { SourceChannel } from '../source/source-context.js';
import type { AudioCarrier } from './audio-rides.js';
import type { ChannelBeginning } from './channel-beginning.js';
import { ChannelMuxer } from './channel-muxer.js';
import { ChannelProblems } from './channel-problems.js';
import { ChannelSegments } from './channel-segments.js';
import { DestinationTable } from './destination-table.js';
import { FanOut } from './fan-out.js';
import { HeldPackets, type PacketDescriptor } from './held-packets.js';
import { type BlockReturn, PacketBlock } from './packet-block.js';
import { PacketIntake } from './packet-intake.js';
import { ServerAdmission } from './server-admission.js';
import { SliceWait } from './slice-wait.js';
import { TagOutput } from './tag-output.js';
import { TrackWait } from './track-wait.js';

/** The shard's half of a channel: packets come in, are muxed once, and their tags go to its destinations. */
export class WorkerChannel implements DestinationOwner, BlockReturn, SourceChannel, AudioCarrier {
  readonly number: number;
  readonly #context: ShardContext;
  readonly #muxer: ChannelMuxer;
  /** Destinations that are not over, by number. */
  readonly #destinations: ReadonlyMap<number, WorkerDestination>;
  /** The streams of those that still take tags. */
  readonly #fanOut: FanOut;
  readonly #segments: ChannelSegments;
  readonly #table: DestinationTable;
  readonly #problems: ChannelProblems;
  readonly #output: TagOutput;
  readonly intake: PacketIntake;
  readonly #tracks: TrackWait;
  readonly #expectsDestination: () => boolean;
  #ended = false;
  readonly admission: ServerAdmission;
  readonly heldPackets: HeldPackets;
  touched = false;
  /** The reader of a source in this shard; undefined: packets come through the ring. */
  source: ChannelSource | undefined;

  constructor(context: ShardContext, number: number, config: ChannelConfig, beginning: ChannelBeginning) {
    this.#expectsDestination = beginning.expectsDestination;
    this.#context = context;
    this.number = number;
    this.heldPackets = new HeldPackets(context.clock);
    const problems = new ChannelProblems(number, context, (fault) => this.abort(fault, undefined));
    const muxer = new ChannelMuxer(config, beginning.resume, (warning, lost) => problems.warn(warning, lost));
    const fanOut = new FanOut(number, context);
    const sendWaiting = (): void => this.#contain(() => fanOut.sendWaiting());
    const tracks = new TrackWait(config.tracks, sendWaiting, context.clock);
    const output = new TagOutput({ channel: number, context, fanOut, muxer, problems, tracks });
    const stream = { channel: number, config, context, fanOut, muxer, output, problems, tracks };
    this.#segments = new ChannelSegments(stream, config);
    const contain = (act: () => void): void => this.#contain(act);
    const intake = (): PacketIntake => this.intake;
    const parts = { context, muxer, fanOut, segments: this.#segments, intake, contain };
    this.#table = new DestinationTable({ ...parts, channel: this });
    this.#destinations = this.#table.all;
    this.admission = new ServerAdmission(this.#destinations, muxer, config.hevc !== 'auto');
    this.intake = new PacketIntake({
      ...stream,
      carrier: this,
      segments: this.#segments,
      admission: this.admission,
      heldPackets: this.heldPackets,
      slices: new SliceWait(muxer, context.clock, () => this.#contain(() => this.#sendSlices())),
    });
    this.#problems = problems;
    this.#muxer = muxer;
    this.#fanOut = fanOut;
    this.#tracks = tracks;
    this.#output = output;
    tracks.note(muxer.hasVideo, muxer.hasAudio);
  }

  /** True once the last destination is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** As measured, or, before that, as reported by the caller. */
  get bitrates(): Bitrates {
    return this.#muxer.bitrates.current;
  }

  get waitsForTrack(): boolean {
    return this.#tracks.holds;
  }

  beginWithoutTrack(): void {
    this.#tracks.end();
  }

  /** A destination that is not over. */
  find(number: number): WorkerDestination | undefined {
    return this.#table.find(number);
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
    this.#table.add({ number, config, loss, movedTo });
  }

  /** Ends a destination cleanly; it takes no more tags. */
  detach(number: number): void {
    if (this.#table.dismiss(number, undefined)) this.#endIfLeft();
    const destination = this.find(number);
    if (destination === undefined) return;
    this.intake.sendHeldBack();
    // Packets that are held back have not been offered to anyone yet: it stays subscribed until they are.
    if (this.heldPackets.isEmpty) this.#fanOut.remove(destination.stream);
    destination.close();
  }

  /** Takes the packet that the ring stands at. */
  accept(ring: RingConsumer): void {
    this.take(this.intake.withConfiguration(ring), new PacketBlock(this, ring.block, ring.enqueuedAt));
  }

  /** Takes a packet, through the ring or from the source. */
  take(packet: PacketDescriptor, block: PacketBlock): void {
    // It goes out in order with the media.
    if (packet.command === Command.metadata) this.#contain(() => this.#table.begin('brokenOff'));
    if (this.#ended) this.intake.giveUp(packet, block);
    else this.intake.take(packet, block);
    this.#table.look();
    if (this.#fanOut.canRelieve && this.#context.gates.takePressure(this.number)) this.relieve();
  }

  /** The channel holds much of the pool. */
  relieve(): void {
    this.#segments.relieve();
    const begins = this.#tracks.holds && this.admission.isPublishing;
    this.#tracks.end();
    // Packets that were held back for a second track leave now, and need not be dropped.
    if (!begins) this.#fanOut.relieve();
  }

  /** The last holder of a packet has let go of it. */
  returnBlock(block: PacketBlock): void {
    this.countReturned(block);
    this.#context.returnBlock(block.index, this);
  }

  countReturned(block: PacketBlock): void {
    if (block.lost) this.#context.counters.channels.add(this.number, ChannelCounter.packetsLost, 1);
    else this.noteSent(block);
  }

  noteSent(block: PacketBlock): void {
    if (!block.timed || block.lost) return;
    const { counters, clock } = this.#context;
    counters.latency.record(clock.now() - block.enqueuedAt);
    block.timed = false;
  }

  /** Sends what came before, then ends the stream cleanly, everywhere. */
  close(): void {
    this.source?.close();
    this.#table.dismiss(undefined, undefined);
    this.intake.sendHeldBack();
    // A track that has not come by now does not come any more.
    this.#tracks.end();
    for (const destination of this.#destinations.values()) destination.close();
    this.#endIfLeft();
  }

  /** Resets one connection, or all of them. */
  abort(error: Error, number: number | undefined): void {
    if (this.#table.dismiss(number, error)) this.#endIfLeft(error);
    if (number !== undefined) this.find(number)?.destroy(error);
    else {
      for (const destination of this.#destinations.values()) destination.destroy(error);
      this.#endIfLeft(error);
    }
  }

  /** Ends on a fault, with all its destinations, and also when it has none. */
  fail(error: Error): void {
    this.abort(error, undefined);
  }

  /** Silently gives everything up, as another shard goes on; false: it stays, as not all is at rest. */
  release(): boolean {
    const stays = [...this.#destinations.values()].some(({ mayRelease }) => !mayRelease);
    if (this.ended || !this.#segments.isSettled || stays) return false;
    this.#stop();
    for (const destination of this.#destinations.values()) destination.release();
    return true;
  }

  onPublishing(number: number, publisher: RtmpPublisher): void {
    this.admission.onPublishing(number, publisher);
    this.intake.takeHeld();
    // They had stayed subscribed only until the held packets were delivered.
    if (this.#fanOut.list.some(({ isClosing }) => isClosing)) this.#muxer.flush(this.#output);
    for (const taker of this.#fanOut.list) if (taker.isClosing) this.#fanOut.remove(taker);
    this.#fanOut.reconsider();
  }

  onLost(): void {
    this.#fanOut.reconsider();
  }

  isLeftBehind(number: number): boolean {
    const destination = this.find(number);
    return destination !== undefined && this.#fanOut.isLeftBehind(destination.stream);
  }

  onFull(): void {
    this.#fanOut.pause();
  }

  onRoom(): void {
    this.#fanOut.resumeIfRoom();
  }

  onRefused(error: Error): void {
    this.#problems.refuse(error);
  }

  refuseFromSource(error: CloudPushError): void {
    this.#problems.refuseFromSource(error);
  }

  onSegmentEnd(destination: number, totals: SegmentTotals, taken: boolean): void {
    this.#segments.onLeft(destination, totals, taken);
  }

  onEnded(number: number): void {
    this.#segments.leave(number);
    const destination = this.find(number);
    this.#table.all.delete(number);
    if (destination !== undefined) this.#fanOut.remove(destination.stream);
    this.#endIfLeft();
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    this.#context.counters.channels.set(this.number, ChannelCounter.elapsed, this.#muxer.elapsed);
    for (const destination of this.#destinations.values()) destination.updateCounters();
    this.source?.updateCounters();
  }

  /** The sound that waits has waited for long enough. */
  sendRiding(): void {
    this.#contain(() => this.intake.sendRiding());
  }

  /** The picture that waits for more of its slices goes out as it is. */
  #sendSlices(): void {
    this.#muxer.flush(this.#output);
    this.#table.flush();
  }

  /** A fault in what a timer does ends this channel, and not the thread with all the others. */
  #contain(act: () => void): void {
    try {
      act();
    } catch (fault) {
      this.fail(CloudPushError.wrap(fault));
    }
  }

  /** The last destination is over, and no other has been added. */
  #endIfLeft(error?: Error): void {
    if (!this.#table.isEmpty || this.#ended || this.#expectsDestination()) return;
    this.#ended = true;
    this.source?.close();
    this.#stop();
    this.#segments.giveUp();
    this.#context.report({ type: 'ended', channel: this.number, error: error && toErrorData(error) });
  }

  /** Nothing is waited for any more, and nothing goes out. */
  #stop(): void {
    this.#fanOut.end();
    this.#tracks.stop();
    this.intake.stop();
  }
}
