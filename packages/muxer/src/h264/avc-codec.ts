import { ParameterSetStore } from '../annexb/parameter-set-store.js';
import type { ColourDescription } from '../colour.js';
import { MuxerError } from '../errors.js';
import type { VideoFacts } from '../facts.js';
import type { VideoTagFormat } from '../flv/video-tag-header.js';
import { type NalCodec, NalKind } from '../tracks/nal-codec.js';
import { encodeAvcDecoderConfigurationRecord } from './avc-decoder-configuration-record.js';
import { AvcNalUnitType, avcNalUnitType, isAvcSlice } from './nal-unit.js';
import { type AvcPps, parseAvcPps } from './pps.js';
import { AvcSlicePrefix } from './slice-header.js';
import { type AvcSps, avcFrameRate, avcReorderDepth, parseAvcSps } from './sps.js';
import { type AvcSpsExtension, parseAvcSpsExtension } from './sps-extension.js';

/** H.264 for a NalTrack: its NAL unit types, its parameter sets, and which of them are active. */
export class AvcCodec implements NalCodec {
  readonly nalHeaderSize = 1;
  readonly recoveryPointIsRandomAccess = true;
  // numOfSequenceParameterSets is a 5-bit field, numOfPictureParameterSets one of 8 bits.
  readonly #spsStore = new ParameterSetStore<AvcSps>(31, 'ERR_CLOUDPUSH_SPS_TOO_LARGE');
  readonly #ppsStore = new ParameterSetStore<AvcPps>(255, 'ERR_CLOUDPUSH_PPS_TOO_LARGE');
  readonly #spsExtensions = new ParameterSetStore<AvcSpsExtension>(31, 'ERR_CLOUDPUSH_SPS_TOO_LARGE');
  readonly #slice = new AvcSlicePrefix();
  readonly #spsById = (id: number): AvcSps | undefined => this.#spsStore.get(id);
  #activePps: AvcPps | undefined;
  #activeSps: AvcSps | undefined;
  #stored = false;
  revision = 0;

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
      case AvcNalUnitType.fillerData:
        return NalKind.filler;
      case 0:
        throw new MuxerError('ERR_CLOUDPUSH_VIDEO_NAL_HEADER_INVALID', {
          offset: start,
          field: 'nal_unit_type',
          actual: 0,
          permitted: '1 to 31',
        });
      default:
        return NalKind.other;
    }
  }

  storeParameterSet(data: Uint8Array, start: number, end: number): boolean {
    const nal = data.subarray(start, end);
    const type = avcNalUnitType(nal[0]!);
    if (type === AvcNalUnitType.sps) {
      if (this.#spsStore.has(nal)) return false;
      this.#spsStore.put(nal, parseAvcSps(nal, start));
    } else if (type === AvcNalUnitType.pps) {
      if (this.#ppsStore.has(nal)) return false;
      this.#ppsStore.put(nal, parseAvcPps(nal, this.#spsById, start));
    } else {
      if (this.#spsExtensions.has(nal)) return false;
      this.#spsExtensions.put(nal, parseAvcSpsExtension(nal, start));
    }
    this.#activePps = undefined;
    this.#stored = true;
    return true;
  }

  beginPicture(data: Uint8Array, start: number, end: number, encrypted: boolean): void {
    if (this.#spsStore.size === 0 || this.#ppsStore.size === 0) {
      throw new MuxerError('ERR_CLOUDPUSH_NO_SPS_PPS', {
        offset: start,
        actual: `${this.#spsStore.size} SPS, ${this.#ppsStore.size} PPS`,
        permitted: 'at least one of each',
      });
    }
    if (encrypted) {
      if (this.#activePps === undefined) this.#activate(this.#ppsStore.first!, start);
      return;
    }
    this.#slice.read(data, start, end);
    if (this.#activePps?.id === this.#slice.ppsId) return;
    const pps = this.#ppsStore.get(this.#slice.ppsId);
    if (pps === undefined) {
      throw new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH', {
        offset: start,
        field: 'pic_parameter_set_id of a slice',
        actual: this.#slice.ppsId,
        permitted: this.#ppsStore.ids,
      });
    }
    this.#activate(pps, start);
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
    if (this.#stored || this.#activeSps !== sps) this.revision++;
    this.#activePps = pps;
    this.#activeSps = sps;
    this.#stored = false;
  }

  isRandomAccess(sliceHeader: number): boolean {
    return avcNalUnitType(sliceHeader) === AvcNalUnitType.idrSlice;
  }

  isDisposable(data: Uint8Array, start: number): boolean {
    return (data[start]! & 0x60) === 0; // nal_ref_idc
  }

  get colour(): ColourDescription | undefined {
    return this.#activeSps?.vui?.colour;
  }

  configuration(): Uint8Array {
    return encodeAvcDecoderConfigurationRecord(
      this.#activeSps!,
      this.#spsStore.nals(),
      this.#ppsStore.nals(),
      this.#spsExtensions.nals(),
    );
  }

  facts(format: VideoTagFormat): VideoFacts {
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
      videoCodecId: format.videoCodecId,
      codecString: `avc1.${Buffer.from(profile).toString('hex')}`,
    };
  }
}
