import { EventEmitter } from 'node:events';
import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { type AmfValue, encodeAmf0 } from '@cloudpush/transport';
import type { ChannelEvents, CloseReport } from './channel-events.js';
import { CloudPushError, type ErrorData, toErrorData } from './errors.js';
import { Command, PacketFlag } from './memory/ring.js';
import { type ChannelOptions, channelConfig, invalidParameter, oneOf } from './options.js';
import { type PacketRoom, PacketSender } from './packet-sender.js';
import { AUDIO_CODECS, type ChannelConfig, VIDEO_CODECS } from './shard/protocol.js';
import type { ShardClient } from './shard/shard-client.js';
import { Counter } from './stats/counters.js';
import type { ChannelStats } from './stats/stats.js';

export type ChannelState = 'connecting' | 'publishing' | 'closing' | 'closed';

/** A packet's times, in ms on a clock of the caller's choice that is the same for the channel's audio and video. */
export interface PacketTimes {
  /** Presentation time. */
  readonly pts: number;
  /** Decoding time. Default: derived from the presentation times and the reorder depth that the stream tells. */
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

/** Names of the parts that an engine has for one of its channels. */
export interface ChannelSeat {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The channel's number in shared memory, below the most connections; used again after it is forgotten. */
  readonly number: number;
  readonly shard: ShardClient;
}

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
  readonly #shard: ShardClient;
  readonly #sender: PacketSender;
  readonly #video: number;
  readonly #audio: number;
  readonly #signal: AbortSignal | undefined;
  #state: ChannelState = 'connecting';
  /** How the connection ended, until the shard has forgotten the channel. */
  #ending: CloseReport | undefined;
  #report: CloseReport | undefined;
  #closeRequested = false;
  #connects = 0;
  /** Why a connection was lost that has been made again since, or is about to be. */
  #lastLoss: CloudPushError | undefined;
  readonly #waiters = new Set<() => void>();
  /** The counters as they were when the channel ended: its number may be in other hands now. */
  #lastStats: ChannelStats | undefined;

