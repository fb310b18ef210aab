import type { GapFacts } from '@cloudpush/engine/spool';

/** A group of pictures in a recording; where there are none, a second of sound. */
export interface RecordedGroup {
  /** Its bytes in the file: whole tags. */
  readonly offset: number;
  readonly size: number;
  /** Tells it from others: a hash of its first frame. */
  readonly key: string;
  /** Wall clock of its first tag, ms since 1970: as the publisher told it, or as it arrived. */
  readonly wall: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  /** Number of the headers that it needs, in {@link Recording.headers}. */
  readonly headers: number;
}

/** A tag as it stands in a file. */
export interface FileTag {
  readonly type: 8 | 9 | 18;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** A recording of a stream, or of a gap in one. */
export interface Recording {
  readonly file: string;
  /** Undefined: a stream itself. */
  readonly gap: GapFacts | undefined;
  readonly metadata: Uint8Array | undefined;
  /** Sequence headers, as they changed on the way. */
  readonly headers: readonly (readonly FileTag[])[];
  readonly groups: readonly RecordedGroup[];
}
