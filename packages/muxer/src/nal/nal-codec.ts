import type { ColourDescription } from '../colour/colour-description.js';
import type { VideoParameters } from '../parameters.js';

/** The kinds of NAL units that the muxer tells apart. */
export const NalKind = {
  /** A slice of the primary picture. */
  slice: 0,
  parameterSet: 1,
  /** Supplemental information that may say where decoding can start. */
  sei: 2,
  accessUnitDelimiter: 3,
  /** Ignored by decoders, and dropped: stuffing, and types that are reserved or unspecified. */
  ignored: 4,
  other: 5,
  /** Supplemental information about the picture in front of it. */
  suffixSei: 6,
} as const;
export type NalKind = (typeof NalKind)[keyof typeof NalKind];

/** Place of a NAL unit, by its header and a slice's first bit alone. */
export const NalPlace = {
  /** The first slice of a picture. */
  firstSlice: 0,
  furtherSlice: 1,
  /** In front of a picture: behind one, it belongs to the next. */
  leading: 2,
  /** Behind a slice, or nowhere. */
  trailing: 3,
} as const;
export type NalPlace = (typeof NalPlace)[keyof typeof NalPlace];

/** The parts of a NalTrack that H.264 and H.265 do each in its own way. */
export interface NalCodec {
  /** Checks a NAL unit's header and tells its kind. Throws MuxerError. */
  classify(data: Uint8Array, start: number, end: number): NalKind;
  /** Takes a parameter set into the store. Throws MuxerError. */
  storeParameterSet(data: Uint8Array, start: number, end: number): void;
  /**
   * Takes the parameter sets of a record that the caller has given in the place of those before, and returns
   * the size of the length in front of each NAL unit. They are activated by the next picture. Throws
   * MuxerError.
   */
  configure(record: Uint8Array): number;
  /**
   * Takes the parameter sets of a record that {@link configuration} gave, and activates them. Throws
   * MuxerError.
   */
  resume(configuration: Uint8Array): void;
  /** Activates the parameter sets of the picture that begins with this slice. Throws MuxerError. */
  beginPicture(data: Uint8Array, start: number, end: number, encrypted: boolean): void;
  /** Checks that another slice of that picture, not encrypted, is of the active SPS. Throws MuxerError. */
  continuePicture(data: Uint8Array, start: number, end: number): void;
  /**
   * The picture order count of the picture that begins with this slice, whose parameter sets are active; NaN:
   * it cannot be read. To be asked of one picture after the other.
   */
  pictureOrder(data: Uint8Array, start: number, end: number): number;
  /** True when that picture is shown behind all pictures before it. */
  readonly orderReset: boolean;
  /** Picture order count from one picture to the next, as a rule. */
  readonly orderUnit: number;
  /** Tells whether decoding can start at the picture of this slice. */
  isRandomAccess(sliceHeader: number): boolean;
  /** Tells whether no other picture refers to the picture of this slice. */
  isDisposable(data: Uint8Array, start: number): boolean;
  /**
   * Tells whether the NAL unit is, or may be, of a picture that others refer to; its header has not been
   * checked.
   */
  isMissed(data: Uint8Array, start: number): boolean;
  /** Returns the place of a NAL unit; nothing in it has been checked. */
  placeOf(data: Uint8Array, start: number, end: number): NalPlace;
  isParameterSet(data: Uint8Array, start: number): boolean;
  /**
   * Returns the end of a parameter set by another one that has come: one of them is the other with more bytes
   * behind it; −1: neither is.
   */
  endOfKnown(data: Uint8Array, start: number, end: number): number;
  /** Tells whether the bytes may be the first slice of a picture whose parameter sets have come. */
  beginsPicture(data: Uint8Array, start: number, end: number): boolean;
  /**
   * Takes the parameter sets in front of a packet's first slice, as far as they are good, for
   * `isOtherPicture`.
   */
  expectParameterSets(
    data: Uint8Array,
    nals: readonly (readonly [start: number, end: number])[],
    places: readonly NalPlace[],
  ): void;
  /**
   * Tells whether the NAL unit `second`, a first slice, is of another picture than `first`, so that neither
   * is a field of the other's frame.
   */
  isOtherPicture(first: Uint8Array, second: Uint8Array): boolean;
  /** Further slices tell which picture they are of. */
  readonly tellsPictures: boolean;
  /**
   * Tells whether the first slices in two packets are of one picture; only where `tellsPictures`.
   * @param lengthSize bytes of the length in front of each NAL unit; 0: start codes
   */
  isSamePicture(packet: Uint8Array, other: Uint8Array, lengthSize: number): boolean;
  /** Bytes of a NAL unit header. */
  readonly nalHeaderSize: number;
  /** True where decoding can start at a picture that a recovery point SEI goes with. */
  readonly recoveryPointIsRandomAccess: boolean;
  /**
   * Rises when another SPS, or VPS, than that of the picture before is active: another sequence has begun.
   */
  readonly sequence: number;
  /** Rises with every change of what `configuration` and `parameters` give. */
  readonly revision: number;
  /** The decoder configuration record of the active SPS, as it was when the picture began. */
  readonly configuration: Uint8Array;
  /** @param videoCodecId as the tags and `onMetaData` name the codec */
  parameters(videoCodecId: number): VideoParameters;
  /** The colour by the active SPS. */
  readonly colour: ColourDescription | undefined;
}
