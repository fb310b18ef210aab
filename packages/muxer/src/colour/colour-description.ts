/**
 * Colour of the video by the code points of ISO/IEC 23091-2 (the same numbers as in H.264 Table E-3 and on).
 */
export interface ColourDescription {
  readonly fullRange: boolean;
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
}
