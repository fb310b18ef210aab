/** What H.264 and H.265 do each in its own way to find access units and their order. */
export interface AccessUnitDetector {
  /** Looks at the next NAL unit; true: a new access unit begins with it. */
  begins(nal: Uint8Array): boolean;
  /** Facts of the access unit that `begins` was last asked about a NAL unit of; read it before the next begins. */
  readonly current: PictureFacts;
  /** Frames a second, when the parameter sets tell. */
  readonly frameRate: number | undefined;
}

export class PictureFacts {
  hasPicture = false;
  keyFrame = false;
  /** The order count begins anew: all pictures before are shown before all from here on. */
  orderReset = false;
  pictureOrderCount = 0;
  /** What the SPS tells, if it does. */
  reorderDepth: number | undefined;
}
