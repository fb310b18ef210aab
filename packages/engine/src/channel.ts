import { EventEmitter } from 'node:events';
import type { AudioCodec, MuxerState, VideoCodec } from '@cloudpush/muxer';
import { type AmfValue, type ConnectTimings, encodeAmf0 } from '@cloudpush/transport';
import type { ChannelEvents, CloseReport, Disconnection, SegmentReport } from './channel-events.js';
import type { ChannelHome } from './channel-home.js';
import { ChannelSegments } from './channel-segments.js';
import { ChannelWriter, type WriterChannel } from './channel-writer.js';
import { type Connecting, Destination } from './destination.js';
import { diagnostics } from './diagnostics.js';
import { ChannelEncryption } from './encryption-options.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from './errors.js';
import { encodeRecord } from './memory/record.js';
import { Command, PacketFlag } from './memory/ring.js';
import type { MediaEncryption, StreamMetadata } from './metadata.js';
import { checkedMetadata } from './metadata-check.js';
import { type ChannelOptions, channelConfig, type DestinationOptions, destinationConfig } from './options.js';
import { type PacketRoom, PacketSender } from './packet-sender.js';
import {
  type AudioPacket,
  type PacketStreamOptions,
  packetStream,
  type VideoPacket,
} from './packet-stream.js';
import { invalidParameter, oneOf } from './parameters.js';
import { encodePrivateData } from './private-data.js';
import type { BitrateAdvice } from './shard/bitrate-advisor.js';
import { AUDIO_CODECS, type ChannelConfig, type DestinationConfig, VIDEO_CODECS } from './shard/protocol.js';
import type { SegmentTotals } from './shard/segment-outlet.js';
import type { ShardClient } from './shard/shard-client.js';
import { type CloseOptions, whenAborted } from './signals.js';
import { ChannelCounter } from './stats/counters.js';
import type { ChannelStats, DestinationTotals } from './stats/stats.js';
import { addTotals, NO_DESTINATION_TOTALS } from './stats/totals.js';
import type { TargetReason } from './token/push-target.js';
import type { TargetCache } from './token/target-cache.js';
import type { TargetRequest } from './token/target-request.js';
import { Waiters } from './waiters.js';

export type ChannelState = 'connecting' | 'publishing' | 'closing' | 'closed';

/** A packet's times, in ms on a clock of the caller's choice that is the same for the channel's audio and video. */
export interface PacketTimes {
  /** Presentation time. */
  readonly pts: number;
  /** Decoding time. Default: derived from the presentation times and the reorder depth that the stream tells. */
  readonly dts?: number | undefined;
}

export interface VideoPacketOptions extends PacketTimes {
  /** Default: the channel's. */
  readonly codec?: VideoCodec | undefined;
  /** Whether decoding can start here. Default: detected. */
  readonly keyFrame?: boolean | undefined;
  /** Set when the caller has encrypted the packet: it is passed on as it is. */
  readonly encrypted?: boolean | undefined;
}

export interface AudioPacketOptions {
  readonly pts: number;
  /** Default: the channel's. */
  readonly codec?: AudioCodec | undefined;
  readonly encrypted?: boolean | undefined;
}

/** How long a packet may wait for room. */
export interface WaitOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** What a channel needs of its engine. */
export interface ChannelHost extends PacketRoom {
  /** @throws CloudPushError `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS` */
  /** Finds the targets of destinations that have no URL of their own. */
  readonly targets: TargetCache;
  takeDestinationSeat(): { readonly id: number; readonly number: number };
  freeDestinationSeat(number: number): void;
}

/** Names of the parts that an engine has for one of its channels. */
export interface ChannelSeat {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The channel's number in shared memory, below the most connections; used again after it is forgotten. */
  readonly number: number;
  readonly shard: ShardClient;
}

