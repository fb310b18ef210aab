import { EventEmitter, once } from 'node:events';
import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { type AmfValue, encodeAmf0 } from '@cloudpush/transport';
import type { ChannelEvents, CloseReport } from './channel-events.js';
import { monotonicNow } from './clock.js';
import { CloudPushError, type ErrorData, toErrorData } from './errors.js';
import type { Gates } from './memory/gate.js';
import type { MediaMemory } from './memory/media-memory.js';
import { NO_BLOCK } from './memory/pool.js';
import { Command, PacketFlag } from './memory/ring.js';
import { type ChannelOptions, channelConfig, invalidParameter, oneOf } from './options.js';
import { AUDIO_CODECS, type ChannelConfig, VIDEO_CODECS } from './shard/protocol.js';
import type { ShardClient } from './shard/shard-client.js';
import { Counter } from './stats/counters.js';
import type { ChannelStats } from './stats/stats.js';

export type ChannelState = 'connecting' | 'publishing' | 'closing' | 'closed';

/** A packet's times, in ms on a clock of the caller's choice that is the same for the channel's audio and video. */
export interface PacketTimes {
  /** Presentation time. */
  readonly pts: number;
  /** Decoding time. Default: the presentation time; needed for a stream with B-frames. */
  readonly dts?: number | undefined;
}

export interface VideoPacketOptions extends PacketTimes {
  /** Whether decoding can start here. Default: detected. */
  readonly keyFrame?: boolean | undefined;
  /** Set when the caller has encrypted the packet: it is passed on as it is. */
  readonly encrypted?: boolean | undefined;
}

export interface AudioPacketOptions {
  readonly pts: number;
  readonly encrypted?: boolean | undefined;
}

/** What a channel needs of its engine. */
export interface ChannelHost {
  readonly memory: MediaMemory;
  readonly gates: Gates;
  /** Calls `channel.retry()` when blocks have been released. */
  awaitRoom(channel: Channel): void;
}

/** Names of the parts that an engine has for one of its channels. */
export interface ChannelSeat {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The channel's number in shared memory, below the most connections; used again after it is forgotten. */
  readonly number: number;
  readonly shard: ShardClient;
}

/** The ring could not take a descriptor that must not be lost; it is tried again after this time, in ms. */
const RING_RETRY = 1;

/**
 * One source of media, pushed to one server. Made by `PushEngine.openChannel`; it connects at once.
 *
 * Packets that are sent before the connection is up wait in the pool, within its bounds, and go out in order.
 *
 * @example
 * const channel = engine.openChannel({ url: 'rtmp://media.example/live/camera-1' });
 * channel.on('close', ({ clean, error }) => { if (!clean) console.error(error); });
 * if (!channel.sendVideo(accessUnit, { pts })) await channel.writable();
 */
export class Channel extends EventEmitter<ChannelEvents> {
  /** Unique for the life of the engine. */
  readonly id: number;
  readonly #number: number;
  readonly #host: ChannelHost;
  readonly #shard: ShardClient;
  readonly #video: number;
  readonly #audio: number;
  readonly #signal: AbortSignal | undefined;
  #state: ChannelState = 'connecting';
  /** How the connection ended, until the shard has forgotten the channel. */
  #ending: CloseReport | undefined;
  #report: CloseReport | undefined;
  /** The shard has said pause, and not yet resume. */
  #pausedByShard = false;
  /** Bytes of the packet that the pool or the ring had no room for; 0: none. */
  #awaited = 0;
  /** What the channel held then: half of it must have left before there is room again. */
  #heldAtRefusal = 0;
  #announcedPause = false;
  #closeRequested = false;
  #refused = 0;
  #pauses = 0;
  #connects = 0;
  /** The counters as they were when the channel ended: its number may be in other hands now. */
  #lastStats: ChannelStats | undefined;

  /** Channels are made by `PushEngine.openChannel`. */
  constructor(host: ChannelHost, seat: ChannelSeat, options: ChannelOptions) {
    super();
    const config = channelConfig(options);
    this.id = seat.id;
    this.#number = seat.number;
    this.#host = host;
    this.#shard = seat.shard;
    this.#video = VIDEO_CODECS.indexOf(oneOf<VideoCodec>('video', options.video, ['h264', 'h265']));
    this.#audio = AUDIO_CODECS.indexOf(oneOf<AudioCodec>('audio', options.audio, ['aac', 'mp3']));
    this.#signal = options.signal;
    this.#open(config);
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** True between `pause` and `resume`. */
  get paused(): boolean {
    return this.#pausedByShard || this.#awaited > 0 || !this.#host.gates.isOpen(this.#number);
  }

  /**
   * Sends one access unit in Annex-B form: any number of NAL units with 3- or 4-byte start codes. The bytes are
   * copied; `data` may be reused at once.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, or `ERR_CLOUDPUSH_PACKET_TOO_LARGE` when the pool could never hold it.
   */
  sendVideo(data: Uint8Array, options: VideoPacketOptions): boolean {
    const { pts, dts, keyFrame, encrypted } = options;
    let flags = keyFrame === undefined ? 0 : PacketFlag.keyFrameKnown;
    if (keyFrame === true) flags |= PacketFlag.keyFrame;
    if (encrypted === true) flags |= PacketFlag.encrypted;
    return this.#send(Command.video, this.#video, data, flags, dts ?? pts, pts);
  }

  /**
   * Sends one or more whole audio frames: AAC with ADTS headers, or MP3. `pts` is the first one's.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}.
   */
  sendAudio(data: Uint8Array, options: AudioPacketOptions): boolean {
    const { pts, encrypted } = options;
    return this.#send(
      Command.audio,
      this.#audio,
      data,
      encrypted === true ? PacketFlag.encrypted : 0,
      pts,
      pts,
    );
  }

