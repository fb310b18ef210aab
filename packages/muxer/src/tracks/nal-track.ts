import { around, equalBytes } from '../bits/bytes.js';
import type { StreamColour } from '../colour/color-info.js';
import { MuxerError } from '../errors.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { bodyHeadroom, requireHeadroom, requireMessageSize } from '../flv/tag-body.js';
import {
  type VideoTagFormat,
  videoHeaderSize,
  videoSequenceHeader,
  writeVideoHeader,
} from '../flv/video-tag-header.js';
import type { MediaPacket } from '../media-packet.js';
import { holdsMissedNalUnit } from '../nal/missed-nal-unit.js';
import { type NalCodec, NalKind } from '../nal/nal-codec.js';
import { beginsWithStartCode, NalUnitIndex } from '../nal/nal-unit-index.js';
import { SeiState } from '../nal/sei-state.js';
import { unlessSame, type VideoParameters } from '../parameters.js';
import { DtsFromPts } from '../timeline/dts-from-pts.js';
import { ReorderWatch } from '../timeline/reorder-watch.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import { ColorInfoSender } from './color-info-sender.js';
import { compositionTimeError, compositionTimeOffset, fitsCompositionTime } from './composition-time.js';
import { keyFrameHint } from './key-frame-hint.js';
import { nalSampleInPlace, nalSampleSize, nalSampleSliced } from './nal-sample.js';
import { PendingNalUnits } from './pending-nal-units.js';
import { PictureAssembler, type PictureTarget, type SliceHandling } from './picture-assembler.js';
import type { VideoTrack } from './video-track.js';

/** Of the packet at hand. All tracks share it: among a thousand of their own, none would be in the processor's cache. */
const index = new NalUnitIndex();

/** A video track of NAL units in Annex-B packets: one H.264 or H.265 stream. */
export class NalTrack implements VideoTrack, PictureTarget {
  readonly #codec: NalCodec;
  readonly #assembler: PictureAssembler;
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  #dtsFromPts = new DtsFromPts();
  /** Of a stream without decoding times that does not tell its reorder depth, or tells too little. */
  #watch: ReorderWatch | undefined;
  readonly #pending = new PendingNalUnits();
  readonly #sei = new SeiState();
  readonly colorInfo = new ColorInfoSender();
  #format: VideoTagFormat;
  /** A key frame has come, and no picture that others refer to has been lost since. */
  #started = false;
  /** The caller has been told that its `keyFrame` contradicts the pictures. */
  #hintTold = false;
  /** What the sequence header that was sent last was made of. */
  #sentConfiguration: Uint8Array | undefined;
  #sentRevision = -1;
  parameters: VideoParameters | undefined;

  // What #survey found out about the packet at hand.
  #hasPicture = false;
  #randomAccess = false;
  #disposable = false;
  #contiguous = true;
  /** Its first slice, when that is not encrypted. */
  #sliceStart = 0;
  #sliceEnd = 0;
  #delimiterFirst = false;
  #opaque = false;

  constructor(
    codec: NalCodec,
    format: VideoTagFormat,
    timeline: Timeline,
    clock: TrackClock,
    slices: SliceHandling,
  ) {
    this.#clock = clock;
    this.#codec = codec;
    this.#assembler = new PictureAssembler(codec, slices, index);
    this.#format = format;
    this.#timeline = timeline;
  }

