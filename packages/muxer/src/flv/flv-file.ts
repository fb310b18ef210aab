/** The file framing of FLV (FLV E.2 and E.4.1), shared by reader and writer. */

export const FLV_HEADER_SIZE = 9;
export const TAG_HEADER_SIZE = 11;
export const PREVIOUS_TAG_SIZE_SIZE = 4;

/** TypeFlagsAudio and TypeFlagsVideo of the file header. */
export const TypeFlags = { video: 1, audio: 4 } as const;

/** The tracks that the file header announces; programs that record live set both flags anyway. */
export interface FlvFileHeader {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}