  /**
   * Sends a data message (RTMP 1.0 §7.1.2) of AMF0 values, in order with the media.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}; an error of the AMF0 encoder when a value cannot be encoded.
   */
  sendData(name: string, values: readonly AmfValue[], options: { readonly pts: number }): boolean {
    return this.#send(Command.data, 0, encodeAmf0(name, ...values), 0, options.pts, options.pts);
  }

  /** Resolves when the stream is being published. Rejects with the reason when it never will be. */
  async connected(signal?: AbortSignal): Promise<void> {
    while (this.#state === 'connecting' || (this.#state === 'closing' && this.#connects === 0)) {
      await this.#next(['connect', 'close'], signal);
    }
    if (this.#connects > 0) return;
    throw this.#report?.error ?? closedError();
  }

  /** Resolves when a packet would be taken again, or the channel is over. */
  async writable(signal?: AbortSignal): Promise<void> {
    while (this.paused && this.#report === undefined) await this.#next(['resume', 'close'], signal);
  }

  /**
   * Sends everything accepted so far, ends the stream cleanly, and closes the connection. Always ends: at the latest
   * after `closeTimeout`, with a report that says so.
   */
  async close(): Promise<CloseReport> {
    this.#requestClose();
    while (this.#report === undefined) await this.#next(['close'], undefined);
    return this.#report;
  }

  /** Resets the connection now; what is queued is lost. */
  abort(reason: unknown = abortedError()): void {
    if (this.#ending !== undefined) return;
    this.#state = 'closing';
    const error = reason instanceof CloudPushError ? reason : abortedError(reason);
    this.#shard.post({ type: 'abort', channel: this.#number, error: toErrorData(error) });
  }

  stats(): ChannelStats {
    if (this.#lastStats !== undefined) return this.#lastStats;
    const count = (counter: Counter) => this.#shard.counters.get(this.#number, counter);
    return {
      state: this.#state,
      paused: this.paused,
      videoFrames: count(Counter.videoFrames),
      audioFrames: count(Counter.audioFrames),
      dataMessages: count(Counter.dataMessages),
      bytesSent: count(Counter.bytesSent),
      queuedBytes: count(Counter.queuedBytes),
      queuedMs: count(Counter.queuedMs),
      heldBytes: this.#host.memory.heldBy(this.#number),
      packetsRefused: this.#refused,
      packetsInvalid: count(Counter.packetsInvalid),
      packetsLost: count(Counter.packetsLost),
      droppedDisposable: count(Counter.droppedDisposable),
      droppedPictures: count(Counter.droppedPictures),
      droppedAudio: count(Counter.droppedAudio),
      pauses: this.#pauses,
      reconnects: Math.max(0, this.#connects - 1),
    };
  }

  /** @internal */
  onConnected(): void {
    this.#connects++;
    if (this.#state === 'connecting') this.#state = 'publishing';
    this.emit('connect');
  }

  /** @internal */
  onDisconnected(error: ErrorData, delay: number): void {
    if (this.#state === 'publishing') this.#state = 'connecting';
    this.emit('disconnect', { error: CloudPushError.from(error), delay });
  }

  /** @internal */
  onPause(): void {
    this.#pausedByShard = true;
    this.#announce();
  }

  /** @internal */
  onResume(): void {
    this.#pausedByShard = false;
    this.#announce();
  }

  /** @internal */
  onProblem(error: ErrorData, repeats: number): void {
    this.emit('problem', { error: CloudPushError.from(error), repeats });
  }

  /** The connection is over, but descriptors may still be on their way to the shard. @internal */
  onEnded(error: ErrorData | undefined): void {
    this.#state = 'closing';
    const failure = error === undefined ? undefined : CloudPushError.from(error);
    this.#ending = { clean: failure === undefined && this.#closeRequested, error: failure };
    this.#signal?.removeEventListener('abort', this.#onAbort);
    // The last descriptor tells the shard that no other will follow.
    this.#requestClose();
  }

  /** Nothing of the channel is left anywhere: its number is free. @internal */
  onForgotten(): void {
    this.#lastStats = {
      ...this.stats(),
      state: 'closed',
      paused: false,
      queuedBytes: 0,
      queuedMs: 0,
      heldBytes: 0,
    };
    this.#state = 'closed';
    this.#report = this.#ending!;
    this.emit('close', this.#report);
  }

  /** @internal */
  livesOn(shard: ShardClient): boolean {
    return this.#shard === shard;
  }

  /** Blocks have been released: is there room again for what was refused? @internal */
  retry(): void {
    if (this.#awaited === 0 || this.#ending !== undefined) return;
    const { memory } = this.#host;
    // Room that others have made is not enough: a stalled channel would pause and resume with their every packet.
    const drained = memory.heldBy(this.#number) <= this.#heldAtRefusal / 2;
    if (!drained || !memory.hasRoomFor(this.#number, this.#awaited)) {
      this.#host.awaitRoom(this);
      return;
    }
    this.#awaited = 0;
    this.#announce();
  }

  readonly #onAbort = (): void => this.abort(this.#signal?.reason);

  #open(config: ChannelConfig): void {
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#shard.counters.reset(this.#number);
    this.#host.gates.open(this.#number);
    this.#shard.post({ type: 'open', channel: this.#number, config });
    this.#pushCommand(Command.open);
  }

  #send(command: Command, codec: number, data: Uint8Array, flags: number, dts: number, pts: number): boolean {
    if (!(data instanceof Uint8Array)) throw invalidParameter('data', typeof data, 'a Uint8Array');
    if (data.length === 0) throw invalidParameter('data.length', 0, 'at least 1 byte');
    if (!Number.isFinite(pts)) throw invalidParameter('pts', pts, 'a finite number of ms');
    if (!Number.isFinite(dts)) throw invalidParameter('dts', dts, 'a finite number of ms');
    if (this.#state === 'closing' || this.#state === 'closed' || this.paused) return this.#refuse();
    const { memory } = this.#host;
    const block = memory.store(this.#number, data);
    if (block === NO_BLOCK) return this.#refuseForRoom(data.length);
    const { ring } = this.#shard;
    if (!ring.push(command, this.#number, block, data.length, codec, flags, dts, pts, monotonicNow())) {
      memory.drop(block);
      return this.#refuseForRing(data.length);
    }
    this.#shard.ringDoorbell();
    return true;
  }

  #refuse(): false {
    this.#refused++;
    return false;
  }

  #refuseForRoom(bytes: number): false {
    const { maxPacket } = this.#host.memory;
    if (bytes > maxPacket) throw packetTooLargeError(bytes, maxPacket);
    this.#awaited = bytes;
    this.#heldAtRefusal = this.#host.memory.heldBy(this.#number);
    this.#announce();
    this.#host.awaitRoom(this);
    return this.#refuse();
  }

  /** A full ring is drained within moments, whatever becomes of the blocks. */
  readonly #onRingRetry = (): void => {
    this.#awaited = 0;
    this.#announce();
  };

  #refuseForRing(bytes: number): false {
    this.#awaited = bytes;
    this.#announce();
    setTimeout(this.#onRingRetry, RING_RETRY);
    return this.#refuse();
  }

  /** Raises `pause` and `resume` in turn, whichever of the two causes of a pause came first or went last. */
  #announce(): void {
    const paused = this.#pausedByShard || this.#awaited > 0;
    if (paused === this.#announcedPause || this.#ending !== undefined) return;
    this.#announcedPause = paused;
    if (paused) this.#pauses++;
    // Not from within `send…`: its caller has not seen the return value yet.
    process.nextTick(() => this.emit(paused ? 'pause' : 'resume'));
  }

  #requestClose(): void {
    if (this.#closeRequested) return;
    this.#closeRequested = true;
    this.#state = 'closing';
    this.#pushCommand(Command.close);
  }

  /** Adds a descriptor that must not be lost. A full ring is drained within moments. */
  #pushCommand(command: Command): void {
    if (this.#shard.dead) return;
    if (this.#shard.ring.push(command, this.#number, NO_BLOCK, 0, 0, 0, 0, 0, 0)) this.#shard.ringDoorbell();
    else setTimeout(() => this.#pushCommand(command), RING_RETRY);
  }

  async #next(events: readonly (keyof ChannelEvents)[], signal: AbortSignal | undefined): Promise<void> {
    const done = new AbortController();
    const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    try {
      await Promise.race(events.map((event) => once(this, event, { signal: stop })));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      done.abort();
    }
  }
}

function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'the channel was closed before it was connected');
}

function abortedError(reason?: unknown): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ABORTED', 'the channel was aborted', {
    class: 'fatal',
    cause: reason,
  });
}

function packetTooLargeError(bytes: number, limit: number): CloudPushError {
  const message = `a packet of ${bytes} bytes is larger than the ${limit} bytes that the pool can hold for one channel`;
  return new CloudPushError('ERR_CLOUDPUSH_PACKET_TOO_LARGE', message, {
    details: { actual: bytes, permitted: limit },
  });
}
