import {
  type AudioParameters,
  type EncryptionParameters,
  type FlvTag,
  type HevcForm,
  type MediaPacket,
  Muxer,
  type MuxerError,
  type MuxerResumption,
  type VideoParameters,
} from '@cloudpush/muxer';
import { HEADROOM } from '../../memory/block-layout.js';
import { Command, PacketFlag } from '../../memory/ring.js';
import type { MediaEncryption } from '../../metadata/types.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { ChannelConfig } from '../../protocol/stream.js';
import { isPicture, isSequenceHeader } from '../destination/drop-policy.js';
import type { PacketDescriptor } from './held-packets.js';
import { HeldPicture } from './held-picture.js';
import type { PacketBlock } from './packet-block.js';
import { PictureLoss } from './picture-loss.js';
import { StreamBitrates } from './stream-bitrates.js';
import { StreamEncryption } from './stream-encryption.js';
import { type StreamDescription, StreamMetadataTracker } from './stream-metadata-tracker.js';
import type { TagSink } from './tag-sink.js';

const EMPTY = new Uint8Array(0);

/**
 * The packet that goes into the muxer and the tags that come out of it, of all channels: neither outlives the
 * call. One of each stays in the processor's cache, where one for each channel would not.
 */
const packet: MediaPacket = { data: EMPTY, headroom: HEADROOM, dts: 0, pts: 0, configuration: undefined };
const tags: FlvTag[] = [];

/**
 * Makes the tags of a channel's stream, each once for all destinations: muxed, encrypted, measured, and with
 * what a server must be told when something about the stream has changed.
 */
export class ChannelMuxer {
  readonly #muxer: Muxer;
  /** Made when encryption is configured, or a frame comes encrypted: of most streams neither is so. */
  #encryption: StreamEncryption | undefined;
  readonly #describer: StreamMetadataTracker;
  readonly #held = new HeldPicture();
  readonly #loss: PictureLoss;
  readonly bitrates = new StreamBitrates();
  /** Time at which the stream began, as far as the caller's thread knows: the caller's clock may be set. */
  #toldOrigin: number | undefined;

  /**
   * @param resume the stream that was begun on another shard
   * @param onWarning is told what was wrong with a packet that goes out all the same
   */
  constructor(
    { hevc, inputClock, encryption, tracks }: ChannelConfig,
    resume: MuxerResumption | undefined,
    onWarning: (warning: MuxerError, lostFrames?: number) => void,
  ) {
    const hevcForm = hevc === 'legacy' ? 'legacy' : 'enhanced';
    this.#muxer = new Muxer({ hevcForm, inputClock, slices: 'await', resume, onWarning });
    this.#describer = new StreamMetadataTracker(tracks, this.#muxer);
    if (encryption.video !== undefined || encryption.audio !== undefined)
      this.#encryption = new StreamEncryption(encryption);
    this.#toldOrigin = resume?.state.origin;
    this.#loss = new PictureLoss(resume !== undefined);
    this.#describer.describe(this.#muxer.videoParameters, this.#muxer.audioParameters, this.bitrates);
  }

  /** Time of the stream, in ms from its first packet. */
  get elapsed(): number {
    return this.#muxer.elapsed;
  }

  /** The track has shown what it is. */
  get hasVideo(): boolean {
    return this.#muxer.videoParameters !== undefined;
  }

  get hasAudio(): boolean {
    return this.#muxer.audioParameters !== undefined;
  }

  get hevcForm(): HevcForm {
    return this.#muxer.hevcForm;
  }

  set hevcForm(form: HevcForm) {
    this.#muxer.hevcForm = form;
  }

  convertHevc(form: HevcForm): void {
    this.#muxer.convertHevc(form);
  }

  /** The stream's headers, for a destination that joins it. */
  get sequenceHeaders(): FlvTag[] {
    return this.#muxer.sequenceHeaders(0);
  }

  /** The description of the stream, for a destination that joins it. */
  get description(): StreamDescription | undefined {
    return this.#describer.current;
  }

