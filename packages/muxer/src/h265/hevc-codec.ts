import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';
import { type NalCodec, NalKind, NalPlace } from '../nal/nal-codec.js';
import { ParameterSetBudget, ParameterSetStore } from '../nal/parameter-set-store.js';
import type { VideoParameters } from '../parameters.js';
import { hevcCodecString } from './hevc-codec-string.js';
import {
  encodeHevcDecoderConfigurationRecord,
  parseHevcDecoderConfigurationRecord,
} from './hevc-decoder-configuration-record.js';
import {
  HevcNalUnitType,
  hevcNalUnitType,
  isBeforeHevcPicture,
  isHevcIrap,
  isHevcSlice,
  isIgnoredByHevcDecoders,
  isMissedHevcNalUnit,
  isSubLayerNonReference,
} from './nal-unit.js';
import { HevcPictureOrderCount, readHevcPictureHeader } from './picture-header.js';
import { type HevcPps, parseHevcPps } from './pps.js';
import { HevcSlicePrefix } from './slice-header.js';
import { type HevcSps, parseHevcSps } from './sps.js';
import { type HevcVps, parseHevcVps } from './vps.js';

/** The beginning of the slice at hand; all streams share it. */
const slice = new HevcSlicePrefix();

/** H.265 for a NalTrack: its NAL unit types, its parameter sets, and which of them are active. */
export class HevcCodec implements NalCodec {
  readonly nalHeaderSize = 2;
  // Random access points are told by the NAL unit type.
  readonly recoveryPointIsRandomAccess = false;
  readonly #budget = new ParameterSetBudget();
  readonly #vpsStore = new ParameterSetStore<HevcVps>(16, 'ERR_CLOUDPUSH_VPS_TOO_LARGE', this.#budget);
  readonly #spsStore = new ParameterSetStore<HevcSps>(16, 'ERR_CLOUDPUSH_SPS_TOO_LARGE', this.#budget);
  readonly #ppsStore = new ParameterSetStore<HevcPps>(64, 'ERR_CLOUDPUSH_PPS_TOO_LARGE', this.#budget);
  #activePps: HevcPps | undefined;
  #activeSps: HevcSps | undefined;
  #activeVps: HevcVps | undefined;
  /** A new parameter set has come since the last activation. */
  #stored = false;
  /** A PPS has come, new or again, since the last activation. */
  #ppsCame = false;
  readonly #order = new HevcPictureOrderCount();
  /** The order of a picture has been asked for. */
  #ordered = false;
  readonly orderUnit = 1;
  orderReset = false;
  sequence = 0;
  revision = 0;
  configuration: Uint8Array = new Uint8Array(0);

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

