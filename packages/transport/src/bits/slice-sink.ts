/** Takes the bytes to be sent, in order. A slice must stay as it is until it is on the wire. */
export interface SliceSink {
  /** Takes the next slice; it is kept as it is, and must not change afterwards. */
  push(slice: Uint8Array): void;
}
