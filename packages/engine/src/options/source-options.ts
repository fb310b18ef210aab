import type { AudioCodec } from '@cloudpush/muxer';
import type { SourceAudio, SourceRetry } from './source-config.js';

/**
 * Settings of every source: the silence that it may keep, the retries when it is lost, and the sound that is
 * sent.
 */
export interface SourceSettings {
  /**
   * A source of which nothing has been received for so long is taken for lost, in ms, 100 to 3,600,000.
   * `sourceStalled` tells when half of it is over. Default 10,000.
   */
  readonly timeout?: number | undefined;
  /** The same for one that sends sound, but no pictures, though it has a video track. Default 10,000. */
  readonly videoTimeout?: number | undefined;
  /**
   * Delays after which a lost source is opened again, each time after a random part of a delay that doubles;
   * `false`: not at all. Default: `initialDelay` 1,000 ms, `maxDelay` 60,000 ms, `always` false. One that
   * refuses its credentials is tried again after `maxDelay` each time.
   */
  readonly retry?: Partial<SourceRetry> | false | undefined;
  /**
   * Sound that is sent. `'copy'`: the source's own, of any codec that FLV has. `'auto'` (default): the same;
   * what FLV does not have is left out. `'silence'`: AAC without a sound, in place of the source's own, for
   * servers that want a sound track. `'none'`: no sound. `{ transcode }`: sound that servers do not want is
   * made AAC by a module; other sound is sent as it is.
   */
  readonly audio?: SourceAudio | AudioTranscodeOptions | undefined;
  /**
   * The stand-in while the source is lost, or could not be opened: a file, over and over, or a module.
   * Players stay connected best when it has the source's codecs. Default: nothing.
   */
  readonly fallback?: SourceFallback | undefined;
}

/** An ES module in the worker thread that makes AAC of a source's sound: see docs/sources.md. */
export interface AudioTranscodeOptions {
  /** The module's URL, such as `new URL('./my-encoder.js', import.meta.url).href`. */
  readonly transcode: string;
  /** Passed to the module: plain data, no functions. */
  readonly options?: unknown;
  /** The codecs that are transcoded, 1 to 8 of them. Default `['g711a', 'g711u']`. */
  readonly codecs?: readonly AudioCodec[] | undefined;
}

/**
 * A file, or a source module, that stands in for a source: the options of `FileSource` and `ModuleSource` of
 * the same names.
 */
export type SourceFallback =
  | Pick<FileSource, 'file' | 'format' | 'frameRate' | 'module'>
  | Pick<ModuleSource, 'module' | 'options' | 'file'>;

/** A camera, or another server that speaks RTSP (RFC 2326). */
export interface RtspSource extends SourceSettings {
  /** `rtsp://host[:port]/path`, or `rtsps://…` for TLS. User and password may stand in it. */
  readonly rtsp: string;
  /**
   * Transport of the media: interleaved in the RTSP connection (`'tcp'`, default), as datagrams, or `'auto'`:
   * TCP, then UDP.
   */
  readonly transport?: 'tcp' | 'udp' | 'auto' | undefined;
  /** Goes before the user info of the URL. */
  readonly username?: string | undefined;
  /** Of `username`. */
  readonly password?: string | undefined;
  /**
   * The SHA-256 fingerprint of the camera's certificate, in hex: no other is trusted, and this one needs no
   * authority.
   */
  readonly fingerprint?: string | undefined;
  /** Certificates of authorities that are trusted instead of the system's, as PEM. */
  readonly ca?: string | undefined;
  /** Of another kind of source. */
  readonly file?: undefined;
  /** Of another kind of source. */
  readonly command?: undefined;
  /** Of another kind of source. */
  readonly module?: undefined;
}

/** A media file, sent in real time. */
export interface FileSource extends SourceSettings {
  /**
   * FLV, or an elementary stream (H.264, H.265, AV1, VP9, AAC, MP3, Opus, FLAC, AC-3); a FIFO is read as it
   * is filled.
   */
  readonly file: string;
  /** True: the file begins anew when it ends, without a gap. Default false. */
  readonly loop?: boolean | undefined;
  /** The format of the file. Default: as its name or its content tells. */
  readonly format?: string | undefined;
  /** Pictures a second of raw video. Default: as the stream tells, else 25. */
  readonly frameRate?: number | undefined;
  /** Of another kind of source. */
  readonly rtsp?: undefined;
  /** Of another kind of source. */
  readonly command?: undefined;
  /** Of another kind of source. */
  readonly module?: undefined;
}

/** A program that writes media to its standard output. */
export interface CommandSource extends SourceSettings {
  /** The program and its arguments, as they are: no shell reads them. */
  readonly command: readonly [program: string, ...args: string[]];
  /** The format that it writes, such as `'flv'`, `'h264'`, `'aac'`. Default `'flv'`. */
  readonly format?: string | undefined;
  /** Pictures a second of raw video. Default: as the stream tells, else 25. */
  readonly frameRate?: number | undefined;
  /** Of another kind of source. */
  readonly rtsp?: undefined;
  /** Of another kind of source. */
  readonly file?: undefined;
  /** Of another kind of source. */
  readonly module?: undefined;
}

/** An ES module that runs in the worker thread and yields packets: see docs/sources.md. */
export interface ModuleSource extends SourceSettings {
  /** The module's URL, such as `new URL('./my-source.js', import.meta.url).href`. */
  readonly module: string;
  /** Passed to the module: plain data, no functions. */
  readonly options?: unknown;
  /** Of another kind of source. */
  readonly rtsp?: undefined;
  /** Of another kind of source. */
  readonly file?: undefined;
  /** Of another kind of source. */
  readonly command?: undefined;
}

/**
 * Source of a channel's media that the worker thread reads itself: one of `rtsp`, `file`, `command`,
 * `module`.
 */
export type SourceOptions = RtspSource | FileSource | CommandSource | ModuleSource;
