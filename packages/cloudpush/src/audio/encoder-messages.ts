/** An encoder that is asked for. */
export interface EncoderFormat {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Bits a second. */
  readonly bitRate: number;
}

/** Requests to the encoders' thread. */
export type EncoderRequest =
  | { readonly type: 'open'; readonly id: number; readonly format: EncoderFormat }
  /** One block of samples of 16 bits, interleaved. */
  | { readonly type: 'encode'; readonly id: number; readonly samples: Int16Array<ArrayBuffer> }
  /** No more samples come: gives out what the encoder still holds. */
  | { readonly type: 'finish'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

/** Replies of the encoders' thread. */
export type EncoderReply =
  /** A frame, in order; the first one is the encoder's priming. */
  | {
      readonly type: 'frame';
      readonly id: number;
      readonly data: Uint8Array<ArrayBuffer>;
      /** The AudioSpecificConfig, with the first frame. */
      readonly configuration: Uint8Array | undefined;
    }
  /** A block has been taken: there is room for another one. */
  | { readonly type: 'taken'; readonly id: number }
  | { readonly type: 'finished'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