/**
 * One source of media, pushed to one server, or to several. Made by `PushEngine.openChannel`; it connects at once.
 *
 * Packets that are sent before the connection is up wait in the pool, within its bounds, and go out in order.
 *
 * @example
 * const channel = engine.openChannel({ url: 'rtmp://media.example/live/camera-1' });
 * channel.on('close', ({ clean, error }) => { if (!clean) console.error(error); });
 * if (!channel.sendVideo(accessUnit, { pts })) await channel.writable();
 */
export class Channel extends EventEmitter<ChannelEvents> implements WriterChannel {
  /** Unique for the life of the engine. */
  readonly id: number;
  readonly #host: ChannelHost;
  readonly #number: number;
  readonly #home: ChannelHome;
  readonly #config: Omit<ChannelConfig, 'encryption' | 'segment'>;
  readonly #sender: PacketSender;
  readonly #video: number;
  readonly #audio: number;
  readonly #encryption: ChannelEncryption;
  readonly #segments = new ChannelSegments();
  /** Stops listening to the signal that aborts the channel. */
  readonly #stopListening: () => void;
  /** Those that are not over. */
  readonly #destinations = new Map<number, Destination>();
  /** The counts of those that are. */
  #finished = NO_DESTINATION_TOTALS;
  /** What was counted on shards that the channel has left. */
  #packetsInvalid = 0;
  #packetsLost = 0;
  #packetsBetweenSegments = 0;
  /** What another shard must know to go on with the stream; undefined before it has begun. */
  #stream: MuxerState | undefined;
  /** How far the stream had come when it left its shard, ms. */
  #elapsed = 0;
  #everPublished = false;
  #leaving = false;
  /** The last destination is over. */
  #ended = false;
  /** Every destination that is over ended cleanly. */
  #clean = true;
  /** The first thing that went wrong with a destination. */
  #failure: CloudPushError | undefined;
  #report: CloseReport | undefined;
  #closeRequested = false;
  /** Why it was aborted, when it was. */
  #abortedBy: ErrorData | undefined;
  readonly #waiters = new Waiters();
  readonly #writer: ChannelWriter = new ChannelWriter(this);
  /** The counters as they were when the channel ended: its number may be in other hands now. */
  #lastStats: ChannelStats | undefined;

  /** Channels are made by `PushEngine.openChannel`. */
  constructor(host: ChannelHost, seat: ChannelSeat, options: ChannelOptions) {
    super();
    this.id = seat.id;
    this.#host = host;
    this.#number = seat.number;
    this.#home = { shard: seat.shard, channel: seat.number };
    this.#sender = new PacketSender(host, this.#home, this.#onPauseChanged);
    const video = oneOf<VideoCodec>('video', options.video, VIDEO_CODECS);
    const audio = oneOf<AudioCodec>('audio', options.audio, AUDIO_CODECS);
    this.#video = VIDEO_CODECS.indexOf(video);
    this.#audio = AUDIO_CODECS.indexOf(audio);
    this.#encryption = new ChannelEncryption(video, audio, options.encryption);
    this.#config = channelConfig(options);
    const first = destinationConfig(options, host.memory.maxPacket);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(signal.reason);
    host.gates.open(seat.number);
    this.#open();
    this.#attach(first, options.target);
    this.#stopListening = whenAborted(signal, (reason) => this.abort(reason));
  }

