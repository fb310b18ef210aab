import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';
import type { DecoderConfiguration } from '../nal/decoder-configuration.js';
import { type NalCodec, NalKind, NalPlace } from '../nal/nal-codec.js';
import { mismatch, ParameterSetActivation } from '../nal/parameter-set-activation.js';
import type { VideoParameters } from '../parameters.js';
import { hevcCodecString } from './hevc-codec-string.js';
import {
  encodeHevcDecoderConfigurationRecord,
  parseHevcDecoderConfigurationRecord,
} from './hevc-decoder-configuration-record.js';
import { HevcParameterSets } from './hevc-parameter-sets.js';
import {
  HevcNalUnitType,
  hevcNalUnitType,
  isBeforeHevcPicture,
  isHevcIrap,
  isHevcParameterSet,
  isHevcSlice,
  isIgnoredByHevcDecoders,
  isMissedHevcNalUnit,
  isSubLayerNonReference,
} from './nal-unit.js';
import { HevcPictureOrderCount, readHevcPictureHeader } from './picture-header.js';
import type { HevcPps } from './pps.js';
import { HevcSlicePrefix } from './slice-header.js';
import type { HevcSps } from './sps.js';
import type { HevcVps } from './vps.js';

/** The beginning of the slice at hand; all streams share it. */
const slice = new HevcSlicePrefix();

