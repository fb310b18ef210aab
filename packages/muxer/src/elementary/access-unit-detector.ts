/** Finds access units and their order, as H.264 and H.265 do each in its own way. */
export interface AccessUnitDetector {
  /** Looks at the next NAL unit; true: a new access unit begins with it. */
  begins(nal: Uint8Array): boolean;
  /** The access unit that `begins` was last asked about a NAL unit of; read it before the next begins. */
  readonly current: PictureDescription;
  /** Frames a second, when the parameter sets tell. */
  readonly frameRate: number | undefined;
}

/** The picture of an access unit, as far as it is known. */
export class PictureDescription {
  hasPicture = false;
  keyFrame = false;
  /** The order count begins anew: all pictures before are shown before all from here on. */
  orderReset = false;
  pictureOrderCount = 0;
  /** Of the SPS, if it tells. */
  reorderDepth: number | undefined;
}
