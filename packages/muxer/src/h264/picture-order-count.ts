import type { AvcPictureHeader } from './picture-header.js';

/**
 * Decoding process for picture order count (ISO/IEC 14496-10 §8.2.1), without
 * memory_management_control_operation 5.
 */
export class AvcPictureOrderCount {
  #previousMsb = 0;
  #previousLsb = 0;
  #previousFrameNum = 0;
  #frameNumOffset = 0;

  /**
   * The order of a picture among those from its IDR picture on. Call it once for each picture, in decoding
   * order.
   */
  next(picture: AvcPictureHeader): number {
    if (picture.sps.picOrderCntType === 0) return this.#type0(picture);
    if (picture.idr) this.#frameNumOffset = 0;
    else if (picture.frameNum < this.#previousFrameNum)
      this.#frameNumOffset += 2 ** picture.sps.log2MaxFrameNum;
    this.#previousFrameNum = picture.frameNum;
    return picture.sps.picOrderCntType === 1 ? this.#type1(picture) : this.#type2(picture);
  }

  /** §8.2.1.1 */
  #type0(picture: AvcPictureHeader): number {
    const range = 2 ** picture.sps.log2MaxPicOrderCntLsb;
    const lsb = picture.picOrderCntLsb;
    const previousMsb = picture.idr ? 0 : this.#previousMsb;
    const previousLsb = picture.idr ? 0 : this.#previousLsb;
    let msb = previousMsb;
    if (lsb < previousLsb && previousLsb - lsb >= range / 2) msb += range;
    else if (lsb > previousLsb && lsb - previousLsb > range / 2) msb -= range;
    if (picture.reference) {
      this.#previousMsb = msb;
      this.#previousLsb = lsb;
    }
    return msb + lsb + Math.min(0, picture.deltaPicOrderCntBottom);
  }

  /** §8.2.1.2 */
  #type1(picture: AvcPictureHeader): number {
    const { sps } = picture;
    const cycle = sps.offsetForRefFrame;
    let absFrameNum = cycle.length === 0 ? 0 : this.#frameNumOffset + picture.frameNum;
    if (!picture.reference && absFrameNum > 0) absFrameNum--;
    let expected = 0;
    if (absFrameNum > 0) {
      const cycles = Math.floor((absFrameNum - 1) / cycle.length);
      const inCycle = (absFrameNum - 1) % cycle.length;
      let perCycle = 0;
      for (const offset of cycle) perCycle += offset;
      expected = cycles * perCycle;
      for (let i = 0; i <= inCycle; i++) expected += cycle[i]!;
    }
    if (!picture.reference) expected += sps.offsetForNonRefPic;
    const [delta0, delta1] = picture.deltaPicOrderCnt;
    const top = expected + delta0;
    const bottom = top + sps.offsetForTopToBottomField + delta1;
    return picture.fieldPic ? (picture.bottomField ? bottom : top) : Math.min(top, bottom);
  }

  /** §8.2.1.3 */
  #type2(picture: AvcPictureHeader): number {
    if (picture.idr) return 0;
    const order = 2 * (this.#frameNumOffset + picture.frameNum);
    return picture.reference ? order : order - 1;
  }
}
