import { type AudioCodec, copyBytes, type VideoCodec } from '@cloudpush/muxer';
import { CloudPushError } from '../../base/errors.js';
import { NO_BLOCK, payloadOffset } from '../../memory/block-layout.js';
import { Command, PacketFlag } from '../../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { SlabKind } from '../../protocol/source-messages.js';
import { sourcePacketTooLarge } from '../../sources/errors.js';
import { PacketBlock } from '../channel/packet-block.js';
import type {
  FallbackTarget,
  OutputHandler,
  OutputTimes,
  OutputTracks,
  ReaderOutput,
} from './reader-output.js';
import { ReceivedCounts } from './received-counts.js';
import { RoomNotice } from './room-notice.js';
import { SessionClock } from './session-clock.js';
import { SILENCE_CONFIGURATION, SILENT_FRAME, Silence } from './silence.js';
import { SlabArena } from './slab-arena.js';
import type { SourceChannel, SourceContext } from './source-context.js';
import { type SpillBudget, TrackWriter } from './track-writer.js';

/** Bytes of the smallest slabs: some pictures, and half a second of sound. */
const LEAST_VIDEO_SLAB = 32 * 1024;
const LEAST_AUDIO_SLAB = 8 * 1024;
/** Bytes of the first slab for a camera, whose pictures are of unknown size: most key frames are smaller. */
const FIRST_VIDEO_SLAB = 256 * 1024;

/** The descriptor of a packet on its way into the channel. One for all: it does not outlive the call. */
const descriptor = {
  command: Command.video as Command,
  codec: 0,
  flags: 0,
  bytes: 0,
  dts: 0,
  pts: 0,
  configuration: undefined as Uint8Array | undefined,
};

/**
 * A source's way into its channel: writes each packet into a slab of the pool, once, and hands it to the
 * channel. Times are put on the monotonic clock, on which every session of every source of the channel goes
 * on, in whichever thread it runs.
 */
export class SourceOutput implements ReaderOutput, FallbackTarget {
  readonly #context: SourceContext;
  readonly #channel: SourceChannel;
  readonly #video: SlabArena;
  readonly #audio: SlabArena;
  readonly #pool: Uint8Array;
  /** Bytes of the largest packet that the pool could hold. */
  readonly #maxPacket: number;
  readonly #handler: OutputHandler;
  #videoCodec = 0;
  #audioCodec = 0;
  #silence: Silence | undefined;
  readonly #clock = new SessionClock();
  readonly #room: RoomNotice;
  /** A picture is missing in front of the next one. */
  #behindLoss = false;
  #hasSentVideo = false;
  /** The session that has begun and has written nothing yet, while a fallback covers for it. */
  #pending: OutputTracks | undefined;
  readonly received: ReceivedCounts;

  constructor(context: SourceContext, channel: SourceChannel, maxPacket: number, handler: OutputHandler) {
    this.#context = context;
    this.#channel = channel;
    this.#maxPacket = maxPacket;
    this.#handler = handler;
    this.received = new ReceivedCounts(context.counters.sources, channel.number);
    this.#room = new RoomNotice(context, channel, () => handler.onRoom());
    this.#pool = new Uint8Array(context.pool);
    this.#video = this.#arena('video', LEAST_VIDEO_SLAB);
    this.#audio = this.#arena('audio', LEAST_AUDIO_SLAB);
  }

  get isFull(): boolean {
    return this.#video.isFull || this.#audio.isFull;
  }

