import { EventEmitter } from 'node:events';
import type { AmfValue } from '@cloudpush/transport';
import type { ChannelCloseOptions } from '../../base/abort-signals.js';
import { Command, PacketFlag } from '../../memory/ring.js';
import { encodePrivateData } from '../../metadata/private-data.js';
import type { StreamMetadata } from '../../metadata/types.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { DestinationOptions } from '../../options/options.js';
import type { AudioPacketOptions, VideoPacketOptions, WaitOptions } from '../../options/packet-options.js';
import type { SourceOptions } from '../../options/source-options.js';
import type { SourceStats } from '../../stats/source-stats.js';
import type { ChannelStats } from '../../stats/stats.js';
import type { CloseReport } from '../close-report.js';
import type { Destination } from '../destination/destination.js';
import type { ChannelEvents } from '../events.js';
import type { ChannelControl, ChannelInput, ChannelState } from './channel-control.js';
import {
  codecNumber,
  encodeMessage,
  hasSourceError,
  noTrackError,
  requireTimes,
} from './packet-arguments.js';
import type { PacketSender } from './packet-sender.js';
import { PictureContinuity } from './picture-continuity.js';
import {
  type AudioPacket,
  type PacketStreamOptions,
  packetStream,
  type VideoPacket,
} from './writable-stream.js';
import { WriteQueue } from './write-queue.js';

/** The number of a track's default codec where the channel was opened without the track. */
const NO_TRACK = -1;

