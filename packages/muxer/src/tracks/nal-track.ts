import { around } from '../bits/bytes.js';
import type { StreamColour } from '../colour/color-info.js';
import { MuxerError } from '../errors.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { requireHeadroom, requireMessageSize } from '../flv/tag-body.js';
import { type VideoTagFormat, videoHeaderSize, writeVideoHeader } from '../flv/video-tag-header.js';
import type { MediaPacket } from '../media-packet.js';
import { holdsMissedNalUnit } from '../nal/missed-nal-unit.js';
import type { NalCodec } from '../nal/nal-codec.js';
import { beginsWithStartCode } from '../nal/nal-unit-index.js';
import { SeiState } from '../nal/sei-state.js';
import { unlessSame, type VideoParameters } from '../parameters.js';
import type { Timeline, TrackClock } from '../timeline/timeline.js';
import type { ColorInfoSender } from './color-info-sender.js';
import { keyFrameHint } from './key-frame-hint.js';
import { nalSampleInPlace, nalSampleSize, nalSampleSliced } from './nal-sample.js';
import { PacketForm } from './packet-form.js';
import { index, isIndexed } from './packet-index.js';
import { PendingNalUnits } from './pending-nal-units.js';
import { PictureAssembler, type PictureTarget, type SliceHandling } from './picture-assembler.js';
import { PictureSurvey } from './picture-survey.js';
import { PictureTimes } from './picture-times.js';
import { StartCodeWatch } from './start-code-watch.js';
import { VideoHeaders } from './video-headers.js';
import type { VideoTrack } from './video-track.js';

/** The times of a track, and what it does about slices. */
export interface NalTrackContext {
  readonly timeline: Timeline;
  readonly clock: TrackClock;
  readonly slices: SliceHandling;
}

/** A video track of NAL units, behind start codes or lengths: one H.264 or H.265 stream. */
export class NalTrack implements VideoTrack, PictureTarget {
  readonly #codec: NalCodec;
  readonly #assembler: PictureAssembler;
  readonly #timeline: Timeline;
  readonly #headers: VideoHeaders;
  readonly #pending = new PendingNalUnits();
  readonly #sei = new SeiState();
  readonly #survey: PictureSurvey;
  readonly #startCodes: StartCodeWatch;
  readonly #times: PictureTimes;
  readonly #form: PacketForm;
  /** A key frame has come, and no picture that others refer to has been lost since. */
  #started = false;
  /** The caller has been told that its `keyFrame` contradicts the pictures. */
  #hintTold = false;
  /** The codec's revision when a picture went out last. */
  #sentRevision = -1;
  parameters: VideoParameters | undefined;

  constructor(codec: NalCodec, format: VideoTagFormat, { timeline, clock, slices }: NalTrackContext) {
    this.#codec = codec;
    this.#headers = new VideoHeaders(format);
    this.#timeline = timeline;
    this.#form = new PacketForm(codec);
    this.#assembler = new PictureAssembler(codec, slices);
    this.#survey = new PictureSurvey(codec, this.#sei);
    this.#startCodes = new StartCodeWatch(codec, this.#survey);
    this.#times = new PictureTimes(codec, this.#survey, timeline, clock);
  }

  get colorInfo(): ColorInfoSender {
    return this.#headers.colorInfo;
  }

