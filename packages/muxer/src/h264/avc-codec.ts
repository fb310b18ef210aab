import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';
import type { DecoderConfiguration } from '../nal/decoder-configuration.js';
import { type NalCodec, NalKind, NalPlace } from '../nal/nal-codec.js';
import { nalUnitStarts } from '../nal/nal-unit-starts.js';
import { ParameterSetActivation } from '../nal/parameter-set-activation.js';
import type { VideoParameters } from '../parameters.js';
import {
  encodeAvcDecoderConfigurationRecord,
  parseAvcDecoderConfigurationRecord,
} from './avc-decoder-configuration-record.js';
import { AvcParameterSets } from './avc-parameter-sets.js';
import {
  AvcNalUnitType,
  avcNalUnitType,
  isAvcSlice,
  isBeforeAvcPicture,
  isIgnoredByAvcDecoders,
  isMissedAvcNalUnit,
} from './nal-unit.js';
import {
  type AvcPictureHeader,
  isOtherAvcPicture,
  isSecondField,
  readAvcPictureHeader,
} from './picture-header.js';
import { AvcPictureOrderCount } from './picture-order-count.js';
import type { AvcPps } from './pps.js';
import { AvcSlicePrefix } from './slice-header.js';
import { type AvcSps, avcFrameRate, avcReorderDepth } from './sps.js';

/** The beginning of the slice at hand; all streams share it. */
const slice = new AvcSlicePrefix();

/** H.264 for a NalTrack: its NAL unit types, its parameter sets, and which of them are active. */
export class AvcCodec extends ParameterSetActivation<AvcSps, AvcPps, AvcParameterSets> implements NalCodec {
  readonly nalHeaderSize = 1;
  readonly recoveryPointIsRandomAccess = true;
  readonly #order = new AvcPictureOrderCount();
  readonly orderUnit = 2;
  orderReset = false;

  constructor() {
    super(new AvcParameterSets(), {
      ppsOfSlice: 'pic_parameter_set_id of a slice',
      spsOfPps: 'seq_parameter_set_id of a PPS',
      spsOfFurtherSlice: 'seq_parameter_set_id of a slice that is not the first',
    });
  }

  classify(data: Uint8Array, start: number, _end: number): NalKind {
    const header = data[start]!;
    if ((header & 0x80) !== 0) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT', { offset: start, actual: 1, permitted: '0' });
    }
    const type = avcNalUnitType(header);
    if (isAvcSlice(type)) return NalKind.slice;
    switch (type) {
      case AvcNalUnitType.sps:
      case AvcNalUnitType.pps:
      case AvcNalUnitType.spsExtension:
        return NalKind.parameterSet;
      case AvcNalUnitType.sei:
        return NalKind.sei;
      case AvcNalUnitType.accessUnitDelimiter:
        return NalKind.accessUnitDelimiter;
      default:
        return isIgnoredByAvcDecoders(type) ? NalKind.ignored : NalKind.other;
    }
  }

  protected readPpsId(data: Uint8Array, start: number, end: number): number {
    slice.read(data, start, end);
    return slice.ppsId;
  }

  protected isPps(nal: Uint8Array): boolean {
    return avcNalUnitType(nal[0]!) === AvcNalUnitType.pps;
  }

  protected parseRecord(record: Uint8Array): DecoderConfiguration {
    return parseAvcDecoderConfigurationRecord(record);
  }

  protected encodeRecord(sps: AvcSps): Uint8Array {
    const { sets } = this;
    return encodeAvcDecoderConfigurationRecord(
      sps,
      sets.sps.nals(({ id }) => id === sps.id),
      sets.pps.nals(({ spsId }) => spsId === sps.id),
      sets.spsExtensions.nals(({ id }) => id === sps.id),
    );
  }

  protected activateBelow(): boolean {
    return false;
  }

  pictureOrder(data: Uint8Array, start: number, end: number): number {
    const picture = readAvcPictureHeader(data.subarray(start, end), this.sets.pps, this.sets.sps);
    this.orderReset = picture?.idr === true;
    return picture === undefined ? Number.NaN : this.#order.next(picture);
  }

  isRandomAccess(sliceHeader: number): boolean {
    return avcNalUnitType(sliceHeader) === AvcNalUnitType.idrSlice;
  }

  isDisposable(data: Uint8Array, start: number): boolean {
    return (data[start]! & 0x60) === 0; // nal_ref_idc
  }

  isMissed(data: Uint8Array, start: number): boolean {
    return isMissedAvcNalUnit(data, start);
  }

  placeOf(data: Uint8Array, start: number, end: number): NalPlace {
    const header = data[start]!;
    if ((header & 0x80) !== 0) return NalPlace.trailing;
    const type = avcNalUnitType(header);
    // first_mb_in_slice 0 is the code '1'.
    if (isAvcSlice(type))
      return end - start < 2 || (data[start + 1]! & 0x80) !== 0 ? NalPlace.firstSlice : NalPlace.furtherSlice;
    return isBeforeAvcPicture(type) ? NalPlace.leading : NalPlace.trailing;
  }

  isParameterSet(data: Uint8Array, start: number): boolean {
    const type = avcNalUnitType(data[start]!);
    return type === AvcNalUnitType.sps || type === AvcNalUnitType.pps;
  }

  expectParameterSets(
    data: Uint8Array,
    nals: readonly (readonly [start: number, end: number])[],
    places: readonly NalPlace[],
  ): void {
    for (const [i, [start, end]] of nals.entries()) {
      if (places[i]! <= NalPlace.furtherSlice) return;
      if (!this.isParameterSet(data, start) || (data[start]! & 0x80) !== 0) continue;
      try {
        this.storeParameterSet(data, start, end);
      } catch {
        // It is refused with its picture.
      }
    }
  }

  isOtherPicture(first: Uint8Array, second: Uint8Array): boolean {
    const a = this.#pictureHeader(first);
    const b = this.#pictureHeader(second);
    return a === undefined || b === undefined || (isOtherAvcPicture(a, b) && !isSecondField(a, b));
  }

  readonly tellsPictures = true;

  isSamePicture(packet: Uint8Array, other: Uint8Array, lengthSize: number): boolean {
    const a = this.#firstPictureHeader(packet, lengthSize);
    const b = this.#firstPictureHeader(other, lengthSize);
    return a !== undefined && b !== undefined && !isOtherAvcPicture(a, b);
  }

  #firstPictureHeader(data: Uint8Array, lengthSize: number): AvcPictureHeader | undefined {
    for (const start of nalUnitStarts(data, lengthSize))
      if (isAvcSlice(avcNalUnitType(data[start]!))) return this.#pictureHeader(data.subarray(start));
    return undefined;
  }

  #pictureHeader(nal: Uint8Array): AvcPictureHeader | undefined {
    return readAvcPictureHeader(nal, this.sets.pps, this.sets.sps);
  }

  get colour(): ColourDescription | undefined {
    return this.activeSps?.vui?.colour;
  }

  parameters(videoCodecId: number): VideoParameters {
    const sps = this.activeSps!;
    const profile = [sps.profileIdc, sps.constraintFlags, sps.levelIdc];
    return {
      codec: 'h264',
      width: sps.width,
      height: sps.height,
      frameRate: avcFrameRate(sps),
      profile: sps.profileIdc,
      level: sps.levelIdc,
      chromaFormat: sps.chromaFormatIdc,
      bitDepth: sps.bitDepthLuma,
      reorderDepth: avcReorderDepth(sps),
      videoCodecId,
      codecString: `avc1.${Buffer.from(profile).toString('hex')}`,
    };
  }
}