  get state(): ChannelState {
    if (this.#report !== undefined) return 'closed';
    if (this.#leaving) return 'closing';
    return this.#isPublishing ? 'publishing' : 'connecting';
  }

  /** True between `pause` and `resume`. */
  get paused(): boolean {
    return this.#report === undefined && this.#sender.paused;
  }

  /** No packet is taken any more. @internal */
  get isLeaving(): boolean {
    return this.#leaving;
  }

  /** The first thing that went wrong with a destination. @internal */
  get failure(): CloudPushError | undefined {
    return this.#failure;
  }

  /** Where the stream goes: destinations that are not over. */
  get destinations(): readonly Destination[] {
    return [...this.#destinations.values()];
  }

  /**
   * Sends the stream to one server more, from its next key frame on. It is muxed once, and its bytes are not copied; a
   * destination that is slow drops what does not fit, and the others go on.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`,
   *   `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`, `ERR_CLOUDPUSH_CHANNEL_CLOSED`, `ERR_CLOUDPUSH_ABORTED`.
   */
  addDestination(options: DestinationOptions): Destination {
    const config = destinationConfig(options, this.#host.memory.maxPacket);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(signal.reason);
    if (this.#leaving) throw closedError('the channel is closing or closed');
    const destination = this.#attach(config, options.target);
    destination.abortWith(signal);
    return destination;
  }

  /**
   * Sends one picture: of H.264 and H.265 an access unit in Annex-B form, any number of NAL units with 3- or 4-byte
   * start codes; of AV1 a temporal unit; of VP9 a frame. The bytes are copied; `data` may be reused at once.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, or `ERR_CLOUDPUSH_PACKET_TOO_LARGE` when the pool could never hold it.
   */
  sendVideo(data: Uint8Array, options: VideoPacketOptions): boolean {
    const { pts, dts, codec, keyFrame, encrypted } = options;
    const video = codec === undefined ? this.#video : codecNumber(VIDEO_CODECS, codec);
    let flags = keyFrame === undefined ? 0 : PacketFlag.keyFrameKnown;
    if (keyFrame === true) flags |= PacketFlag.keyFrame;
    if (encrypted === true) flags |= PacketFlag.encrypted;
    return this.#sender.send(Command.video, video, data, flags, dts, pts);
  }

  /**
   * Sends audio in the form that the codec asks for: one or more whole AAC frames with ADTS headers, or MP3, AC-3 or
   * E-AC-3 frames; one Opus packet or FLAC frame, or the stream's `OpusHead` or `fLaC` header before the first of them.
   * `pts` is the first frame's.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}.
   */
  sendAudio(data: Uint8Array, options: AudioPacketOptions): boolean {
    const { pts, codec, encrypted } = options;
    const audio = codec === undefined ? this.#audio : codecNumber(AUDIO_CODECS, codec);
    const flags = encrypted === true ? PacketFlag.encrypted : 0;
    return this.#sender.send(Command.audio, audio, data, flags, pts, pts);
  }

  /**
   * Sends a data message (RTMP 1.0 §7.1.2) of AMF0 values, in order with the media.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}; an error of the AMF0 encoder when a value cannot be encoded.
   */
  sendData(name: string, values: readonly AmfValue[], options: { readonly pts: number }): boolean {
    return this.#sender.send(Command.data, 0, encodeAmf0(name, ...values), 0, options.pts, options.pts);
  }

  /**
   * Sends private data, in order with the media, as the data message `onPrivateData`: see docs/metadata.md.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}
   */
  sendPrivateData(data: Uint8Array, options: { readonly pts: number }): boolean {
    return this.#sender.send(Command.data, 0, encodePrivateData(data), 0, options.pts, options.pts);
  }

  /**
   * Tells the server about the stream, in order with the media: see docs/metadata.md.
   * @param options `pts`, in ms on the clock of the media. Default: the time of the latest media.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
   */
  sendMetadata(metadata: StreamMetadata, options: { readonly pts?: number | undefined } = {}): boolean {
    if (typeof metadata !== 'object' || metadata === null) {
      const actual = metadata === null ? null : typeof metadata;
      throw invalidParameter('metadata', actual, 'an object with a type');
    }
    const { type } = metadata;
    if (type === 'videoEncrypt' || type === 'audioEncrypt')
      return this.#sendEncryption(metadata, options.pts);
    const checked = checkedMetadata(metadata);
    const sent = this.#sender.sendRecord(Command.metadata, encodeRecord(checked), options.pts);
    if (sent) this.#segments.note(checked);
    return sent;
  }

  #sendEncryption(given: MediaEncryption, pts: number | undefined): boolean {
    const track = given.type === 'videoEncrypt' ? 'video' : 'audio';
    const settings = this.#encryption.check(track, given);
    const record = encodeRecord({ type: given.type, ...settings });
    const sent = this.#sender.sendRecord(Command.metadata, record, pts);
    // It holds the key.
    record.fill(0);
    if (sent) this.#encryption.accept(track, settings);
    return sent;
  }

  /**
   * As {@link sendVideo}, but waits for room: resolves when the packet was taken. Packets are taken in the order in which
   * they were written, audio and video alike. `data` must stay as it is until then.
   * @throws CloudPushError (rejection) as {@link sendVideo}, and `ERR_CLOUDPUSH_CHANNEL_CLOSED` when the channel takes no more;
   *   the signal's reason when that fires. The packet was not taken then.
   */
  writeVideo(data: Uint8Array, options: VideoPacketOptions, waiting: WaitOptions = {}): Promise<void> {
    return this.#writer.write(() => this.sendVideo(data, options), waiting.signal);
  }

  /** As {@link sendAudio}, but waits for room: see {@link writeVideo}. */
  writeAudio(data: Uint8Array, options: AudioPacketOptions, waiting: WaitOptions = {}): Promise<void> {
    return this.#writer.write(() => this.sendAudio(data, options), waiting.signal);
  }

  /** As {@link sendData}, but waits for room: see {@link writeVideo}. */
  writeData(
    name: string,
    values: readonly AmfValue[],
    options: { readonly pts: number },
    waiting: WaitOptions = {},
  ): Promise<void> {
    return this.#writer.write(() => this.sendData(name, values, options), waiting.signal);
  }

  /**
   * A Web stream of one track's packets into the channel, with backpressure. A packet that is refused for what its arguments
   * are, or because the channel is over, is an error of the stream.
   * @example
   * await readable.pipeTo(channel.createWritable('video'));
   */
  createWritable(track: 'video', options?: PacketStreamOptions): WritableStream<VideoPacket>;
  createWritable(track: 'audio', options?: PacketStreamOptions): WritableStream<AudioPacket>;
  createWritable(
    track: 'video' | 'audio',
    options: PacketStreamOptions = {},
  ): WritableStream<VideoPacket> | WritableStream<AudioPacket> {
    const isVideo = oneOf('track', track, ['video', 'audio']) === 'video';
    if (isVideo)
      return packetStream<VideoPacket>(
        this,
        (one, signal) => this.writeVideo(one.data, one, { signal }),
        options,
      );
    return packetStream<AudioPacket>(
      this,
      (one, signal) => this.writeAudio(one.data, one, { signal }),
      options,
    );
  }

  /** Resolves when the stream is being published somewhere. Rejects with the reason when it never will be. */
  async connected(signal?: AbortSignal): Promise<void> {
    while (this.#report === undefined) {
      if (this.#isPublishing || (this.#leaving && this.#everPublished)) return;
      await this.#waiters.next(signal);
    }
    throw this.#report.error ?? closedError('the channel was closed before it was connected');
  }

  /** Resolves when a packet would be taken again, or the channel is over. */
  async writable(signal?: AbortSignal): Promise<void> {
    // A channel that is closing takes nothing any more: the answer is its end.
    while (this.#report === undefined && (this.paused || this.#leaving)) await this.#waiters.next(signal);
  }

  /**
   * Sends everything accepted so far, ends the stream cleanly, and closes the connections. Always ends: at the latest
   * after `closeTimeout`, with a report that says so.
   */
  async close({ signal }: CloseOptions = {}): Promise<CloseReport> {
    this.#requestClose();
    const stop = whenAborted(signal, (reason) => this.abort(reason));
    while (this.#report === undefined) await this.#waiters.next(undefined);
    stop();
    return this.#report;
  }

  /** Resets the connections now; what is queued is lost. */
  abort(reason: unknown = abortedError()): void {
    if (this.#ended) return;
    this.#leave();
    const error = reason instanceof CloudPushError ? reason : abortedError(reason);
    const data = toErrorData(error);
    this.#abortedBy ??= data;
    this.#home.shard.post({ type: 'abort', channel: this.#number, destination: undefined, error: data });
  }

  stats(): ChannelStats {
    if (this.#lastStats !== undefined) return this.#lastStats;
    const { channels } = this.#home.shard.counters;
    const open = this.destinations.map((destination) => destination.stats());
    return {
      ...open.reduce<DestinationTotals>(addTotals, this.#finished),
      state: this.state,
      queuedMs: Math.max(0, ...open.map(({ queuedMs }) => queuedMs)),
      bitRate: open.reduce((sum, { bitRate }) => sum + bitRate, 0),
      paused: this.paused,
      queuedBytes: this.#sender.heldBytes,
      packetsRefused: this.#sender.refused,
      packetsInvalid: this.#packetsInvalid + channels.get(this.#number, ChannelCounter.packetsInvalid),
      packetsLost: this.#packetsLost + channels.get(this.#number, ChannelCounter.packetsLost),
      packetsBetweenSegments:
        this.#packetsBetweenSegments + channels.get(this.#number, ChannelCounter.packetsBetweenSegments),
      pauses: this.#sender.pauses,
      pausedMs: this.#sender.pausedMs,
    };
  }

  /** @internal */
  onConnected(number: number, timings: ConnectTimings): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    diagnostics.connect.publish(() => ({ channel: this, destination, timings }));
    destination.onConnected(timings);
    this.#everPublished = true;
    this.#waiters.wake();
    this.emit('connect', destination);
  }

  /** @internal */
  onDisconnected(number: number, data: ErrorData, delay: number): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    const disconnection = { error: CloudPushError.from(data), delay, destination };
    diagnostics.disconnect.publish(() => ({ ...disconnection, channel: this }));
    destination.onDisconnected(disconnection);
    this.emit('disconnect', disconnection);
  }

  /** @internal */
  onMoved(number: number, timings: ConnectTimings): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    diagnostics.move.publish(() => ({ channel: this, destination, timings }));
    destination.onMoved(timings);
    this.emit('move', destination);
  }

  /** @internal */
  onTargetWanted(number: number, reason: TargetReason): void {
    this.#destinations.get(number)?.onTargetWanted(reason);
  }

  /** @internal */
  onCommand(number: number, name: string, args: AmfValue[]): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    destination.onCommand(name, args);
    this.emit('command', { name, args, destination });
  }

  /** @internal */
  onAdvice(number: number, advice: BitrateAdvice): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    const event = { ...advice, destination };
    diagnostics.advice.publish(() => ({ ...event, channel: this }));
    destination.emit('advice', event);
    this.emit('advice', event);
  }

  /** A destination is over. @internal */
  onDetached(number: number, error: ErrorData | undefined): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    this.#destinations.delete(number);
    this.#host.freeDestinationSeat(number);
    destination.onDetached(error);
    const report = destination.report!;
    const { clean, error: failure } = report;
    process.nextTick(() =>
      diagnostics.destinationClose.publish(() => ({ ...report, channel: this, destination })),
    );
    this.#clean &&= clean;
    this.#failure ??= failure;
    this.#finished = addTotals(this.#finished, destination.stats());
    this.#sender.fanOut = this.#destinations.size > 1;
  }

  /** @internal */
  onSegmentLeft(number: number, totals: SegmentTotals, complete: boolean): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    const { number: segment, ...counts } = totals;
    this.#segments.onLeft(segment, { destination, ...counts, complete });
  }

  /** @internal */
  onSegmentEnd(number: number): void {
    const report = this.#segments.onEnd(number);
    if (report !== undefined) this.#tellSegmentEnd(report);
  }

  /** @internal */
  onPause(): void {
    this.#sender.onPause();
  }

  /** @internal */
  onResume(): void {
    this.#sender.onResume();
  }

  /** @internal */
  onProblem(error: ErrorData, repeats: number): void {
    const problem = { error: CloudPushError.from(error), repeats };
    diagnostics.problem.publish(() => ({ ...problem, channel: this }));
    this.emit('problem', problem);
  }

  /** The last destination is over, but descriptors may still be on their way to the shard. @internal */
  onEnded(): void {
    this.#leave();
    this.#ended = true;
    this.#stopListening();
    // The last descriptor tells the shard that no other will follow.
    this.#requestClose();
  }

  /** The stream has begun, or its headers have changed. @internal */
  onStream(state: MuxerState): void {
    // Another segment has another clock.
    if (state.origin !== this.#stream?.origin) this.#elapsed = 0;
    this.#stream = state;
  }

  /**
   * The shard is dead, and with it every connection and all that was under way: destinations that may reconnect do so on
   * another shard, the others are over.
   * @returns false when none goes on
   * @internal
   */
  onShardDied(data: ErrorData, lostPackets: number, next: () => ShardClient): boolean {
    this.#packetsLost += lostPackets;
    const going = this.#goingOn((destination) => destination.onShardDied(data), data);
    for (const report of this.#segments.onShardDied()) this.#tellSegmentEnd(report);
    if (going.size === 0) {
      this.onEnded();
      return false;
    }
    this.#moveTo(next(), going);
    for (const [destination, { loss }] of going)
      this.#tellDisconnected({ error: destination.lastLoss, delay: loss?.delay ?? 0, destination });
    return true;
  }

  /**
   * It waits for a connection that was lost, and nothing is being published anywhere. What waits for a first connection is
   * not to be given up.
   * @internal
   */
  get mayLeaveShard(): boolean {
    return (
      !this.#leaving && this.#everPublished && this.destinations.every(({ state }) => state === 'connecting')
    );
  }

  /**
   * Asks the shard to let the channel go, so that it connects again from another one; {@link onStays} or {@link onShardLeft}
   * is the answer, and no packet is taken before. Media that waits in the shard is lost (`packetsLost`): do it only where
   * that is worth it.
   * @internal
   */
  leaveShard(): void {
    this.#sender.leaveShard();
  }

  /** The shard does not let the channel go. @internal */
  onStays(): void {
    this.#sender.onStays();
  }

  /**
   * The shard has let the channel go: its destinations connect from another one, as if they had not moved.
   * @returns false when none does, because the channel was told to end meanwhile
   * @internal
   */
  onShardLeft(next: () => ShardClient): boolean {
    const going = this.#goingOn((destination) => destination.onShardLeft(), undefined);
    if (going.size > 0) this.#moveTo(next(), going);
    else {
      this.#sender.onRehomed();
      // The shard does not know the channel any more: it needs no last descriptor.
      this.#closeRequested = true;
      this.onEnded();
    }
    return going.size > 0;
  }

  /** Nothing of the channel is left anywhere: its number is free. @internal */
  onForgotten(): void {
    this.#lastStats = {
      ...this.stats(),
      state: 'closed',
      paused: false,
      queuedBytes: 0,
      queuedMs: 0,
      bitRate: 0,
    };
    const report = { clean: this.#clean, error: this.#failure };
    this.#report = report;
    this.#waiters.wake();
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => {
      diagnostics.close.publish(() => ({ ...report, channel: this }));
      this.emit('close', report);
    });
  }

  /** @internal */
  livesOn(shard: ShardClient): boolean {
    return this.#home.shard === shard;
  }

  /**
   * The shard holds nothing of the channel any more. Its counts are carried over, and destinations that do not go on are over.
   * @param error what they end with. Default: their last loss.
   * @returns those that go on with another shard
   */
  #goingOn(
    goOn: (destination: Destination) => Connecting | undefined,
    error: ErrorData | undefined,
  ): Map<Destination, Connecting> {
    this.#carryCounts();
    const going = new Map<Destination, Connecting>();
    for (const [number, destination] of this.#destinations) {
      const connecting = this.#leaving ? undefined : goOn(destination);
      if (connecting !== undefined) going.set(destination, connecting);
      else this.onDetached(number, this.#abortedBy ?? error ?? toErrorData(destination.lastLoss));
    }
    return going;
  }

  /** The shard counts no more: another one begins at zero. */
  #carryCounts(): void {
    const { channels } = this.#home.shard.counters;
    const count = (counter: ChannelCounter) => channels.get(this.#number, counter);
    this.#packetsInvalid += count(ChannelCounter.packetsInvalid);
    this.#packetsLost += count(ChannelCounter.packetsLost);
    this.#packetsBetweenSegments += count(ChannelCounter.packetsBetweenSegments);
    this.#elapsed = Math.max(this.#elapsed, count(ChannelCounter.elapsed));
    channels.reset(this.#number);
  }

  #moveTo(shard: ShardClient, going: ReadonlyMap<Destination, Connecting>): void {
    this.#home.shard = shard;
    this.#sender.onRehomed();
    // Whoever saw the gate closed before the old shard could say so must look again.
    this.#waiters.wake();
    this.#open();
    for (const [destination, connecting] of going) destination.onRehomed(connecting);
  }

  #tellDisconnected(disconnection: Disconnection): void {
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => {
      diagnostics.disconnect.publish(() => ({ ...disconnection, channel: this }));
      disconnection.destination.emit('disconnect', disconnection);
      this.emit('disconnect', disconnection);
    });
  }

  /** Hands the channel to its shard; with the stream that it has begun on another one, if it has. */
  #open(): void {
    const { shard } = this.#home;
    const channel = this.#number;
    shard.counters.channels.reset(channel);
    const state = this.#stream;
    const resume = state === undefined ? undefined : { state, elapsed: this.#elapsed };
    const config = { ...this.#config, encryption: this.#encryption.current, segment: this.#segments.state };
    shard.post({ type: 'open', channel, config, resume });
    this.#sender.command(Command.open);
  }

  #tellSegmentEnd(report: SegmentReport): void {
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => this.emit('segmentEnd', report));
  }

  readonly #onPauseChanged = (paused: boolean): void => {
    if (this.#report !== undefined) return;
    this.#waiters.wake();
    diagnostics[paused ? 'pause' : 'resume'].publish(() => ({ channel: this }));
    this.emit(paused ? 'pause' : 'resume');
  };

  get #isPublishing(): boolean {
    return this.destinations.some(({ state }) => state === 'publishing');
  }

