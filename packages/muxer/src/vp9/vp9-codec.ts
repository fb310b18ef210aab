import { BitReader } from '../bits/bit-reader.js';
import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';
import { fourCcOf } from '../four-cc.js';
import type { FrameCodec } from '../frames/frame-codec.js';
import type { VideoParameters } from '../parameters.js';
import { readVp9KeyFrame, type Vp9KeyFrame } from './uncompressed-header.js';
import {
  encodeVpCodecConfigurationRecord,
  vp9CodecString,
  vp9Level,
} from './vp-codec-configuration-record.js';

/** VP9 for a FrameTrack: frames or superframes, whose first frame tells what they are. */
export class Vp9Codec implements FrameCodec {
  #header: Vp9KeyFrame | undefined;
  readonly sampleStart = 0;
  readonly hasFrame = true;
  keyFrame = false;
  configuration: Uint8Array | undefined;
  parameters: VideoParameters | undefined;

  get colour(): ColourDescription | undefined {
    return this.#header?.colour;
  }

  /** Every key frame tells all that a `vpcC` does. */
  configure(): void {}

  inspect(data: Uint8Array): void {
    const reader = new BitReader(data.subarray(0, 16));
    const marker = reader.bits(2);
    if (marker !== 2) throw invalid('frame_marker', marker, '2');
    const profile = reader.bit() + 2 * reader.bit();
    if (profile === 3 && reader.flag()) throw invalid('reserved_zero', 1, '0');
    const showExistingFrame = reader.flag();
    this.keyFrame = !showExistingFrame && !reader.flag();
    if (reader.overrun) throw invalid('uncompressed_header', `${data.length} bytes`, '≥ 1 byte');
    if (!this.keyFrame) return;
    const header = readVp9KeyFrame(reader, profile);
    if (this.#header !== undefined && sameHeader(header, this.#header)) return;
    this.#takeHeader(header);
  }

  #takeHeader(header: Vp9KeyFrame): void {
    this.#header = header;
    this.configuration = encodeVpCodecConfigurationRecord(header);
    this.parameters = {
      codec: 'vp9',
      width: header.width,
      height: header.height,
      frameRate: undefined,
      profile: header.profile,
      level: vp9Level(header),
      chromaFormat: 3 - header.subsamplingX - header.subsamplingY,
      bitDepth: header.bitDepth,
      reorderDepth: 0,
      videoCodecId: fourCcOf('vp9'),
      codecString: vp9CodecString(header),
    };
  }
}

function sameHeader(a: Vp9KeyFrame, b: Vp9KeyFrame): boolean {
  return (
    a.width === b.width &&
    a.height === b.height &&
    a.profile === b.profile &&
    a.bitDepth === b.bitDepth &&
    a.colorSpace === b.colorSpace &&
    a.colour.fullRange === b.colour.fullRange &&
    a.subsamplingX === b.subsamplingX &&
    a.subsamplingY === b.subsamplingY
  );
}

function invalid(field: string, actual: number | string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VP9_HEADER_INVALID', { offset: 0, field, actual, permitted });
}