  /** Channels are made by `PushEngine.openChannel`. */
  constructor(room: PacketRoom, seat: ChannelSeat, options: ChannelOptions) {
    super();
    const config = channelConfig(options);
    this.id = seat.id;
    this.#number = seat.number;
    this.#shard = seat.shard;
    this.#sender = new PacketSender(room, seat.shard, seat.number, this.#onPauseChanged);
    this.#video = VIDEO_CODECS.indexOf(oneOf<VideoCodec>('video', options.video, VIDEO_CODECS));
    this.#audio = AUDIO_CODECS.indexOf(oneOf<AudioCodec>('audio', options.audio, AUDIO_CODECS));
    this.#signal = options.signal;
    room.gates.open(seat.number);
    this.#open(config);
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** True between `pause` and `resume`. */
  get paused(): boolean {
    return this.#report === undefined && this.#sender.paused;
  }

  /**
   * Sends one picture: of H.264 and H.265 an access unit in Annex-B form, any number of NAL units with 3- or 4-byte
   * start codes; of AV1 a temporal unit; of VP9 a frame. The bytes are copied; `data` may be reused at once.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, or `ERR_CLOUDPUSH_PACKET_TOO_LARGE` when the pool could never hold it.
   */
  sendVideo(data: Uint8Array, options: VideoPacketOptions): boolean {
    const { pts, dts, keyFrame, encrypted } = options;
    let flags = keyFrame === undefined ? 0 : PacketFlag.keyFrameKnown;
    if (keyFrame === true) flags |= PacketFlag.keyFrame;
    if (encrypted === true) flags |= PacketFlag.encrypted;
    return this.#sender.send(Command.video, this.#video, data, flags, dts, pts);
  }

  /**
   * Sends audio in the form that the codec asks for: one or more whole AAC frames with ADTS headers, or MP3, AC-3 or
   * E-AC-3 frames; one Opus packet or FLAC frame, or the stream's `OpusHead` or `fLaC` header before the first of them.
   * `pts` is the first frame's.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}.
   */
  sendAudio(data: Uint8Array, options: AudioPacketOptions): boolean {
    const { pts, encrypted } = options;
    const flags = encrypted === true ? PacketFlag.encrypted : 0;
    return this.#sender.send(Command.audio, this.#audio, data, flags, pts, pts);
  }

  /**
   * Sends a data message (RTMP 1.0 §7.1.2) of AMF0 values, in order with the media.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link writable}.
   * @throws CloudPushError as {@link sendVideo}; an error of the AMF0 encoder when a value cannot be encoded.
   */
  sendData(name: string, values: readonly AmfValue[], options: { readonly pts: number }): boolean {
    return this.#sender.send(Command.data, 0, encodeAmf0(name, ...values), 0, options.pts, options.pts);
  }

  /** Resolves when the stream is being published. Rejects with the reason when it never will be. */
  async connected(signal?: AbortSignal): Promise<void> {
    while (this.#report === undefined) {
      if (this.#state === 'publishing' || (this.#state === 'closing' && this.#connects > 0)) return;
      await this.#change(signal);
    }
    throw this.#report.error ?? closedError();
  }

  /** Resolves when a packet would be taken again, or the channel is over. */
  async writable(signal?: AbortSignal): Promise<void> {
    // A channel that is closing takes nothing any more: the answer is its end.
    while (this.#report === undefined && (this.paused || this.#state === 'closing'))
      await this.#change(signal);
  }

  /**
   * Sends everything accepted so far, ends the stream cleanly, and closes the connection. Always ends: at the latest
   * after `closeTimeout`, with a report that says so.
   */
  async close(): Promise<CloseReport> {
    this.#requestClose();
    while (this.#report === undefined) await this.#change(undefined);
    return this.#report;
  }

  /** Resets the connection now; what is queued is lost. */
  abort(reason: unknown = abortedError()): void {
    if (this.#ending !== undefined) return;
    this.#leave();
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
      queuedMs: count(Counter.queuedMs),
      queuedBytes: this.#sender.heldBytes,
      packetsRefused: this.#sender.refused,
      packetsInvalid: count(Counter.packetsInvalid),
      packetsLost: count(Counter.packetsLost),
      droppedDisposable: count(Counter.droppedDisposable),
      droppedPictures: count(Counter.droppedPictures),
      droppedAudio: count(Counter.droppedAudio),
      pauses: this.#sender.pauses,
      reconnects: Math.max(0, this.#connects - 1),
    };
  }

  /** @internal */
  onConnected(): void {
    this.#connects++;
    if (this.#state === 'connecting') this.#state = 'publishing';
    this.#wakeWaiters();
    this.emit('connect');
  }

  /** @internal */
  onDisconnected(error: ErrorData, delay: number): void {
    if (this.#state === 'publishing') this.#state = 'connecting';
    this.#lastLoss = CloudPushError.from(error);
    this.emit('disconnect', { error: this.#lastLoss, delay });
  }

  /** @internal */
  onCommand(name: string, args: AmfValue[]): void {
    this.emit('command', { name, args });
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
    this.emit('problem', { error: CloudPushError.from(error), repeats });
  }

  /** The connection is over, but descriptors may still be on their way to the shard. @internal */
  onEnded(error: ErrorData | undefined): void {
    this.#leave();
    // What a connection had taken when it was lost is lost, even if all that followed arrived.
    const failure = error === undefined ? this.#lastLoss : CloudPushError.from(error);
    this.#ending ??= { clean: failure === undefined && this.#closeRequested, error: failure };
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
    };
    this.#state = 'closed';
    const report = this.#ending!;
    this.#report = report;
    this.#wakeWaiters();
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => this.emit('close', report));
  }

  /** @internal */
  livesOn(shard: ShardClient): boolean {
    return this.#shard === shard;
  }

  readonly #onPauseChanged = (paused: boolean): void => {
    if (this.#report !== undefined) return;
    this.#wakeWaiters();
    this.emit(paused ? 'pause' : 'resume');
  };

  readonly #onAbort = (): void => this.abort(this.#signal?.reason);

  #open(config: ChannelConfig): void {
    if (this.#signal?.aborted) throw abortedError(this.#signal.reason);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#shard.counters.reset(this.#number);
    try {
      this.#shard.post({ type: 'open', channel: this.#number, config });
    } catch {
      // What cannot be cloned may hold a secret, so that the cause is left out.
      throw invalidParameter('connection', 'something that cannot be handed to another thread', 'plain data');
    }
    this.#sender.command(Command.open);
  }

  #requestClose(): void {
    if (this.#closeRequested) return;
    this.#closeRequested = true;
    this.#leave();
    this.#sender.command(Command.close);
  }

  /** From now on no packet is taken. */
  #leave(): void {
    this.#state = 'closing';
    this.#sender.close();
  }

  /** Resolves with the next change of state; rejects with the signal's reason. */
  #change(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(onChange);
        reject(signal?.reason);
      };
      const onChange = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiters.add(onChange);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #wakeWaiters(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const onChange of waiters) onChange();
  }
}

function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'the channel was closed before it was connected');
}

function abortedError(reason?: unknown): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ABORTED', 'the channel was aborted', {
    class: 'fatal',
    details: reason === undefined || reason instanceof Error ? {} : { reason: String(reason) },
    cause: reason,
  });
}
