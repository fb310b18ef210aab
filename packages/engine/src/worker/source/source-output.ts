import { type AudioCodec, copyBytes, type VideoCodec } from '@cloudpush/muxer';
import { monotonicNow } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import { SourceCounter } from '../../memory/counters.js';
import { NO_BLOCK, payloadOffset } from '../../memory/pool.js';
import { Command, PacketFlag } from '../../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { SlabKind } from '../../protocol/source-messages.js';
import { PacketBlock } from '../channel/packet-block.js';
import { SlabArena } from './slab-arena.js';
import type { SourceChannel, SourceContext } from './source-context.js';

/** Bytes of the smallest slabs: some pictures, and half a second of sound. */
const LEAST_VIDEO_SLAB = 32 * 1024;
const LEAST_AUDIO_SLAB = 8 * 1024;
/** Where a source goes on after another, or after a gap, in ms behind the last packet of the one before. */
const LEAST_STEP = 1;

/** What a packet is, on its way into the channel. One for all: it does not outlive the call. */
const descriptor = { command: Command.video as Command, codec: 0, flags: 0, bytes: 0, dts: 0, pts: 0 };

/**
 * A source's way into its channel: writes each packet into a slab of the pool, once, and hands it to the channel. Times are put on the
 * monotonic clock, on which every session of every source of the channel goes on, in whichever thread it runs.
 */
export class SourceOutput {
  readonly #context: SourceContext;
  readonly #channel: SourceChannel;
  readonly #video: SlabArena;
  readonly #audio: SlabArena;
  readonly #pool: Uint8Array;
  /** Bytes of the largest packet that the pool could hold. */
  readonly #maxPacket: number;
  readonly #onRoom: () => void;
  #videoCodec = 0;
  #audioCodec = 0;
  /** What is added to the session's times; NaN before its first packet. */
  #shift = Number.NaN;
  /** The latest time of a packet, on the monotonic clock. */
  #latest = Number.NEGATIVE_INFINITY;
  /** A picture is missing in front of the next one. */
  #behindLoss = false;
  #hasSentVideo = false;
  /** When something came the last time, and a picture, ms of the monotonic clock. */
  receivedAt = 0;
  pictureAt = 0;

  /** @param onRoom there is room for what was refused */
  constructor(context: SourceContext, channel: SourceChannel, maxPacket: number, onRoom: () => void) {
    this.#context = context;
    this.#channel = channel;
    this.#maxPacket = maxPacket;
    this.#onRoom = onRoom;
    this.#pool = new Uint8Array(context.pool);
    this.#video = this.#arena('video', LEAST_VIDEO_SLAB);
    this.#audio = this.#arena('audio', LEAST_AUDIO_SLAB);
  }

  /** A packet was refused, and there is no room for it yet. */
  get isFull(): boolean {
    return this.#video.isFull || this.#audio.isFull;
  }

  /** A session begins: its times are its own, and the first picture refers to nothing before. */
  begin(video: VideoCodec | undefined, audio: AudioCodec | undefined): void {
    this.#videoCodec = video === undefined ? 0 : VIDEO_CODECS.indexOf(video);
    this.#audioCodec = audio === undefined ? 0 : AUDIO_CODECS.indexOf(audio);
    this.#shift = Number.NaN;
    this.#behindLoss = this.#hasSentVideo;
    this.receivedAt = monotonicNow();
    this.pictureAt = this.receivedAt;
  }

  /** False when there is no room: nothing was taken. */
  sendVideo(data: Uint8Array, times: { pts: number; dts?: number; keyFrame?: boolean }): boolean {
    const { pts, dts, keyFrame } = times;
    let flags = keyFrame === undefined ? 0 : PacketFlag.keyFrameKnown;
    if (keyFrame === true) flags |= PacketFlag.keyFrame;
    if (this.#behindLoss) flags |= PacketFlag.behindLoss;
    descriptor.command = Command.video;
    descriptor.codec = this.#videoCodec;
    descriptor.flags = flags;
    if (!this.#send(this.#video, data, dts ?? Number.NaN, pts)) return false;
    this.#behindLoss = false;
    this.#hasSentVideo = true;
    this.pictureAt = this.receivedAt;
    this.#context.counters.sources.add(this.#channel.number, SourceCounter.videoFrames, 1);
    return true;
  }

  /** False when there is no room: nothing was taken. */
  sendAudio(data: Uint8Array, { pts }: { pts: number }): boolean {
    descriptor.command = Command.audio;
    descriptor.codec = this.#audioCodec;
    descriptor.flags = 0;
    if (!this.#send(this.#audio, data, pts, pts)) return false;
    this.#context.counters.sources.add(this.#channel.number, SourceCounter.audioFrames, 1);
    return true;
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

  #send(arena: SlabArena, data: Uint8Array, dts: number, pts: number): boolean {
    const { length } = data;
    const now = monotonicNow();
    this.receivedAt = now;
    if (length > this.#maxPacket) {
      this.#drop(length);
      return true;
    }
    const index = arena.reserve(length);
    if (index === NO_BLOCK) return false;
    this.#context.counters.sources.add(this.#channel.number, SourceCounter.bytesReceived, length);
    copyBytes(data, this.#pool, payloadOffset(index));
    this.#pass(new PacketBlock(arena, index, now), length, dts, pts, now);
    return true;
  }

  #pass(block: PacketBlock, bytes: number, dts: number, pts: number, now: number): void {
    if (Number.isNaN(this.#shift)) {
      this.#shift = Math.max(now, this.#latest + LEAST_STEP) - (Number.isNaN(dts) ? pts : dts);
    }
    descriptor.bytes = bytes;
    descriptor.dts = dts + this.#shift;
    descriptor.pts = pts + this.#shift;
    this.#latest = Math.max(this.#latest, descriptor.pts);
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
  #drop(bytes: number): void {
    const limit = this.#maxPacket;
    const message = `a packet of ${bytes} bytes from the source is larger than the ${limit} bytes that the pool can hold for one channel`;
    const details = { actual: bytes, permitted: limit };
    this.#context.counters.sources.add(this.#channel.number, SourceCounter.framesRefused, 1);
    this.#behindLoss ||= descriptor.command === Command.video;
    this.#channel.refuseFromSource(
      new CloudPushError('ERR_CLOUDPUSH_PACKET_TOO_LARGE', message, { details }),
    );
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
        onRoom: this.#onRoom,
      },
      least,
      this.#maxPacket,
    );
  }
}