/** H.265 for a NalTrack: its NAL unit types, its parameter sets, and which of them are active. */
export class HevcCodec
  extends ParameterSetActivation<HevcSps, HevcPps, HevcParameterSets>
  implements NalCodec
{
  readonly nalHeaderSize = 2;
  // Random access points are told by the NAL unit type.
  readonly recoveryPointIsRandomAccess = false;
  #activeVps: HevcVps | undefined;
  readonly #order = new HevcPictureOrderCount();
  /** The order of a picture has been asked for. */
  #ordered = false;
  readonly orderUnit = 1;
  orderReset = false;

  constructor() {
    super(new HevcParameterSets(), {
      ppsOfSlice: 'slice_pic_parameter_set_id of a slice',
      spsOfPps: 'pps_seq_parameter_set_id of a PPS',
      spsOfFurtherSlice: 'pps_seq_parameter_set_id of a slice that is not the first',
    });
  }

  classify(data: Uint8Array, start: number, end: number): NalKind {
    const first = data[start]!;
    if ((first & 0x80) !== 0) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT', { offset: start, actual: 1, permitted: '0' });
    }
    const type = hevcNalUnitType(first);
    if (isIgnoredByHevcDecoders(type)) return NalKind.ignored;
    if (end - start < 2 || (data[start + 1]! & 7) === 0) {
      // Without a whole header it is of no use to anybody: a loss only where it was part of a picture.
      if (type > HevcNalUnitType.pps) return NalKind.ignored;
      throw end - start < 2 ? halfHeader(start) : noTemporalId(start);
    }
    return isBaseLayer(data, start) ? baseLayerKind(type) : NalKind.other;
  }

  protected readPpsId(data: Uint8Array, start: number, end: number): number {
    slice.read(data, start, end);
    return slice.ppsId;
  }

  protected isPps(nal: Uint8Array): boolean {
    return hevcNalUnitType(nal[0]!) === HevcNalUnitType.pps;
  }

  protected parseRecord(record: Uint8Array): DecoderConfiguration {
    return parseHevcDecoderConfigurationRecord(record);
  }

  protected encodeRecord(sps: HevcSps): Uint8Array {
    const { sets } = this;
    const ofSps = ({ spsId }: HevcPps): boolean => spsId === sps.id;
    return encodeHevcDecoderConfigurationRecord(sps, sets.pps.values(ofSps), {
      vps: sets.vps.nals(({ id }) => id === sps.vpsId),
      sps: sets.sps.nals(({ id }) => id === sps.id),
      pps: sets.pps.nals(ofSps),
    });
  }

  protected activateBelow(sps: HevcSps, offset: number): boolean {
    const { vps } = this.sets;
    const found = vps.get(sps.vpsId);
    if (found === undefined)
      throw mismatch(offset, 'sps_video_parameter_set_id of an SPS', sps.vpsId, vps.ids);
    const isOther = this.#activeVps !== found;
    this.#activeVps = found;
    return isOther;
  }

  pictureOrder(data: Uint8Array, start: number, end: number): number {
    const type = hevcNalUnitType(data[start]!);
    const irap = isHevcIrap(type);
    this.orderReset = irap && (!this.#ordered || type < HevcNalUnitType.cra);
    this.#ordered = true;
    const picture = readHevcPictureHeader(data.subarray(start, end), this.sets.pps, this.sets.sps);
    if (picture === undefined) return Number.NaN;
    return this.#order.next(picture, type, (data[start + 1]! & 7) - 1, this.orderReset);
  }

  isRandomAccess(sliceHeader: number): boolean {
    return isHevcIrap(hevcNalUnitType(sliceHeader));
  }

  isDisposable(data: Uint8Array, start: number): boolean {
    // A sub-layer non-reference picture may still be referred to by a higher sub-layer, so it must be in the
    // highest.
    const temporalId = (data[start + 1]! & 7) - 1;
    return (
      isSubLayerNonReference(hevcNalUnitType(data[start]!)) && temporalId >= this.activeSps!.maxSubLayers - 1
    );
  }

  isMissed(data: Uint8Array, start: number): boolean {
    const subLayers = this.activeSps?.maxSubLayers ?? 7;
    return isMissedHevcNalUnit(data, start, subLayers - 1);
  }

  placeOf(data: Uint8Array, start: number, end: number): NalPlace {
    const first = data[start]!;
    if ((first & 0x80) !== 0 || end - start < 2 || !isBaseLayer(data, start)) return NalPlace.trailing;
    const type = hevcNalUnitType(first);
    if (isHevcSlice(type))
      return end - start < 3 || (data[start + 2]! & 0x80) !== 0 ? NalPlace.firstSlice : NalPlace.furtherSlice;
    return isBeforeHevcPicture(type) ? NalPlace.leading : NalPlace.trailing;
  }

  isParameterSet(data: Uint8Array, start: number): boolean {
    const type = hevcNalUnitType(data[start]!);
    return isHevcParameterSet(type);
  }

  /** first_slice_segment_in_pic_flag says all. */
  expectParameterSets(): void {}

  isOtherPicture(): boolean {
    return true;
  }

  readonly tellsPictures = false;

  isSamePicture(): boolean {
    return false;
  }

  get colour(): ColourDescription | undefined {
    return this.activeSps?.vui?.colour;
  }

  parameters(videoCodecId: number): VideoParameters {
    const sps = this.activeSps!;
    return {
      codec: 'h265',
      width: sps.width,
      height: sps.height,
      frameRate: this.#frameRate(sps),
      profile: sps.profileTierLevel.profileIdc,
      level: sps.profileTierLevel.levelIdc,
      chromaFormat: sps.chromaFormatIdc,
      bitDepth: sps.bitDepthLuma,
      reorderDepth: sps.maxNumReorderPics,
      videoCodecId,
      codecString: hevcCodecString(sps.profileTierLevel),
    };
  }

  #frameRate(sps: HevcSps): number | undefined {
    const timing = sps.vui !== undefined && sps.vui.numUnitsInTick !== 0 ? sps.vui : this.#activeVps;
    if (timing === undefined || timing.numUnitsInTick === 0 || timing.timeScale === 0) return undefined;
    const pictureRate = timing.timeScale / timing.numUnitsInTick;
    return sps.vui?.fieldSequence === true ? pictureRate / 2 : pictureRate;
  }
}

/** nuh_layer_id 0: other layers belong to extensions that no FLV player knows. */
function isBaseLayer(data: Uint8Array, start: number): boolean {
  return (data[start]! & 1) === 0 && (data[start + 1]! & 0xf8) === 0;
}

function baseLayerKind(type: number): NalKind {
  if (type <= HevcNalUnitType.lastVcl) return NalKind.slice;
  switch (type) {
    case HevcNalUnitType.vps:
    case HevcNalUnitType.sps:
    case HevcNalUnitType.pps:
      return NalKind.parameterSet;
    case HevcNalUnitType.prefixSei:
      return NalKind.sei;
    case HevcNalUnitType.suffixSei:
      return NalKind.suffixSei;
    case HevcNalUnitType.accessUnitDelimiter:
      return NalKind.accessUnitDelimiter;
    default:
      return NalKind.other;
  }
}

function halfHeader(offset: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_CUT_OFF', {
    offset,
    field: 'nal_unit_header',
    actual: '1 byte',
    permitted: '2 bytes',
  });
}

function noTemporalId(start: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_NAL_HEADER_INVALID', {
    offset: start + 1,
    field: 'nuh_temporal_id_plus1',
    actual: 0,
    permitted: '1 to 7',
  });
}
