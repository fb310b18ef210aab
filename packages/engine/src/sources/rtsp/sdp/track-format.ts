/** H.264 as RFC 6184 packs it. */
export interface H264Format {
  readonly codec: 'h264';
  /** SPS and PPS of the session description, without start codes; may be empty. */
  readonly parameterSets: readonly Uint8Array[];
}

/** H.265 as RFC 7798 packs it. */
export interface H265Format {
  readonly codec: 'h265';
  /** VPS, SPS and PPS of the session description, without start codes; may be empty. */
  readonly parameterSets: readonly Uint8Array[];
  /** Packets carry decoding order numbers (`sprop-max-don-diff` above 0). */
  readonly hasDecodingOrder: boolean;
}

/** AAC in RFC 3640 packets. */
export interface Mpeg4GenericFormat {
  readonly codec: 'aac';
  readonly packing: 'mpeg4-generic';
  readonly audioSpecificConfig: Uint8Array;
  /** Bits of the fields of an AU header (RFC 3640 §3.2.1); 0: the field is not there. */
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
  readonly ctsDeltaLength: number;
  readonly dtsDeltaLength: number;
  readonly randomAccessIndication: boolean;
  readonly streamStateIndication: number;
  readonly auxiliaryDataSizeLength: number;
  /** Bytes of every access unit when no size is transmitted. */
  readonly constantSize: number | undefined;
  /** Clock ticks from one access unit to the next. */
  readonly frameDuration: number;
}

/** AAC in RFC 6416 packets. */
export interface LatmFormat {
  readonly codec: 'aac';
  readonly packing: 'latm';
  /** StreamMuxConfig of the session description (`cpresent=0`); undefined: the packets carry it. */
  readonly streamMuxConfig: Uint8Array | undefined;
}

/** G.711, one byte a sample (RFC 3551 §4.5.14). */
interface G711Format {
  readonly codec: 'pcmu' | 'pcma';
  readonly channels: number;
}

/** A track that cannot be received, with the reason. */
export interface UnsupportedFormat {
  readonly codec: 'unsupported';
  /** `JPEG`, `OPUS`, … */
  readonly encoding: string;
  readonly reason: string;
}

export type TrackFormat =
  | H264Format
  | H265Format
  | Mpeg4GenericFormat
  | LatmFormat
  | G711Format
  | UnsupportedFormat;
