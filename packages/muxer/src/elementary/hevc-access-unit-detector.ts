import { MuxerError } from '../errors.js';
import {
  beginsHevcAccessUnit,
  HevcNalUnitType,
  hevcNalUnitType,
  isHevcIrap,
  isHevcSlice,
} from '../h265/nal-unit.js';
import { HevcPictureOrderCount, readHevcPictureHeader } from '../h265/picture-header.js';
import { type HevcPps, parseHevcPps } from '../h265/pps.js';
import { type HevcSps, parseHevcSps } from '../h265/sps.js';
import { type AccessUnitDetector, PictureDescription } from './access-unit-detector.js';

/** Order of NAL units and their association to coded pictures (ISO/IEC 23008-2 §7.4.2.4.4 and .5). */
export class HevcAccessUnitDetector implements AccessUnitDetector {
  readonly #sps = new Map<number, HevcSps>();
  readonly #pps = new Map<number, HevcPps>();
  readonly #order = new HevcPictureOrderCount();
  /** The next IRAP picture begins a coded video sequence, whatever its type. */
  #sequenceStart = true;
  current = new PictureDescription();
  frameRate: number | undefined;

  begins(nal: Uint8Array): boolean {
    if (nal.length < 3 || (nal[0]! & 1) !== 0 || (nal[1]! & 0xf8) !== 0) return false; // not the base layer
    const type = hevcNalUnitType(nal[0]!);
    const firstSlice = isHevcSlice(type) && (nal[2]! & 0x80) !== 0;
    const begins = this.current.hasPicture && (firstSlice || beginsHevcAccessUnit(type));
    if (begins) this.current = new PictureDescription();
    if (firstSlice) this.#beginPicture(nal, type);
    else this.#note(nal, type);
    return begins;
  }

  #beginPicture(nal: Uint8Array, type: number): void {
    const { current } = this;
    const irap = isHevcIrap(type);
    current.hasPicture = true;
    current.keyFrame = irap;
    current.orderReset = irap && (this.#sequenceStart || type < HevcNalUnitType.cra);
    if (irap) this.#sequenceStart = false;
    const picture = readHevcPictureHeader(nal, this.#pps, this.#sps);
    if (picture === undefined) return;
    current.pictureOrderCount = this.#order.next(picture, type, (nal[1]! & 7) - 1, current.orderReset);
    current.reorderDepth = picture.sps.maxNumReorderPics;
    const vui = picture.sps.vui;
    if (vui !== undefined && vui.numUnitsInTick > 0) this.frameRate = vui.timeScale / vui.numUnitsInTick;
  }

  #note(nal: Uint8Array, type: number): void {
    try {
      if (type === HevcNalUnitType.sps) {
        const sps = parseHevcSps(nal);
        this.#sps.set(sps.id, sps);
      } else if (type === HevcNalUnitType.pps) {
        const pps = parseHevcPps(nal);
        this.#pps.set(pps.id, pps);
      } else if (type === HevcNalUnitType.endOfSequence || type === HevcNalUnitType.endOfBitstream) {
        this.#sequenceStart = true;
      }
    } catch (error) {
      // Splitting goes on without a broken parameter set: whoever takes the access unit is told about it.
      if (!(error instanceof MuxerError)) throw error;
    }
  }
}
