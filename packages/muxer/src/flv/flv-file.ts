/** The file framing of FLV (FLV E.2 and E.4.1), shared by reader and writer. */

export const flvHeaderSize = 9;
export const tagHeaderSize = 11;
export const previousTagSizeSize = 4;

/** TypeFlagsAudio and TypeFlagsVideo of the file header. */
export const TypeFlags = { video: 1, audio: 4 } as const;

/** The tracks that the file header announces; programs that record live set both flags anyway. */
export interface FlvFileHeader {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}