  storeParameterSet(data: Uint8Array, start: number, end: number): void {
    const nal = data.subarray(start, end);
    const type = hevcNalUnitType(nal[0]!);
    if (type === HevcNalUnitType.pps) this.#ppsCame = true;
    if (type === HevcNalUnitType.vps) {
      if (this.#vpsStore.has(nal)) return;
      this.#vpsStore.put(nal, parseHevcVps(nal, start), start);
    } else if (type === HevcNalUnitType.sps) {
      if (this.#spsStore.has(nal)) return;
      this.#spsStore.put(nal, parseHevcSps(nal, start), start);
    } else {
      if (this.#ppsStore.has(nal)) return;
      this.#ppsStore.put(nal, parseHevcPps(nal, start), start);
    }
    this.#activePps = undefined;
    this.#stored = true;
  }

  resume(configuration: Uint8Array): void {
    const { nalUnits } = parseHevcDecoderConfigurationRecord(configuration);
    for (const nal of nalUnits) this.storeParameterSet(nal, 0, nal.length);
    this.#activate(this.#ppsStore.latest!, 0);
  }

  beginPicture(data: Uint8Array, start: number, end: number, encrypted: boolean): void {
    if (this.#activePps === undefined) this.#requireParameterSets(start);
    if (encrypted) {
      if (this.#activePps === undefined || this.#ppsCame) this.#activate(this.#ppsStore.latest!, start);
      return;
    }
    slice.read(data, start, end);
    this.#ppsCame = false;
    if (this.#activePps?.id === slice.ppsId) return;
    this.#activate(this.#slicePps(start), start);
  }

  #requireParameterSets(offset: number): void {
    if (this.#vpsStore.size === 0 || this.#spsStore.size === 0 || this.#ppsStore.size === 0) {
      throw new MuxerError('ERR_CLOUDPUSH_NO_SPS_PPS', {
        offset,
        actual: `${this.#vpsStore.size} VPS, ${this.#spsStore.size} SPS, ${this.#ppsStore.size} PPS`,
        permitted: 'at least one of each',
      });
    }
  }

  continuePicture(data: Uint8Array, start: number, end: number): void {
    slice.read(data, start, end);
    if (this.#activePps?.id === slice.ppsId) return;
    const { spsId } = this.#slicePps(start);
    const active = this.#activeSps!.id;
    if (spsId !== active) {
      throw mismatch(
        start,
        'pps_seq_parameter_set_id of a slice that is not the first',
        spsId,
        String(active),
      );
    }
  }

  #slicePps(start: number): HevcPps {
    const pps = this.#ppsStore.get(slice.ppsId);
    if (pps === undefined) {
      throw mismatch(start, 'slice_pic_parameter_set_id of a slice', slice.ppsId, this.#ppsStore.ids);
    }
    return pps;
  }

  #activate(pps: HevcPps, offset: number): void {
    const sps = this.#spsStore.get(pps.spsId);
    if (sps === undefined)
      throw mismatch(offset, 'pps_seq_parameter_set_id of a PPS', pps.spsId, this.#spsStore.ids);
    const vps = this.#vpsStore.get(sps.vpsId);
    if (vps === undefined) {
      throw mismatch(offset, 'sps_video_parameter_set_id of an SPS', sps.vpsId, this.#vpsStore.ids);
    }
    const changed = this.#stored || this.#activeSps !== sps;
    if (this.#activeSps !== sps || this.#activeVps !== vps) this.sequence++;
    this.#activePps = pps;
    this.#activeSps = sps;
    this.#activeVps = vps;
    this.#stored = false;
    this.#ppsCame = false;
    if (!changed) return;
    this.revision++;
    this.configuration = this.#configurationFor(sps);
  }

  pictureOrder(data: Uint8Array, start: number, end: number): number {
    const type = hevcNalUnitType(data[start]!);
    const irap = isHevcIrap(type);
    this.orderReset = irap && (!this.#ordered || type < HevcNalUnitType.cra);
    this.#ordered = true;
    const picture = readHevcPictureHeader(data.subarray(start, end), this.#ppsStore, this.#spsStore);
    if (picture === undefined) return Number.NaN;
    return this.#order.next(picture, type, (data[start + 1]! & 7) - 1, this.orderReset);
  }

  isRandomAccess(sliceHeader: number): boolean {
    return isHevcIrap(hevcNalUnitType(sliceHeader));
  }

  isDisposable(data: Uint8Array, start: number): boolean {
    // A sub-layer non-reference picture may still be referred to by a higher sub-layer, so it must be in the highest.
    const temporalId = (data[start + 1]! & 7) - 1;
    return (
      isSubLayerNonReference(hevcNalUnitType(data[start]!)) && temporalId >= this.#activeSps!.maxSubLayers - 1
    );
  }

  isMissed(data: Uint8Array, start: number): boolean {
    const subLayers = this.#activeSps?.maxSubLayers ?? 7;
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
    return type >= HevcNalUnitType.vps && type <= HevcNalUnitType.pps;
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
    return this.#activeSps?.vui?.colour;
  }

  /** The record of one SPS and what belongs to it: sets of other sequences mislead players that take the first. */
  #configurationFor(sps: HevcSps): Uint8Array {
    const ofSps = ({ spsId }: HevcPps): boolean => spsId === sps.id;
    return encodeHevcDecoderConfigurationRecord(
      sps,
      this.#ppsStore.values(ofSps),
      this.#vpsStore.nals(({ id }) => id === sps.vpsId),
      this.#spsStore.nals(({ id }) => id === sps.id),
      this.#ppsStore.nals(ofSps),
    );
  }

  parameters(videoCodecId: number): VideoParameters {
    const sps = this.#activeSps!;
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

function mismatch(offset: number, field: string, actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH', { offset, field, actual, permitted });
}
