/** What H.264 and H.265 do each in its own way to find access units and their order. */
export interface AccessUnitDetector {
  /** Looks at the next NAL unit; true: a new access unit begins with it. */
  begins(nal: Uint8Array): boolean;
  /** The access unit that `begins` was last asked about a NAL unit of; read it before the next begins. */
  readonly current: PictureDescription;
  /** Frames a second, when the parameter sets tell. */
  readonly frameRate: number | undefined;
}

/** What is known of the picture of an access unit. */
export class PictureDescription {
  hasPicture = false;
  keyFrame = false;
  /** The order count begins anew: all pictures before are shown before all from here on. */
  orderReset = false;
  pictureOrderCount = 0;
  /** What the SPS tells, if it does. */
  reorderDepth: number | undefined;
}
