/** Place and times of a coded picture or audio frame. */
export interface Sample {
  /** Bytes that it takes in the file, without the headers of a container. */
  readonly size: number;
  /** Offset in the file, in bytes; in FLV, of the beginning of its tag. */
  readonly offset: number;
  /** Decoding time in ms, on a clock that does not wrap. */
  readonly dts: number;
  /** Presentation time in ms on the same clock. */
  readonly pts: number;
  /** As the container has it; without a container, as the bytes have it. */
  readonly keyFrame: boolean;
}