/**
 * One source of media, pushed to one server, or to several. Made by `PushEngine.openChannel`; it connects at
 * once.
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
  readonly #control: ChannelControl;
  readonly #sender: PacketSender;
  /** The default codecs' numbers; −1: the channel was opened without the track. */
  readonly #video: number;
  readonly #audio: number;
  readonly #hasSource: boolean;
  readonly #writer: WriteQueue;
  readonly #pictures: PictureContinuity;

  /** @internal Channels are made by `PushEngine.openChannel`. */
  constructor(control: ChannelControl, input: ChannelInput) {
    super();
    const { sender, video, audio, videoConfiguration, hasSource } = input;
    this.id = control.id;
    this.#control = control;
    this.#sender = sender;
    this.#hasSource = hasSource;
    this.#pictures = new PictureContinuity(videoConfiguration);
    this.#video = hasSource || video === 'none' ? NO_TRACK : VIDEO_CODECS.indexOf(video);
    this.#audio = hasSource || audio === 'none' ? NO_TRACK : AUDIO_CODECS.indexOf(audio);
    this.#writer = new WriteQueue(control);
  }

  /** The caller's name for it: the option `label`. */
  get label(): string | undefined {
    return this.#control.label;
  }

  get state(): ChannelState {
    return this.#control.state;
  }

  /** True between `pause` and `resume`. */
  get paused(): boolean {
    return this.#control.paused;
  }

  /** Destinations of the stream that are not over. */
  get destinations(): readonly Destination[] {
    return this.#control.destinations.all;
  }

  /**
   * Sends the stream to one server more, from its next key frame on. It is muxed once, and its bytes are not
   * copied; a destination that is slow drops what does not fit, and the others go on.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`,
   *   `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`, `ERR_CLOUDPUSH_CHANNEL_CLOSED`, `ERR_CLOUDPUSH_ABORTED`.
   */
  addDestination(options: DestinationOptions): Destination {
    return this.#control.addDestination(options);
  }

  /**
   * Sends one picture: of H.264 and H.265 an access unit in Annex-B form, any number of NAL units with 3- or
   * 4-byte start codes (with the option `videoConfig`: with their lengths in front), or its slices one after
   * the other in packets with the same times, which makes it wait for the packet behind it; of AV1 a temporal
   * unit; of VP9 a frame. The bytes are copied; `data` may be reused at once.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link
   *   writable}. Who goes on with another picture than the one that was refused has lost it: what refers to
   *   it is left out, up to the next key frame (`droppedUndecodable`).
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, or `ERR_CLOUDPUSH_PACKET_TOO_LARGE` when the
   *   pool could never hold it.
   */
  sendVideo(data: Uint8Array, options: VideoPacketOptions): boolean {
    if (this.#video === NO_TRACK) throw this.#hasSource ? hasSourceError() : noTrackError('video');
    const { pts, dts, codec, keyFrame, encrypted } = requireTimes(options);
    const video = codec === undefined ? this.#video : codecNumber(VIDEO_CODECS, codec);
    let flags = keyFrame === undefined ? 0 : PacketFlag.keyFrameKnown;
    if (keyFrame === true) flags |= PacketFlag.keyFrame;
    if (encrypted === true) flags |= PacketFlag.encrypted;
    const pictures = this.#pictures;
    if (!pictures.isWhole && pictures.isBehindLoss(data, dts, pts)) flags |= PacketFlag.behindLoss;
    try {
      const taken = this.#sender.send(Command.video, video, data, flags, dts, pts);
      if (!taken) pictures.onRefused(VIDEO_CODECS[video]!, data, dts, pts);
      else if (!pictures.isWhole) pictures.onTaken();
      return taken;
    } catch (error) {
      pictures.onFailed(VIDEO_CODECS[video]!, data, error);
      throw error;
    }
  }

  /**
   * Sends audio in the form that the codec asks for: one or more whole AAC frames with ADTS headers, or MP3,
   * AC-3 or E-AC-3 frames; one Opus packet or FLAC frame, or the stream's `OpusHead` or `fLaC` header before
   * the first of them. `pts` is the first frame's.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link
   *   writable}.
   * @throws CloudPushError as {@link sendVideo}.
   */
  sendAudio(data: Uint8Array, options: AudioPacketOptions): boolean {
    if (this.#audio === NO_TRACK) throw this.#hasSource ? hasSourceError() : noTrackError('audio');
    const { pts, codec, encrypted } = requireTimes(options);
    const audio = codec === undefined ? this.#audio : codecNumber(AUDIO_CODECS, codec);
    const flags = encrypted === true ? PacketFlag.encrypted : 0;
    return this.#sender.send(Command.audio, audio, data, flags, pts, pts);
  }

  /**
   * Sends a data message (RTMP 1.0 §7.1.2) of AMF0 values, in order with the media.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link
   *   writable}.
   * @throws CloudPushError as {@link sendVideo}; `ERR_CLOUDPUSH_AMF` when AMF0 cannot carry a value.
   */
  sendData(name: string, values: readonly AmfValue[], options: { readonly pts: number }): boolean {
    const { pts } = requireTimes(options);
    return this.#sender.send(Command.data, 0, encodeMessage(name, values), 0, pts, pts);
  }

  /**
   * Sends private data, in order with the media, as the data message `onPrivateData`: see docs/metadata.md.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link
   *   writable}.
   * @throws CloudPushError as {@link sendVideo}
   */
  sendPrivateData(data: Uint8Array, options: { readonly pts: number }): boolean {
    const { pts } = requireTimes(options);
    return this.#sender.send(Command.data, 0, encodePrivateData(data), 0, pts, pts);
  }

  /**
   * Tells the server about the stream, in order with the media: see docs/metadata.md.
   * @param options `pts`, in ms on the clock of the media. Default: the time of the latest media.
   * @returns false when there is no room now, or the channel is over: nothing was taken. See {@link
   *   writable}.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; `ERR_CLOUDPUSH_INVALID_STATE` for `streamStart`
   *   and `streamEnd` on a channel of `PushEngine.openStandby` before its first destination
   */
  sendMetadata(metadata: StreamMetadata, options: { readonly pts?: number | undefined } = {}): boolean {
    return this.#control.sendMetadata(metadata, requireTimes(options).pts);
  }

  /**
   * As {@link sendVideo}, but waits for room: resolves when the packet was taken. Packets are taken in the
   * order in which they were written, audio and video alike. `data` must stay as it is until then.
   * @throws CloudPushError (rejection) as {@link sendVideo}, and `ERR_CLOUDPUSH_CHANNEL_CLOSED` when the
   *   channel takes no more; the signal's reason when that fires. The packet was not taken then.
   */
  writeVideo(data: Uint8Array, options: VideoPacketOptions, waiting?: WaitOptions): Promise<void> {
    return this.#writer.write(() => this.sendVideo(data, options), waiting);
  }

  /** As {@link sendAudio}, but waits for room: see {@link writeVideo}. */
  writeAudio(data: Uint8Array, options: AudioPacketOptions, waiting?: WaitOptions): Promise<void> {
    return this.#writer.write(() => this.sendAudio(data, options), waiting);
  }

  /** As {@link sendData}, but waits for room: see {@link writeVideo}. */
  writeData(
    name: string,
    values: readonly AmfValue[],
    options: { readonly pts: number },
    waiting?: WaitOptions,
  ): Promise<void> {
    return this.#writer.write(() => this.sendData(name, values, options), waiting);
  }

  /**
   * As {@link sendMetadata}, but waits for room: see {@link writeVideo}. A `streamStart` or `streamEnd` that
   * is refused while the channel pauses, and not sent again, costs the segment.
   */
  writeMetadata(
    metadata: StreamMetadata,
    options: { readonly pts?: number | undefined } = {},
    waiting?: WaitOptions,
  ): Promise<void> {
    return this.#writer.write(() => this.sendMetadata(metadata, options), waiting);
  }

  /**
   * A Web stream of one track's packets into the channel, with backpressure. A packet that is refused for
   * what its arguments are, or because the channel is over, is an error of the stream.
   * @example
   * await readable.pipeTo(channel.createWritable('video'));
   */
  createWritable(track: 'video', options?: PacketStreamOptions): WritableStream<VideoPacket>;
  createWritable(track: 'audio', options?: PacketStreamOptions): WritableStream<AudioPacket>;
  createWritable(
    track: 'video' | 'audio',
    options: PacketStreamOptions = {},
  ): WritableStream<VideoPacket> | WritableStream<AudioPacket> {
    return packetStream(this, track, options);
  }

  /** Resolves when the stream is being published somewhere. Rejects with the reason when it never will be. */
  connected(signal?: AbortSignal): Promise<void> {
    return this.#control.connected(signal);
  }

  /**
   * Resolves when a packet would be taken again. @throws CloudPushError (rejection)
   *   `ERR_CLOUDPUSH_CHANNEL_CLOSED`: it is closing or over; the signal's reason when that fires.
   */
  writable(signal?: AbortSignal): Promise<void> {
    return this.#control.writable(signal);
  }

  /**
   * Of a channel that `PushEngine.openStandby` has opened: resolves when its source has delivered a key
   * frame, which the first destination begins with, or when that was added before. Of any other channel: at
   * once.
   * @throws CloudPushError (rejection) `ERR_CLOUDPUSH_CHANNEL_CLOSED` when the channel ends before, with the
   *   reason as its `cause`; the signal's reason when that fires.
   */
  standingBy(signal?: AbortSignal): Promise<void> {
    return this.#control.standingBy(signal);
  }

  /**
   * Of a channel of `openStandby`: begins with the `keyFrame` of a report of `close({ untilKeyFrame })`, waiting
   * 2 s for it at most. @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_INVALID_STATE`
   */
  beginWith(keyFrame: string): void {
    this.#control.beginWith(keyFrame);
  }

  /**
   * Sends everything accepted so far, ends the stream cleanly, and closes the connections. Always ends: at
   * the latest after `closeTimeout`, with a report that says so.
   */
  close(options: ChannelCloseOptions = {}): Promise<CloseReport> {
    return this.#control.close(options);
  }

  /** Resets the connections now; what is queued is lost. */
  abort(reason?: unknown): void {
    this.#control.abort(reason);
  }

  /**
   * Goes on with another source; the stream and its connections go on. Of a channel that was opened with a
   * `source` only.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_INVALID_STATE`,
   *   `ERR_CLOUDPUSH_CHANNEL_CLOSED`
   */
  setSource(source: SourceOptions): void {
    this.#control.setSource(source);
  }

  /** `stats().source`, without what counting up the rest costs. */
  sourceStats(): SourceStats | undefined {
    return this.#control.sourceStats();
  }

  /** Figures that are about 100 ms old at most, and never older than the last event. */
  stats(): ChannelStats {
    return this.#control.stats();
  }
}