  /** From the next picture on, tags are made in this form, behind a new sequence header. */
  set format(format: VideoTagFormat) {
    if (format === this.#format) return;
    this.#format = format;
    this.#sentConfiguration = undefined;
    this.#sentRevision = -1;
  }

  /** What the sequence header that was sent last was made of; undefined before the first. */
  get configuration(): Uint8Array | undefined {
    return this.#sentConfiguration;
  }

  /** Goes on with a stream whose sequence header was made of `configuration`. Throws MuxerError. */
  resume(configuration: Uint8Array): void {
    this.#codec.resume(configuration);
    this.#sentConfiguration = configuration;
    this.#sentRevision = this.#codec.revision;
    this.parameters = this.#codec.parameters(this.#format.videoCodecId);
    this.#started = true;
  }

  restart(): void {
    this.#started = false;
    this.#dtsFromPts = new DtsFromPts();
    this.#watch?.restart();
    this.#pending.clear();
    this.#assembler.drop();
  }

  awaitKeyFrame(): void {
    this.#started = false;
    // What was lost may have been a part of it.
    this.#assembler.drop();
  }

  /** Names the picture that waits for more of its slices: another number for each; 0: none waits. */
  get heldPicture(): number {
    return this.#assembler.held;
  }

  flush(out: FlvTag[]): void {
    this.#assembler.flush(this, out);
  }

  mux(packet: MediaPacket, out: FlvTag[]): void {
    // What is encrypted cannot be told apart.
    const isRead = packet.encrypted !== true && isIndexed(packet.data);
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

  delay(packet: MediaPacket, pictures: number): void {
    const frameRate = this.parameters?.frameRate;
    const ms = pictures * (frameRate === undefined ? 1 : 1000 / frameRate);
    packet.dts = this.#timeline.later(packet.dts, ms);
    packet.pts = this.#timeline.later(packet.pts, ms);
  }

  onLost(data: Uint8Array): void {
    if (this.#started && this.#isLoss(data)) this.#started = false;
  }

  /** Appends the tags of a packet that is one whole picture, or none. `isRead`: its NAL units are in the index. */
  muxPicture(packet: MediaPacket, isRead: boolean, out: FlvTag[]): void {
    this.#hasPicture = false;
    this.#opaque = false;
    try {
      this.#mux(packet, isRead, out);
    } catch (error) {
      this.onLost(packet.data);
      throw error;
    } finally {
      // Gone out or refused: what came ahead of this picture is not for the next one.
      if (this.#hasPicture) {
        this.#pending.clear();
        this.#sei.endAccessUnit();
      }
    }
  }

  #mux(packet: MediaPacket, isRead: boolean, out: FlvTag[]): void {
    requireHeadroom(packet);
    if (packet.encrypted !== true || this.#isReadable(packet.data)) {
      if (!isRead) index.read(packet.data);
      this.#survey(packet);
    } else this.#takeOpaque(packet.data);
    if (!this.#hasPicture) {
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
    this.#started = true;
  }

  /** What is in the picture counts. What the caller says does where that cannot be read. */
  #isKeyFrame({ keyFrame, encrypted }: MediaPacket): boolean {
    const found = this.#randomAccess;
    if (keyFrame === undefined) return found;
    if (encrypted === true) return keyFrame;
    if (keyFrame !== found && !this.#hintTold) this.#tellHint(keyFrame);
    return found;
  }

  #tellHint(keyFrame: boolean): void {
    this.#hintTold = true;
    this.#timeline.onWarning?.(keyFrameHint(keyFrame));
  }

  /** Whether a packet that was refused was, or may have been, a picture that others refer to. */
  #isLoss(data: Uint8Array): boolean {
    return this.#opaque || holdsMissedNalUnit(data, (start) => this.#codec.isMissed(data, start));
  }

  /** Whether a packet that the caller has encrypted has start codes and NAL unit headers in the clear. */
  #isReadable(data: Uint8Array): boolean {
    if (!beginsWithStartCode(data)) return data.length === 0;
    try {
      index.read(data);
      for (let i = 0; i < index.count; i++) this.#codec.classify(data, index.starts[i]!, index.ends[i]!);
      return true;
    } catch {
      return false;
    }
  }

