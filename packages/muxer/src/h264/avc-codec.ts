import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';
import { type NalCodec, NalKind, NalPlace } from '../nal/nal-codec.js';
import { findStartCodePrefix } from '../nal/nal-unit-index.js';
import { ParameterSetBudget, ParameterSetStore } from '../nal/parameter-set-store.js';
import type { VideoParameters } from '../parameters.js';
import {
  encodeAvcDecoderConfigurationRecord,
  parseAvcDecoderConfigurationRecord,
} from './avc-decoder-configuration-record.js';
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
import { type AvcPps, parseAvcPps } from './pps.js';
import { AvcSlicePrefix } from './slice-header.js';
import { type AvcSps, avcFrameRate, avcReorderDepth, parseAvcSps } from './sps.js';
import { type AvcSpsExtension, parseAvcSpsExtension } from './sps-extension.js';

/** The beginning of the slice at hand; all streams share it. */
const slice = new AvcSlicePrefix();

/** H.264 for a NalTrack: its NAL unit types, its parameter sets, and which of them are active. */
export class AvcCodec implements NalCodec {
  readonly nalHeaderSize = 1;
  readonly recoveryPointIsRandomAccess = true;
  readonly #budget = new ParameterSetBudget();
  // numOfSequenceParameterSets is a 5-bit field, numOfPictureParameterSets one of 8 bits.
  readonly #spsStore = new ParameterSetStore<AvcSps>(31, 'ERR_CLOUDPUSH_SPS_TOO_LARGE', this.#budget);
  readonly #ppsStore = new ParameterSetStore<AvcPps>(255, 'ERR_CLOUDPUSH_PPS_TOO_LARGE', this.#budget);
  readonly #spsExtensions = new ParameterSetStore<AvcSpsExtension>(
    31,
    'ERR_CLOUDPUSH_SPS_TOO_LARGE',
    this.#budget,
  );
  readonly #spsById = (id: number): AvcSps | undefined => this.#spsStore.get(id);
  #activePps: AvcPps | undefined;
  #activeSps: AvcSps | undefined;
  /** A new parameter set has come since the last activation. */
  #stored = false;
  /** A PPS has come, new or again, since the last activation. */
  #ppsCame = false;
  readonly #order = new AvcPictureOrderCount();
  readonly orderUnit = 2;
  orderReset = false;
  sequence = 0;
  revision = 0;
  configuration: Uint8Array = new Uint8Array(0);

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

  storeParameterSet(data: Uint8Array, start: number, end: number): void {
    const nal = data.subarray(start, end);
    const type = avcNalUnitType(nal[0]!);
    if (type === AvcNalUnitType.pps) this.#ppsCame = true;
    if (type === AvcNalUnitType.sps) {
      if (this.#spsStore.has(nal)) return;
      this.#spsStore.put(nal, parseAvcSps(nal, start), start);
    } else if (type === AvcNalUnitType.pps) {
      if (this.#ppsStore.has(nal)) return;
      this.#ppsStore.put(nal, parseAvcPps(nal, this.#spsById, start), start);
    } else {
      if (this.#spsExtensions.has(nal)) return;
      this.#spsExtensions.put(nal, parseAvcSpsExtension(nal, start), start);
    }
    this.#activePps = undefined;
    this.#stored = true;
  }

  resume(configuration: Uint8Array): void {
    const { nalUnits } = parseAvcDecoderConfigurationRecord(configuration);
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
    if (this.#spsStore.size === 0 || this.#ppsStore.size === 0) {
      throw new MuxerError('ERR_CLOUDPUSH_NO_SPS_PPS', {
        offset,
        actual: `${this.#spsStore.size} SPS, ${this.#ppsStore.size} PPS`,
        permitted: 'at least one of each',
      });
    }
  }

  continuePicture(data: Uint8Array, start: number, end: number): void {
    slice.read(data, start, end);
    if (this.#activePps?.id === slice.ppsId) return;
    const { spsId } = this.#slicePps(start);
    if (spsId !== this.#activeSps!.id) throw otherSps(start, spsId, this.#activeSps!.id);
  }

  #slicePps(start: number): AvcPps {
    const pps = this.#ppsStore.get(slice.ppsId);
    if (pps === undefined) {
      throw new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH', {
        offset: start,
        field: 'pic_parameter_set_id of a slice',
        actual: slice.ppsId,
        permitted: this.#ppsStore.ids,
      });
    }
    return pps;
  }

  #activate(pps: AvcPps, start: number): void {
    const sps = this.#spsStore.get(pps.spsId);
    if (sps === undefined) {
      throw new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH', {
        offset: start,
        field: 'seq_parameter_set_id of a PPS',
        actual: pps.spsId,
        permitted: this.#spsStore.ids,
      });
    }
    const changed = this.#stored || this.#activeSps !== sps;
    if (this.#activeSps !== sps) this.sequence++;
    this.#activePps = pps;
    this.#activeSps = sps;
    this.#stored = false;
    this.#ppsCame = false;
    if (!changed) return;
    this.revision++;
    this.configuration = this.#configurationFor(sps);
  }

  pictureOrder(data: Uint8Array, start: number, end: number): number {
    const picture = readAvcPictureHeader(data.subarray(start, end), this.#ppsStore, this.#spsStore);
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

  isSamePicture(packet: Uint8Array, other: Uint8Array): boolean {
    const a = this.#firstPictureHeader(packet);
    const b = this.#firstPictureHeader(other);
    return a !== undefined && b !== undefined && !isOtherAvcPicture(a, b);
  }

  #firstPictureHeader(data: Uint8Array): AvcPictureHeader | undefined {
    let prefix = findStartCodePrefix(data, 0);
    while (prefix >= 0 && !isAvcSlice(avcNalUnitType(data[prefix + 3] ?? 0)))
      prefix = findStartCodePrefix(data, prefix + 3);
    return prefix < 0 ? undefined : this.#pictureHeader(data.subarray(prefix + 3));
  }

  #pictureHeader(nal: Uint8Array): AvcPictureHeader | undefined {
    return readAvcPictureHeader(nal, this.#ppsStore, this.#spsStore);
  }

  get colour(): ColourDescription | undefined {
    return this.#activeSps?.vui?.colour;
  }

  /** The record of one SPS and what refers to it: sets of other sequences mislead players that take the first. */
  #configurationFor(sps: AvcSps): Uint8Array {
    return encodeAvcDecoderConfigurationRecord(
      sps,
      this.#spsStore.nals(({ id }) => id === sps.id),
      this.#ppsStore.nals(({ spsId }) => spsId === sps.id),
      this.#spsExtensions.nals(({ id }) => id === sps.id),
    );
  }

  parameters(videoCodecId: number): VideoParameters {
    const sps = this.#activeSps!;
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

function otherSps(offset: number, actual: number, active: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH', {
    offset,
    field: 'seq_parameter_set_id of a slice that is not the first',
    actual,
    permitted: String(active),
  });
}
