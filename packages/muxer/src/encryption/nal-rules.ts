import { AvcNalUnitType, avcNalUnitType, isAvcVcl } from '../h264/nal-unit.js';
import { HevcNalUnitType, hevcNalUnitType, isHevcIrap, isHevcVcl } from '../h265/nal-unit.js';

/** The rules of encryption in which H.264 and H.265 differ. */
export interface NalRules {
  /** Bytes of a NAL unit header. */
  readonly headerSize: 1 | 2;
  /** Tells whether the NAL unit is (part of) a picture: these are encrypted. */
  isVcl(firstByte: number): boolean;
  /**
   * Tells whether the NAL unit is of a picture that decoding can start at by its type alone: IDR, and in
   * H.265 every IRAP.
   */
  isRandomAccess(firstByte: number): boolean;
  /** Tells whether the NAL unit is an SEI that goes in front of its picture. */
  isSei(firstByte: number): boolean;
}

export const avcRules: NalRules = {
  headerSize: 1,
  isVcl(firstByte) {
    return isAvcVcl(avcNalUnitType(firstByte));
  },
  isRandomAccess(firstByte) {
    return avcNalUnitType(firstByte) === AvcNalUnitType.idrSlice;
  },
  isSei(firstByte) {
    return avcNalUnitType(firstByte) === AvcNalUnitType.sei;
  },
};

export const hevcRules: NalRules = {
  headerSize: 2,
  isVcl(firstByte) {
    return isHevcVcl(hevcNalUnitType(firstByte));
  },
  isRandomAccess(firstByte) {
    return isHevcIrap(hevcNalUnitType(firstByte));
  },
  isSei(firstByte) {
    return hevcNalUnitType(firstByte) === HevcNalUnitType.prefixSei;
  },
};