  /** Describes the stream when the form of H.265 has changed and no picture has come in the new one yet. */
  redescribe(): StreamDescription | undefined {
    return this.#describer.reform();
  }

  /**
   * The time of a data message on the stream's clock. NaN: that of the latest media.
   * @throws MuxerError when it is no time
   */
  stamp(pts: number): number {
    const stamped: FlvTag[] = [];
    this.#muxer.scriptData({ data: EMPTY, headroom: 0, dts: pts, pts }, stamped);
    return stamped[0]!.timestamp;
  }

  /** Takes effect with the track's next frame. */
  encrypt({ type, mode, key }: MediaEncryption): void {
    this.#forEncryption().configure(type === 'videoEncrypt' ? 'video' : 'audio', { mode, key });
  }

  /** The next segment: with a clock and nonces of its own, from a key frame on. Returns what describes it. */
  restart(): StreamDescription | undefined {
    this.#muxer.restart();
    this.#encryption?.restart();
    this.#toldOrigin = undefined;
    this.#loss.begin();
    for (const track of ['video', 'audio'] as const) {
      const parameters = this.#encryption?.newsOf(track);
      if (parameters !== undefined) this.#describer.describeEncryption(parameters, 0);
    }
    return this.#describer.current;
  }

  /** Offers the tags of a packet. */
  mux(descriptor: PacketDescriptor, data: Uint8Array, block: PacketBlock, sink: TagSink): void {
    const { flags } = descriptor;
    const isEncrypted = (flags & PacketFlag.encrypted) !== 0;
    // Nobody can tell whose slices these are.
    if (isEncrypted && descriptor.command === Command.video) this.flush(sink);
    // Setting its length would give its memory up.
    while (tags.length > 0) tags.pop();
    packet.data = data;
    packet.dts = descriptor.dts;
    packet.pts = descriptor.pts;
    packet.configuration = descriptor.configuration;
    packet.keyFrame =
      (flags & PacketFlag.keyFrameKnown) === 0 ? undefined : (flags & PacketFlag.keyFrame) !== 0;
    packet.encrypted = isEncrypted;
    if ((flags & PacketFlag.behindLoss) !== 0) this.#noteLoss(sink);
    try {
      this.#mux(descriptor);
    } catch (error) {
      this.#refuse(error, descriptor.command, sink);
    }
    if (!this.#held.isEmpty || this.#muxer.heldPicture !== 0) this.#sendHeld(descriptor.command, block, sink);
    else this.#sendAll(descriptor.command, block, sink);
  }

  /** The picture that waits for more of its slices, which come in packets of their own; 0: none does. */
  get heldPicture(): number {
    return this.#held.number;
  }

  /** No more of the slices of the picture that waits will come, or not in time. */
  flush(sink: TagSink): void {
    if (this.#held.isEmpty) return;
    while (tags.length > 0) tags.pop();
    packet.encrypted = false;
    try {
      this.#muxer.flush(tags);
    } catch (error) {
      this.#refuse(error, Command.video, sink);
    }
    this.#releaseHeld(sink);
  }

  /** Gives up the picture that waits. */
  dropHeld(): void {
    this.#muxer.awaitKeyFrame();
    this.#held.take()?.release(false);
  }

  /** The packet is a part of the picture that waits, or that has gone out now, or another waits. */
  #sendHeld(command: Command, block: PacketBlock, sink: TagSink): void {
    const { heldPicture } = this.#muxer;
    const goesOn = heldPicture === this.#held.number;
    if (command !== Command.video) this.#sendAll(command, block, sink);
    else if (this.#held.isEmpty) {
      this.#sendAll(command, block, sink);
      this.#held.begin(block, heldPicture);
    } else if (goesOn) this.#held.bring(block);
    else {
      // The tags that have come out may be of both pictures.
      this.#held.bring(block);
      this.#releaseHeld(sink);
      if (heldPicture !== 0) this.#held.begin(block, heldPicture);
    }
  }

  #releaseHeld(sink: TagSink): void {
    const held = this.#held.take()!;
    this.#sendAll(Command.video, held, sink);
    held.release();
  }

