import { equalBytes } from '../bits/bytes.js';
import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';
import { fourCcOf } from '../four-cc.js';
import type { FrameCodec } from '../frames/frame-codec.js';
import type { VideoParameters } from '../parameters.js';
import {
  av1CodecString,
  av1ConfigObus,
  encodeAv1CodecConfigurationRecord,
} from './av1-codec-configuration-record.js';
import { ObuHeader, ObuType } from './obu.js';
import { type Av1SequenceHeader, parseAv1SequenceHeader } from './sequence-header.js';

/** AV1 for a FrameTrack: temporal units, whose temporal delimiter stays out of the container. */
export class Av1Codec implements FrameCodec {
  readonly #obu = new ObuHeader();
  #sequenceHeaderObu = new Uint8Array(0);
  #sequenceHeader: Av1SequenceHeader | undefined;
  keyFrame = false;
  sampleStart = 0;
  hasFrame = false;
  configuration: Uint8Array | undefined;
  parameters: VideoParameters | undefined;

  get colour(): ColourDescription | undefined {
    return this.#sequenceHeader?.colour;
  }

  configure(record: Uint8Array): void {
    this.inspect(av1ConfigObus(record));
  }

  inspect(data: Uint8Array): void {
    const obu = this.#obu;
    this.keyFrame = false;
    this.sampleStart = 0;
    this.hasFrame = false;
    for (let offset = 0; offset < data.length; offset = obu.end) {
      obu.read(data, offset);
      if (obu.type === ObuType.temporalDelimiter) {
        if (offset === this.sampleStart) this.sampleStart = obu.end;
      } else if (obu.type === ObuType.sequenceHeader) {
        this.#takeSequenceHeader(data, offset);
      } else if (obu.type === ObuType.frame || obu.type === ObuType.frameHeader) {
        if (!this.hasFrame) this.#takeFrameHeader(data, offset);
      }
    }
  }

  #takeSequenceHeader(data: Uint8Array, offset: number): void {
    const bytes = data.subarray(offset, this.#obu.end);
    if (equalBytes(bytes, this.#sequenceHeaderObu)) return;
    const { payloadStart, end } = this.#obu;
    const header = parseAv1SequenceHeader(data.subarray(payloadStart, end), payloadStart);
    this.#sequenceHeaderObu = Uint8Array.from(bytes);
    this.#sequenceHeader = header;
    this.configuration = encodeAv1CodecConfigurationRecord(
      header,
      withSize(bytes, this.#obu.payloadStart - offset),
    );
    this.parameters = {
      codec: 'av1',
      width: header.width,
      height: header.height,
      frameRate: header.frameRate,
      profile: header.profile,
      level: header.levelIdx,
      chromaFormat: header.monochrome ? 0 : 3 - header.subsamplingX - header.subsamplingY,
      bitDepth: header.bitDepth,
      reorderDepth: 0,
      videoCodecId: fourCcOf('av1'),
      codecString: av1CodecString(header),
    };
  }

  /** The first bits of uncompressed_header() (AV1 §5.9.2). */
  #takeFrameHeader(data: Uint8Array, offset: number): void {
    if (this.#sequenceHeader === undefined) {
      throw new MuxerError('ERR_CLOUDPUSH_AV1_NO_SEQUENCE_HEADER', {
        offset,
        actual: 'none',
        permitted: 'one',
      });
    }
    if (this.#obu.payloadStart >= this.#obu.end) {
      throw new MuxerError('ERR_CLOUDPUSH_AV1_OBU_INVALID', {
        offset,
        field: 'frame_header_obu',
        actual: '0 bytes',
        permitted: '≥ 1 byte',
      });
    }
    const bits = data[this.#obu.payloadStart]!;
    const showExistingFrame = (bits & 0x80) !== 0;
    const keyFrameType = (bits & 0x60) === 0;
    this.hasFrame = true;
    this.keyFrame = this.#sequenceHeader.reducedStillPicture || (!showExistingFrame && keyFrameType);
  }
}

/** The OBU with obu_has_size_field set, as configOBUs must have it. */
function withSize(obu: Uint8Array, headerSize: number): Uint8Array {
  if ((obu[0]! & 2) !== 0) return obu;
  const length: number[] = [];
  for (let size = obu.length - headerSize; ; size >>= 7) {
    length.push(size < 0x80 ? size : (size & 0x7f) | 0x80);
    if (size < 0x80) break;
  }
  return Uint8Array.from([
    obu[0]! | 2,
    ...obu.subarray(1, headerSize),
    ...length,
    ...obu.subarray(headerSize),
  ]);
}