  /**
   * From the next picture on, tags are made in this form, behind a new sequence header unless the last one is
   * converted.
   */
  changeFormat(format: VideoTagFormat, isConverted: boolean): void {
    if (format === this.#headers.format) return;
    this.#headers.changeFormat(format, isConverted);
    this.#sentRevision = -1;
  }

  /** The record that the sequence header that was sent last was made of; undefined before the first. */
  get configuration(): Uint8Array | undefined {
    return this.#headers.configuration;
  }

  /** Goes on with a stream whose sequence header was made of `configuration`. Throws MuxerError. */
  resume(configuration: Uint8Array): void {
    this.#codec.resume(configuration);
    this.#headers.resume(configuration);
    this.#sentRevision = this.#codec.revision;
    this.parameters = this.#codec.parameters(this.#headers.format.videoCodecId);
    this.#started = true;
  }

  restart(): void {
    this.#started = false;
    this.#times.restart();
    this.#pending.clear();
    this.#assembler.drop();
  }

  awaitKeyFrame(): void {
    this.#started = false;
    // The packet that was lost may have been a part of the picture.
    this.#assembler.drop();
  }

  /** Names the picture that waits for more of its slices: another number for each; 0: none waits. */
  get heldPicture(): number {
    return this.#assembler.held;
  }

  flush(out: FlvTag[]): void {
    this.#assembler.flush(this, out);
  }

  sequenceHeaders(timestamp: number): FlvTag[] {
    return this.#headers.repeat(timestamp);
  }

  mux(packet: MediaPacket, out: FlvTag[]): void {
    if (this.#form.isOther(packet.configuration)) {
      this.#muxConfigured(packet, out);
      return;
    }
    // Pictures cannot be told apart in a packet that is encrypted.
    const isRead = packet.encrypted !== true && isIndexed(packet.data, this.#form.lengthSize);
    if (isRead && this.#assembler.concerns(packet.data)) {
      requireHeadroom(packet);
      this.#assembler.mux(packet, this, out);
      return;
    }
    try {
      if (!isRead && this.#assembler.held !== 0) this.flush(out);
    } finally {
      this.muxPicture(packet, isRead, out);
    }
  }

  /** A picture that is held is of the configuration before. */
  #muxConfigured(packet: MediaPacket, out: FlvTag[]): void {
    try {
      this.flush(out);
    } finally {
      this.#configure(packet.configuration);
      this.mux(packet, out);
    }
  }

  #configure(configuration: Uint8Array | undefined): void {
    try {
      this.#form.take(configuration);
    } catch (error) {
      // The picture is refused with it.
      this.awaitKeyFrame();
      throw error;
    }
  }

  delay(packet: MediaPacket, pictures: number): void {
    const frameRate = this.parameters?.frameRate;
    const ms = pictures * (frameRate === undefined ? 1 : 1000 / frameRate);
    packet.dts = this.#timeline.later(packet.dts, ms);
    packet.pts = this.#timeline.later(packet.pts, ms);
  }

  onLost(data: Uint8Array): void {
    if (this.#started && this.#isLoss(data)) this.#started = false;
  }

  /** Tells whether the lost packet was, or may have been, a picture that others refer to. */
  #isLoss(data: Uint8Array): boolean {
    return holdsMissedNalUnit(data, this.#form.lengthSize, (start) => this.#codec.isMissed(data, start));
  }

  /**
   * Appends the tags of a packet that is one whole picture, or none. `isRead`: its NAL units are in the
   * index.
   */
  muxPicture(packet: MediaPacket, isRead: boolean, out: FlvTag[]): void {
    this.#survey.begin();
    this.#startCodes.hidesMissed = false;
    try {
      this.#mux(packet, isRead, out);
    } catch (error) {
      if (this.#survey.opaque || this.#startCodes.hidesMissed) this.#started = false;
      else this.onLost(packet.data);
      throw error;
    } finally {
      // Gone out or refused: what came ahead of this picture is not for the next one.
      if (this.#survey.hasPicture) {
        this.#pending.clear();
        this.#sei.endAccessUnit();
      }
    }
  }

  #mux(packet: MediaPacket, isRead: boolean, out: FlvTag[]): void {
    requireHeadroom(packet);
    const survey = this.#survey;
    if (packet.encrypted !== true || this.#isReadable(packet.data)) {
      if (!isRead) index.read(packet.data, this.#form.lengthSize);
      survey.take(packet, this.#pending.recoveryPoint);
    } else survey.takeOpaque(packet.data, this.#startOf(packet.data));
    this.#startCodes.check(packet, this.#timeline.onWarning);
    if (!survey.hasPicture) {
      this.#pending.keep(packet.data, index, this.#codec);
      this.#pending.recoveryPoint = this.#sei.recoveryPoint;
      return;
    }
    const keyFrame = this.#isKeyFrame(packet);
    if (!this.#started && !keyFrame) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME', {
        actual: 'inter frame',
        permitted: 'key frame',
      });
    }
    requireMessageSize(nalSampleSize(index) + this.#pending.size + 8, 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE');
    this.#emit(packet, keyFrame, out);
    this.#startCodes.note(packet, this.#timeline.onWarning);
    this.#started = true;
  }

  /** The picture itself counts; the caller's word does where that cannot be read. */
  #isKeyFrame({ keyFrame, encrypted }: MediaPacket): boolean {
    const found = this.#survey.randomAccess;
    if (keyFrame === undefined) return found;
    if (encrypted === true) return keyFrame;
    if (keyFrame !== found && !this.#hintTold) this.#tellHint(keyFrame);
    return found;
  }

  #tellHint(keyFrame: boolean): void {
    this.#hintTold = true;
    this.#timeline.onWarning?.(keyFrameHint(keyFrame));
  }

  /**
   * Tells whether a packet that the caller has encrypted has its NAL unit headers, and all in front of them,
   * in the clear.
   */
  #isReadable(data: Uint8Array): boolean {
    if (this.#form.lengthSize === 0 && !beginsWithStartCode(data)) return data.length === 0;
    try {
      index.read(data, this.#form.lengthSize);
      for (let i = 0; i < index.count; i++) this.#codec.classify(data, index.starts[i]!, index.ends[i]!);
      return true;
    } catch {
      return false;
    }
  }

  /** Returns the start of a packet whose NAL units cannot be told apart. */
  #startOf(data: Uint8Array): number {
    return this.#form.lengthSize === 0 && beginsWithStartCode(data) ? data.indexOf(1) + 1 : 0;
  }

  #emit(packet: MediaPacket, keyFrame: boolean, out: FlvTag[]): void {
    const codec = this.#codec;
    const headers = this.#headers;
    const changed = codec.revision !== this.#sentRevision;
    const parameters = changed
      ? unlessSame(this.parameters, codec.parameters(headers.format.videoCodecId))
      : this.parameters!;
    this.#times.place(packet, parameters, keyFrame);
    // Nothing can fail from here on: what is noted as sent will be sent.
    const { timestamp } = this.#times;
    this.parameters = parameters;
    if (changed) {
      this.#sentRevision = codec.revision;
      headers.sendConfiguration(codec.configuration, timestamp, out);
    }
    if (keyFrame) headers.sendColorInfo(this.#streamColour(), timestamp, out);
    out.push(this.#frame(packet, keyFrame, timestamp));
  }

  #streamColour(): StreamColour {
    const { hdrCll, hdrMdcv } = this.#sei;
    return { bitDepth: this.parameters!.bitDepth, colour: this.#codec.colour, hdrCll, hdrMdcv };
  }

  #frame(packet: MediaPacket, keyFrame: boolean, timestamp: number): FlvTag {
    const { format } = this.#headers;
    const { disposable, contiguous, delimiterFirst } = this.#survey;
    const offset = this.#times.compositionTimeOffset;
    const headerSize = videoHeaderSize(format, offset);
    const role = keyFrame ? TagRole.keyFrame : disposable ? TagRole.disposableFrame : TagRole.interFrame;
    const first = index.starts[0]! - 4 - headerSize;
    if (packet.headroom > 0 && contiguous && this.#pending.size === 0 && first + packet.headroom >= 0) {
      const body = around(packet.data, first, index.ends[index.count - 1]!);
      nalSampleInPlace(body, index, first);
      writeVideoHeader(body, 0, format, keyFrame, offset);
      return new FlvTag(TagType.video, role, timestamp, [body], body.length, first + packet.headroom);
    }
    const sample = nalSampleSliced(packet, index, headerSize, this.#pending, delimiterFirst);
    writeVideoHeader(sample.parts[0]!, 0, format, keyFrame, offset);
    return new FlvTag(TagType.video, role, timestamp, sample.parts, sample.size, sample.headroom);
  }
}
