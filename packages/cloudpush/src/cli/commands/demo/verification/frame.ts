import type { TrackKind } from '@cloudpush/engine/sources';

/** What is kept of one frame to tell whether it has arrived: its times, and a fingerprint of what a decoder gets. */
export interface Frame {
  readonly kind: TrackKind;
  /** ms since the channel's first frame. */
  readonly pts: number;
  readonly dts: number;
  readonly keyFrame: boolean;
  readonly fingerprint: string;
  /** What a decoder must know to make sense of the frame, as it is in force there; empty: it was told nothing. */
  readonly configuration: string;
}