  /**
   * A session begins: its times are its own, and the first picture refers to nothing before.
   * @param audio `'silence'`: sound without a sound goes along with the pictures
   */
  begin(video: VideoCodec | undefined, audio: AudioCodec | 'silence' | undefined): void {
    this.received.begin(this.#context.clock.now());
    this.#pending = { video, audio };
    if (!this.#handler.isCovered) this.#takeOver(true);
  }

  /** The same of what goes out in place of the source: it does not count as received. */
  beginFallback(video: VideoCodec | undefined, audio: AudioCodec | 'silence' | undefined): void {
    this.received.isOn = false;
    this.#start(video, audio);
  }

  #start(video: VideoCodec | undefined, audio: AudioCodec | 'silence' | undefined): void {
    this.#videoCodec = video === undefined ? 0 : VIDEO_CODECS.indexOf(video);
    const isSilent = audio === 'silence' && video !== undefined;
    this.#silence = isSilent ? new Silence() : undefined;
    this.#audioCodec = audio === undefined || audio === 'silence' ? 0 : AUDIO_CODECS.indexOf(audio);
    this.#clock.restart();
    this.#behindLoss = this.#hasSentVideo;
  }

  /**
   * The source's first packet is there: from now on it writes, and no fallback. False: it is not to be sent,
   * as a fallback goes on until the source has a picture.
   */
  #takeOver(isPicture: boolean): boolean {
    const pending = this.#pending;
    if (pending === undefined) return true;
    if (!isPicture && pending.video !== undefined && this.#handler.isCovered) return false;
    this.#pending = undefined;
    this.#handler.onTakeOver();
    this.received.isOn = true;
    this.#start(pending.video, pending.audio);
    return true;
  }

  sendVideo(data: Uint8Array, times: OutputTimes): boolean {
    this.#takeOver(true);
    return this.sendFallbackVideo(data, times);
  }

  sendAudio(data: Uint8Array, times: OutputTimes): boolean {
    return this.#takeOver(false) ? this.sendFallbackAudio(data, times) : true;
  }

  sendFallbackVideo(data: Uint8Array, times: OutputTimes): boolean {
    const block = this.#store(this.#video, data);
    if (block === undefined) return false;
    if (block !== null)
      this.#passVideo(block, data.length, times.dts, times.pts, times.keyFrame, times.configuration);
    else this.#behindLoss = true;
    return true;
  }

  sendFallbackAudio(data: Uint8Array, times: OutputTimes): boolean {
    const block = this.#store(this.#audio, data);
    if (block === undefined) return false;
    if (block === null) return true;
    if (times.isTranscoded !== true) this.received.addAudio(data.length, block.enqueuedAt);
    this.#passAudio(block, data.length, times.pts, times.configuration);
    return true;
  }

  countAudio(bytes: number): void {
    this.received.addAudio(bytes, this.#context.clock.now());
  }

  refuseAudio(): void {
    this.received.addRefused();
  }

  /**
   * A writer for packets that come in pieces.
   * @param limit bytes of the largest packet
   * @param configuration of the packets, as it is at the time
   */
  openWriter(
    kind: SlabKind,
    budget: SpillBudget,
    limit: number,
    configuration: () => Uint8Array | undefined,
  ): TrackWriter {
    const isVideo = kind === 'video';
    const arena = isVideo ? this.#video : this.#audio;
    arena.prepare(isVideo ? FIRST_VIDEO_SLAB : LEAST_AUDIO_SLAB);
    const limits = { budget, limit: Math.min(limit, this.#maxPacket) };
    return new TrackWriter(arena, this.#pool, limits, {
      onBegin: () => this.#takeOver(isVideo),
      onPacket: (index, bytes, pts, keyFrame) => {
        const block = new PacketBlock(arena, index, this.#context.clock.now());
        if (isVideo) this.#passVideo(block, bytes, undefined, pts, keyFrame, configuration());
        else {
          this.received.addAudio(bytes, block.enqueuedAt);
          this.#passAudio(block, bytes, pts, configuration());
        }
      },
      onRefused: () => {
        this.received.addRefused();
        if (isVideo) this.#behindLoss = true;
      },
    });
  }

  /** The pool's thread has granted a slab. */
  onSlab(kind: SlabKind, block: number, bytes: number): void {
    (kind === 'video' ? this.#video : this.#audio).onSlab(block, bytes);
  }

  /** Nothing is expected for a while: what is not needed goes back. */
  trim(): void {
    this.#video.trim();
    this.#audio.trim();
  }

  close(): void {
    this.#video.close();
    this.#audio.close();
  }

  /** Undefined when there is no room now; null when the packet is larger than any room: it is left out. */
  #store(arena: SlabArena, data: Uint8Array): PacketBlock | null | undefined {
    const { length } = data;
    if (length > this.#maxPacket) {
      this.#tellTooLarge(length);
      return null;
    }
    const index = arena.reserve(length);
    if (index === NO_BLOCK) return undefined;
    copyBytes(data, this.#pool, payloadOffset(index));
    return new PacketBlock(arena, index, this.#context.clock.now());
  }

  #passVideo(
    block: PacketBlock,
    bytes: number,
    dts: number | undefined,
    pts: number,
    keyFrame: boolean | undefined,
    configuration: Uint8Array | undefined,
  ): void {
    let flags = keyFrame === undefined ? 0 : PacketFlag.keyFrameKnown;
    if (keyFrame === true) flags |= PacketFlag.keyFrame;
    if (this.#behindLoss) flags |= PacketFlag.behindLoss;
    this.#behindLoss = false;
    this.#hasSentVideo = true;
    this.received.addVideo(bytes, block.enqueuedAt);
    descriptor.command = Command.video;
    descriptor.codec = this.#videoCodec;
    descriptor.flags = flags;
    descriptor.configuration = configuration;
    this.#pass(block, bytes, dts ?? Number.NaN, pts);
    if (this.#silence !== undefined) this.#passSilence(this.#silence, pts);
  }

  #passAudio(block: PacketBlock, bytes: number, pts: number, configuration: Uint8Array | undefined): void {
    descriptor.command = Command.audio;
    descriptor.codec = this.#audioCodec;
    descriptor.flags = 0;
    descriptor.configuration = configuration;
    this.#pass(block, bytes, pts, pts);
  }

  /** Frames without a sound up to a picture's time. Where there is no room, they are left out. */
  #passSilence(silence: Silence, pictureTime: number): void {
    for (let pts = silence.take(pictureTime); pts !== undefined; pts = silence.take(pictureTime)) {
      const block = this.#store(this.#audio, SILENT_FRAME);
      if (!block) return;
      descriptor.command = Command.audio;
      descriptor.codec = 0;
      descriptor.flags = 0;
      descriptor.configuration = SILENCE_CONFIGURATION;
      this.#pass(block, SILENT_FRAME.length, pts, pts);
    }
  }

  #pass(block: PacketBlock, bytes: number, dts: number, pts: number): void {
    const now = block.enqueuedAt;
    const shift = this.#clock.shiftOf(now, dts, pts);
    descriptor.bytes = bytes;
    descriptor.dts = dts + shift;
    descriptor.pts = pts + shift;
    const channel = this.#channel;
    try {
      this.#context.touch(channel);
      channel.take(descriptor, block);
      this.#context.touch(channel);
    } catch (fault) {
      channel.fail(CloudPushError.wrap(fault));
    }
  }

  /** No pool of this size could hold it. */
  #tellTooLarge(bytes: number): void {
    this.received.addRefused();
    this.#channel.refuseFromSource(sourcePacketTooLarge(bytes, this.#maxPacket));
  }

  #arena(kind: SlabKind, least: number): SlabArena {
    const context = this.#context;
    const channel = this.#channel;
    return new SlabArena(
      {
        askForSlab: (bytes, largest) =>
          context.report({ type: 'slabWanted', channel: channel.number, kind, bytes, largest }),
        returnSlab: (block) => context.returnBlock(block, channel),
        onReleased: (block) => channel.countReturned(block),
        onSent: (block) => channel.noteSent(block),
        onRoom: () => this.#room.schedule(),
      },
      least,
      this.#maxPacket,
    );
  }
}
