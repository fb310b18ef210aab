import type { ErrorData } from '../base/errors.js';

/** Which sound of a source is sent: see `SourceSettings.audio`. */
export type SourceAudio = 'auto' | 'copy' | 'silence' | 'none';

/** The delays before a lost source is opened again. */
export interface SourceRetry {
  /** The first delay's upper bound, in ms, 1 to 3,600,000. Default 1,000. */
  readonly initialDelay: number;
  /** The upper bound of every delay, in ms, 1 to 3,600,000. Default 60,000. */
  readonly maxDelay: number;
}

/** What a source is read from. It may hold credentials: never to be logged or quoted. */
export type SourceInput =
  | {
      readonly kind: 'rtsp';
      readonly url: string;
      readonly transport: 'tcp' | 'udp' | 'auto';
      readonly credentials: { readonly username: string; readonly password: string } | undefined;
      /** SHA-256 of the only certificate that is trusted: 64 hexadecimal digits. */
      readonly fingerprint: string | undefined;
      readonly ca: string | undefined;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly loop: boolean;
      readonly format: string | undefined;
      readonly frameRate: number | undefined;
    }
  | {
      readonly kind: 'command';
      readonly program: string;
      readonly args: readonly string[];
      readonly format: string;
      readonly frameRate: number | undefined;
    }
  | { readonly kind: 'module'; readonly url: string; readonly options: unknown };

/** What a shard must know to read a channel's source. */
export interface SourceConfig {
  readonly input: SourceInput;
  /** ms without anything after which it is lost. */
  readonly timeout: number;
  /** ms without a picture after which it is lost. */
  readonly videoTimeout: number;
  /** Undefined: a source that is lost is not opened again. */
  readonly retry: SourceRetry | undefined;
  readonly audio: SourceAudio;
  /** The largest packet that the pool could hold for the channel, in bytes. */
  readonly maxPacket: number;
}

/** A track that a source has, as far as it has told. */
export interface SourceTrack {
  /** Such as `'h264'`, `'aac'`, `'g711a'`. */
  readonly codec: string;
}

/** The tracks of a source that are sent. */
export interface SourceTracks {
  readonly video: SourceTrack | undefined;
  readonly audio: SourceTrack | undefined;
}

/** What happens to a source, in the order in which it does. */
export type SourceReport =
  /** It is being opened, for the first time or again. */
  | { readonly type: 'connecting' }
  /** Its tracks are known, and its media follows. */
  | { readonly type: 'connected'; readonly tracks: SourceTracks }
  /** Nothing, or no picture, has come for `ms`, half of what is permitted. */
  | { readonly type: 'stalled'; readonly kind: 'all' | 'video'; readonly ms: number }
  /** It goes on after `stalled`. */
  | { readonly type: 'streaming' }
  /** It is lost. `delay`: ms until it is opened again; Infinity: it is not. `attempts`: how many in a row have failed. */
  | {
      readonly type: 'lost';
      readonly error: ErrorData;
      readonly delay: number;
      readonly attempts: number;
    }
  /** It has come to its end. */
  | { readonly type: 'ended' };

/** Which of a channel's slabs: pictures and sound are written side by side. */
export type SlabKind = 'video' | 'audio';
