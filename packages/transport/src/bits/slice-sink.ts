/** Takes the bytes to be sent, in order. A slice must stay as it is until it is on the wire. */
export interface SliceSink {
  push(slice: Uint8Array): void;
}