  /** A picture that nothing is known of, as the caller has encrypted it from its first byte on: it is one NAL unit. */
  #takeOpaque(data: Uint8Array): void {
    const start = beginsWithStartCode(data) ? data.indexOf(1) + 1 : 0;
    index.readWhole(start, data.length);
    this.#opaque = true;
    this.#hasPicture = true;
    this.#codec.beginPicture(data, start, data.length, true);
    this.#randomAccess = false;
    this.#disposable = false;
    this.#contiguous = true;
    this.#delimiterFirst = false;
  }

  /** Checks every NAL unit, takes parameter sets, drops what decoders ignore, and finds out what the picture is. */
  #survey(packet: MediaPacket): void {
    const { starts, ends, count } = index;
    const { data } = packet;
    let kept = 0;
    this.#randomAccess = false;
    this.#contiguous = true;
    this.#sei.recoveryPoint = this.#pending.recoveryPoint;
    for (let i = 0; i < count; i++) {
      const start = starts[i]!;
      const end = ends[i]!;
      const kind = this.#codec.classify(data, start, end);
      if (kind === NalKind.ignored) continue;
      this.#note(kind, packet, start, end);
      if (kept === 0) this.#delimiterFirst = kind === NalKind.accessUnitDelimiter;
      else if (start - 4 !== ends[kept - 1]) this.#contiguous = false;
      starts[kept] = start;
      ends[kept] = end;
      kept++;
    }
    index.count = kept;
    if (this.#sei.recoveryPoint && this.#codec.recoveryPointIsRandomAccess) this.#randomAccess = true;
  }

  #note(kind: NalKind, packet: MediaPacket, start: number, end: number): void {
    const { data, encrypted } = packet;
    if (kind === NalKind.slice) {
      if (this.#codec.isRandomAccess(data[start]!)) this.#randomAccess = true;
      if (this.#hasPicture) {
        if (encrypted !== true) this.#codec.continuePicture(data, start, end);
        return;
      }
      this.#hasPicture = true;
      this.#sliceStart = start;
      this.#sliceEnd = end;
      const { sequence } = this.#codec;
      this.#codec.beginPicture(data, start, end, encrypted === true);
      if (this.#codec.sequence !== sequence) this.#sei.beginSequence();
      this.#disposable = this.#codec.isDisposable(data, start);
    } else if (kind === NalKind.parameterSet) {
      this.#codec.storeParameterSet(data, start, end);
    } else if (kind === NalKind.sei && encrypted !== true) {
      this.#sei.read(data, start + this.#codec.nalHeaderSize, end);
    }
  }

  #emit(packet: MediaPacket, keyFrame: boolean, out: FlvTag[]): void {
    const changed = this.#codec.revision !== this.#sentRevision;
    const parameters = changed
      ? unlessSame(this.parameters, this.#codec.parameters(this.#format.videoCodecId))
      : this.parameters!;
    const timeline = this.#timeline;
    const derived = Number.isNaN(packet.dts);
    let dts = timeline.unwrap(derived ? packet.pts : packet.dts);
    let pts = derived || Number.isNaN(packet.pts) ? dts : timeline.unwrapNear(packet.pts, dts);
    if (derived) dts = this.#deriveDts(packet, pts, parameters, keyFrame);
    if (!fitsCompositionTime(pts - dts)) {
      timeline.onWarning?.(compositionTimeError(pts - dts));
      pts = dts;
    }
    const time = timeline.place(this.#clock, dts);
    const milliseconds = stamp(this.#clock, time);
    const presentation = timeline.presentation(this.#clock, pts, dts, time);
    const offset = compositionTimeOffset(presentation, milliseconds, pts === dts);
    const timestamp = wrap32(milliseconds);
    // Nothing can fail from here on: what is noted as sent will be sent.
    if (derived) this.#dtsFromPts.accept();
    this.parameters = parameters;
    if (changed) this.#emitSequenceHeader(timestamp, out);
    if (keyFrame) this.colorInfo.send(this.#format, this.#streamColour(), timestamp, out);
    out.push(this.#frame(packet, keyFrame, offset, timestamp));
  }

  /** Servers cut the stream at a sequence header that is repeated, so it goes out only when its bytes are new. */
  #emitSequenceHeader(timestamp: number, out: FlvTag[]): void {
    const configuration = this.#codec.configuration;
    this.#sentRevision = this.#codec.revision;
    if (this.#sentConfiguration !== undefined && equalBytes(this.#sentConfiguration, configuration)) return;
    this.#sentConfiguration = configuration;
    out.push(this.#sequenceHeader(configuration, timestamp));
  }

  #streamColour(): StreamColour {
    const { hdrCll, hdrMdcv } = this.#sei;
    return { bitDepth: this.parameters!.bitDepth, colour: this.#codec.colour, hdrCll, hdrMdcv };
  }

  #deriveDts(packet: MediaPacket, pts: number, parameters: VideoParameters, keyFrame: boolean): number {
    const frameDuration = parameters.frameRate === undefined ? undefined : 1000 / parameters.frameRate;
    const isSet = this.#timeline.isSet(this.#clock, pts);
    if (isSet) {
      this.#dtsFromPts = new DtsFromPts();
      this.#watch?.restart();
    }
    const earliest = isSet ? Number.NEGATIVE_INFINITY : this.#timeline.earliest(this.#clock);
    // An SPS may say less than the pictures do.
    if (parameters.reorderDepth === undefined || pts < earliest)
      this.#watch ??= new ReorderWatch(this.#codec.orderUnit);
    this.#watch?.see(this.#pictureOrder(packet), this.#codec.orderReset, pts);
    return this.#dtsFromPts.propose(
      pts,
      parameters.reorderDepth,
      this.#watch,
      frameDuration,
      keyFrame,
      earliest,
    );
  }

  #pictureOrder({ data, encrypted }: MediaPacket): number {
    if (encrypted === true) return Number.NaN;
    return this.#codec.pictureOrder(data, this.#sliceStart, this.#sliceEnd);
  }

  #frame(packet: MediaPacket, keyFrame: boolean, offset: number, timestamp: number): FlvTag {
    const format = this.#format;
    const headerSize = videoHeaderSize(format, offset);
    const role = keyFrame
      ? TagRole.keyFrame
      : this.#disposable
        ? TagRole.disposableFrame
        : TagRole.interFrame;
    const first = index.starts[0]! - 4 - headerSize;
    if (packet.headroom > 0 && this.#contiguous && this.#pending.size === 0 && first + packet.headroom >= 0) {
      const body = around(packet.data, first, index.ends[index.count - 1]!);
      nalSampleInPlace(body, index, first);
      writeVideoHeader(body, 0, format, keyFrame, offset);
      return new FlvTag(TagType.video, role, timestamp, [body], body.length, first + packet.headroom);
    }
    const sample = nalSampleSliced(packet, index, headerSize, this.#pending, this.#delimiterFirst);
    writeVideoHeader(sample.parts[0]!, 0, format, keyFrame, offset);
    return new FlvTag(TagType.video, role, timestamp, sample.parts, sample.size, sample.headroom);
  }

  #sequenceHeader(configuration: Uint8Array, timestamp: number): FlvTag {
    const body = videoSequenceHeader(this.#format, configuration);
    return new FlvTag(
      TagType.video,
      TagRole.videoSequenceHeader,
      timestamp,
      [body],
      body.length,
      bodyHeadroom,
    );
  }

  sequenceHeaders(timestamp: number): FlvTag[] {
    if (this.#sentConfiguration === undefined) return [];
    const header = this.#sequenceHeader(this.#sentConfiguration, timestamp);
    const colour = this.colorInfo.repeat(this.#format, timestamp);
    return colour === undefined ? [header] : [header, colour];
  }
}

/** Reads the NAL units of a packet into the index. What cannot be read is refused when it is muxed. */
function isIndexed(data: Uint8Array): boolean {
  try {
    index.read(data);
    return true;
  } catch {
    return false;
  }
}
