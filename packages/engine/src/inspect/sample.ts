/** Where a coded picture or audio frame is, and when it is due. */
export interface Sample {
  /** Bytes that it takes in the file, without the headers of a container. */
  readonly size: number;
  /** Where in the file it is; in FLV, where its tag begins. */
  readonly offset: number;
  /** Decoding time in ms, on a clock that does not wrap. */
  readonly dts: number;
  /** Presentation time in ms on the same clock. */
  readonly pts: number;
  /** As the container has it; without a container, as the bytes have it. */
  readonly keyFrame: boolean;
}
