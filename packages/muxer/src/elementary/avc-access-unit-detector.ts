import { MuxerError } from '../errors.js';
import { AvcNalUnitType, avcNalUnitType, beginsAvcAccessUnit, isAvcSlice } from '../h264/nal-unit.js';
import {
  type AvcPictureHeader,
  isOtherAvcPicture,
  isSecondField,
  readAvcPictureHeader,
} from '../h264/picture-header.js';
import { AvcPictureOrderCount } from '../h264/picture-order-count.js';
import { type AvcPps, parseAvcPps } from '../h264/pps.js';
import { type AvcSps, avcFrameRate, avcReorderDepth, parseAvcSps } from '../h264/sps.js';
import { SeiState } from '../nal/sei-state.js';
import { type AccessUnitDetector, PictureDescription } from './access-unit-detector.js';

/**
 * Order of NAL units and detection of the first one of an access unit (ISO/IEC 14496-10 §7.4.1.2.3 and .4).
 */
export class AvcAccessUnitDetector implements AccessUnitDetector {
  readonly #sps = new Map<number, AvcSps>();
  readonly #pps = new Map<number, AvcPps>();
  readonly #order = new AvcPictureOrderCount();
  readonly #sei = new SeiState();
  #slice: AvcPictureHeader | undefined;
  #fieldPaired = false;
  current = new PictureDescription();
  frameRate: number | undefined;

  begins(nal: Uint8Array): boolean {
    const type = avcNalUnitType(nal[0]!);
    if (isAvcSlice(type)) return this.#slicePart(nal, type);
    const begins = this.current.hasPicture && beginsAvcAccessUnit(type);
    if (begins) this.#begin();
    this.#note(nal, type);
    return begins;
  }

  #slicePart(nal: Uint8Array, type: number): boolean {
    const slice = readAvcPictureHeader(nal, this.#pps, this.#sps);
    const begins = this.current.hasPicture && this.#isOtherPicture(nal, slice);
    if (begins) this.#begin();
    if (!this.current.hasPicture) this.#beginPicture(slice, type);
    this.#slice = slice;
    return begins;
  }

  #isOtherPicture(nal: Uint8Array, slice: AvcPictureHeader | undefined): boolean {
    // Without parameter sets, first_mb_in_slice 0 (a single 1 bit) is the best sign there is.
    if (slice === undefined || this.#slice === undefined) return (nal[1]! & 0x80) !== 0;
    if (!isOtherAvcPicture(this.#slice, slice)) return false;
    if (this.#fieldPaired || !isSecondField(this.#slice, slice)) return true;
    this.#fieldPaired = true;
    this.#order.next(slice);
    return false;
  }

  #begin(): void {
    this.current = new PictureDescription();
    this.#fieldPaired = false;
  }

  #beginPicture(slice: AvcPictureHeader | undefined, type: number): void {
    const { current } = this;
    current.hasPicture = true;
    current.orderReset = type === AvcNalUnitType.idrSlice;
    if (current.orderReset) current.keyFrame = true;
    if (slice === undefined) return;
    current.pictureOrderCount = this.#order.next(slice);
    current.reorderDepth = avcReorderDepth(slice.sps);
    this.frameRate = avcFrameRate(slice.sps);
  }

  #note(nal: Uint8Array, type: number): void {
    try {
      if (type === AvcNalUnitType.sps) {
        const sps = parseAvcSps(nal);
        this.#sps.set(sps.id, sps);
      } else if (type === AvcNalUnitType.pps) {
        const pps = parseAvcPps(nal, (id) => this.#sps.get(id));
        this.#pps.set(pps.id, pps);
      } else if (type === AvcNalUnitType.sei) {
        this.#sei.recoveryPoint = false;
        this.#sei.read(nal, 1, nal.length);
        if (this.#sei.recoveryPoint) this.current.keyFrame = true;
      }
    } catch (error) {
      // Splitting goes on without a broken parameter set: whoever takes the access unit is told about it.
      if (!(error instanceof MuxerError)) throw error;
    }
  }
}
