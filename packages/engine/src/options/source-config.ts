import type { AudioCodec } from '@cloudpush/muxer';

/** Sound of a source that is sent: see `SourceSettings.audio`. */
export type SourceAudio = 'auto' | 'copy' | 'silence' | 'none';

/** A module that makes AAC of a source's sound, and what it is for. */
export interface AudioTranscoding {
  readonly url: string;
  readonly options: unknown;
  /** The codecs that are transcoded; others are sent as they are. */
  readonly codecs: readonly AudioCodec[];
}

/** Whether the source's own sound is sent, as it is or transcoded. */
export function sendsOwnAudio(audio: SourceAudio | AudioTranscoding): boolean {
  return audio !== 'silence' && audio !== 'none';
}

/** The transcoding of a codec; undefined: it is sent as it is. */
export function transcodingOf(
  audio: SourceAudio | AudioTranscoding,
  codec: AudioCodec | undefined,
): AudioTranscoding | undefined {
  return typeof audio === 'object' && codec !== undefined && audio.codecs.includes(codec) ? audio : undefined;
}

/** The delays before a lost source is opened again. */
export interface SourceRetry {
  /** The first delay's upper bound, in ms, 1 to 3,600,000. Default 1,000. */
  readonly initialDelay: number;
  /** The upper bound of every delay, in ms, 1 to 3,600,000. Default 60,000. */
  readonly maxDelay: number;
  /**
   * Whether a source that could not be opened is tried again also after an error that no attempt seems to
   * mend, such as a file that is not there: it may come. So is a looping file that is not there, or empty, at
   * the turn of its loop. Default false.
   */
  readonly always: boolean;
}

/** The input of a source. It may hold credentials: never to be logged or quoted. */
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

/** A source whose packets are read when they are due. */
export type ReadInput = Exclude<SourceInput, { readonly kind: 'rtsp' }>;
/** The stand-in that is sent while a source is lost. */
export type FallbackInput = Extract<SourceInput, { readonly kind: 'file' | 'module' }>;

/** The configuration of a channel's source, for the shard that reads it. */
export interface SourceConfig {
  readonly input: SourceInput;
  /** ms without anything after which it is lost. */
  readonly timeout: number;
  /** ms without a picture after which it is lost. */
  readonly videoTimeout: number;
  /** Undefined: a source that is lost is not opened again. */
  readonly retry: SourceRetry | undefined;
  readonly audio: SourceAudio | AudioTranscoding;
  /** Undefined: nothing is sent while the source is lost. */
  readonly fallback: FallbackInput | undefined;
  /** The largest packet that the pool could hold for the channel, in bytes. */
  readonly maxPacket: number;
}
