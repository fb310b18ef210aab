import type { ErrorData } from '../base/errors.js';

/** A track that a source has, as far as it has told. */
export interface SourceTrack {
  /** Such as `'h264'`, `'aac'`, `'g711a'`. */
  readonly codec: string;
  /** The codec that it came in, such as `'g711u'`, where it is transcoded; else left out. */
  readonly transcodedFrom?: string | undefined;
}

/** The tracks of a source that are sent. */
export interface SourceTracks {
  readonly video: SourceTrack | undefined;
  readonly audio: SourceTrack | undefined;
}

/** The events of a source, in their order. */
export type SourceReport =
  /** It is being opened, for the first time or again. */
  | { readonly type: 'connecting' }
  /** Its tracks are known, and its media follows. */
  | { readonly type: 'connected'; readonly tracks: SourceTracks }
  /** Nothing, or no picture, has come for `ms`, half of what is permitted. */
  | { readonly type: 'stalled'; readonly kind: 'all' | 'video'; readonly ms: number }
  /** It goes on after `stalled`. */
  | { readonly type: 'streaming' }
  /**
   * It is lost. `delay`: ms until it is opened again; Infinity: it is not. `attempts`: how many in a row have
   * failed.
   */
  | {
      readonly type: 'lost';
      readonly error: ErrorData;
      readonly delay: number;
      readonly attempts: number;
    }
  /** Other media goes out in its place, or does so no more. */
  | { readonly type: 'fallback'; readonly isOn: boolean }
  /** Something that an operator should know, without secrets. */
  | { readonly type: 'warning'; readonly message: string }
  /** It has come to its end. */
  | { readonly type: 'ended' };

/** Kind of a channel's slab: pictures and sound are written side by side. */
export type SlabKind = 'video' | 'audio';
