/** The content of a tag. */
export type TagContent =
  | 'sequenceHeader'
  | 'frame'
  | 'endOfSequence'
  /** Parameters of the track, such as `colorInfo` or the order of channels (Enhanced RTMP). */
  | 'metadata'
  /** Seeking begins or ends (FLV E.4.3.1). */
  | 'command'
  /** Parts of several tracks, or of one that is named by its number (Enhanced RTMP v2). */
  | 'multitrack'
  /** A packet type that the specification leaves free. */
  | 'other';