  #sendAll(command: Command, block: PacketBlock, sink: TagSink): void {
    const [first] = tags;
    if (first === undefined) return;
    this.#tellState(sink);
    let description = this.#describe(command);
    for (const tag of tags) {
      if (this.#send(tag, block, description, sink)) description = undefined;
    }
  }

  /** A picture was lost: those that refer to it are skipped without a word each. */
  #noteLoss(sink: TagSink): void {
    if (!this.#held.isEmpty) sink.skipPicture();
    this.dropHeld();
    this.#loss.begin();
  }

  #refuse(error: unknown, command: Command, sink: TagSink): void {
    if (this.#loss.explains(error, command === Command.video)) sink.skipPicture();
    else sink.refuse(error);
  }

  #mux({ command, codec }: PacketDescriptor): void {
    if (command === Command.video) this.#muxer.video(VIDEO_CODECS[codec]!, packet, tags);
    else if (command === Command.audio) this.#muxer.audio(AUDIO_CODECS[codec]!, packet, tags);
    else this.#muxer.scriptData(packet, tags);
  }

  /** The description this packet changes, if any. A packet can only change its own track. */
  #describe(command: Command): StreamDescription | undefined {
    const parameters = this.#parametersOf(command);
    if (parameters === undefined || this.#describer.tells(parameters)) return undefined;
    const { videoParameters, audioParameters } = this.#muxer;
    return this.#describer.describe(videoParameters, audioParameters, this.bitrates);
  }

  #parametersOf(command: Command): VideoParameters | AudioParameters | undefined {
    if (command === Command.video) return this.#muxer.videoParameters;
    return command === Command.audio ? this.#muxer.audioParameters : undefined;
  }

  /** Tells the state that another shard would need to go on with the stream, when it has changed. */
  #tellState(sink: TagSink): void {
    const { origin } = this.#muxer;
    if (this.#toldOrigin === origin && !tags.some(isSequenceHeader)) return;
    this.#toldOrigin = origin;
    sink.noteState(this.#muxer.state!);
  }

  /** False when it did not go out. */
  #send(tag: FlvTag, block: PacketBlock, description: StreamDescription | undefined, sink: TagSink): boolean {
    if (isPicture(tag)) this.#loss.end();
    const encryption = packet.encrypted === true ? this.#forEncryption() : this.#encryption;
    const sent = encryption === undefined ? tag : this.#encrypt(encryption, tag, sink);
    if (sent === undefined) return false;
    this.bitrates.add(sent);
    const parameters = encryption?.news(tag);
    if (parameters !== undefined) this.#tell(parameters, tag.timestamp, block, sink);
    sink.offer(sent, block, description, undefined);
    return true;
  }

  /** Undefined when it cannot be encrypted: then it is never sent in the clear. */
  #encrypt(encryption: StreamEncryption, tag: FlvTag, sink: TagSink): FlvTag | undefined {
    try {
      return encryption.encrypt(tag, packet.encrypted === true);
    } catch (error) {
      sink.refuse(error);
      if (isPicture(tag)) sink.skipToKeyFrame();
      return undefined;
    }
  }

  #forEncryption(): StreamEncryption {
    if (this.#encryption === undefined) {
      this.#encryption = new StreamEncryption({});
      // They tell how frames are to be encrypted.
      for (const header of this.#muxer.sequenceHeaders(0)) this.#encryption.encrypt(header, false);
    }
    return this.#encryption;
  }

  /** As a tag of its own, which is never dropped. */
  #tell(parameters: EncryptionParameters, timestamp: number, block: PacketBlock, sink: TagSink): void {
    const tag = this.#describer.describeEncryption(parameters, timestamp);
    sink.offer(tag, block, this.#describer.current, undefined);
  }
}
