import type { TrackKind } from '@cloudpush/engine/sources';

/**
 * A frame, as far as it is kept to tell whether it has arrived: its times, and a fingerprint of what a
 * decoder gets.
 */
export interface Frame {
  readonly kind: TrackKind;
  /** ms since the channel's first frame. */
  readonly pts: number;
  readonly dts: number;
  readonly keyFrame: boolean;
  readonly fingerprint: string;
  /** The decoder configuration in force at the frame; empty: none was sent. */
  readonly configuration: string;
}