  #attach(config: DestinationConfig, request: TargetRequest | undefined): Destination {
    const question = request === undefined ? undefined : { cache: this.#host.targets, request };
    const { id, number } = this.#host.takeDestinationSeat();
    let destination: Destination;
    try {
      destination = new Destination({ id, number, home: this.#home, sender: this.#sender }, config, question);
    } catch {
      this.#host.freeDestinationSeat(number);
      // What cannot be cloned may hold a secret, so that the cause is left out.
      throw invalidParameter('connection', 'something that cannot be handed to another thread', 'plain data');
    }
    this.#destinations.set(number, destination);
    this.#sender.fanOut = this.#destinations.size > 1;
    return destination;
  }

  #requestClose(): void {
    if (this.#closeRequested) return;
    this.#closeRequested = true;
    this.#leave();
    for (const destination of this.#destinations.values()) destination.onChannelClosing();
    this.#sender.command(Command.close);
  }

  /** From now on no packet is taken. */
  #leave(): void {
    this.#leaving = true;
    this.#sender.close();
  }
}

/** How a descriptor tells the codec. */
function codecNumber<T extends string>(codecs: readonly T[], codec: T): number {
  const number = codecs.indexOf(codec);
  if (number < 0) throw invalidParameter('codec', codec, codecs.join(', '));
  return number;
}

function closedError(message: string): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message);
}
