import { isAbsolute } from 'node:path';
import {
  checkedOptions,
  integer,
  invalidBesideSecret,
  invalidParameter,
  invalidType,
  oneOf,
  optionalBoolean,
  requireObject,
} from '../base/validation.js';
import type { FallbackInput, SourceAudio, SourceConfig, SourceInput, SourceRetry } from './source-config.js';

/** How long a source may be silent, what happens when it is lost, and which sound is sent. */
export interface SourceSettings {
  /**
   * A source of which nothing has been received for so long is taken for lost, in ms, 100 to 3,600,000. `sourceStalled` tells when
   * half of it is over. Default 10,000.
   */
  readonly timeout?: number | undefined;
  /** The same for one that sends sound, but no pictures, though it has a video track. Default 10,000. */
  readonly videoTimeout?: number | undefined;
  /**
   * When a source that is lost is opened again, each time after a random part of a delay that doubles; `false`: not at all. Default:
   * `initialDelay` 1,000 ms, `maxDelay` 60,000 ms. One that refuses its credentials is tried again after `maxDelay` each time.
   */
  readonly retry?: Partial<SourceRetry> | false | undefined;
  /**
   * Which sound is sent. `'copy'`: the source's own, of any codec that FLV has. `'auto'` (default): the same; what FLV does not have is
   * left out. `'silence'`: AAC without a sound, in place of the source's own, for servers that want a sound track. `'none'`: no sound.
   */
  readonly audio?: SourceAudio | undefined;
  /**
   * What is sent from when the source is lost, or could not be opened, until it is there: a file, over and over, or a module. Players stay
   * connected best when it has the source's codecs. Default: nothing.
   */
  readonly fallback?: SourceFallback | undefined;
}

/** A file, or a source module, that stands in for a source: the options of `FileSource` and `ModuleSource` of the same names. */
export type SourceFallback =
  | Pick<FileSource, 'file' | 'format' | 'frameRate' | 'module'>
  | Pick<ModuleSource, 'module' | 'options' | 'file'>;

/** A camera, or another server that speaks RTSP (RFC 2326). */
export interface RtspSource extends SourceSettings {
  /** `rtsp://host[:port]/path`, or `rtsps://…` for TLS. User and password may stand in it. */
  readonly rtsp: string;
  /** How media comes: interleaved in the RTSP connection (`'tcp'`, default), as datagrams, or `'auto'`: TCP, then UDP. */
  readonly transport?: 'tcp' | 'udp' | 'auto' | undefined;
  /** Goes before the user info of the URL. */
  readonly username?: string | undefined;
  /** Of `username`. */
  readonly password?: string | undefined;
  /** The SHA-256 fingerprint of the camera's certificate, in hex: no other is trusted, and this one needs no authority. */
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
  /** FLV, or an elementary stream (H.264, H.265, AV1, VP9, AAC, MP3, Opus, FLAC, AC-3); a FIFO is read as it is filled. */
  readonly file: string;
  /** Whether it begins anew when it ends, without a gap. Default false. */
  readonly loop?: boolean | undefined;
  /** What the file is. Default: as its name or its content tells. */
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
  /** What it writes, such as `'flv'`, `'h264'`, `'aac'`. Default `'flv'`. */
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
  /** What the module is told: plain data, no functions. */
  readonly options?: unknown;
  /** Of another kind of source. */
  readonly rtsp?: undefined;
  /** Of another kind of source. */
  readonly file?: undefined;
  /** Of another kind of source. */
  readonly command?: undefined;
}

/** Where a channel's media comes from when the worker thread reads it itself: one of `rtsp`, `file`, `command`, `module`. */
export type SourceOptions = RtspSource | FileSource | CommandSource | ModuleSource;

type Names<T> = Readonly<Record<keyof T & string, true>>;

const SETTINGS: Names<SourceSettings> = {
  timeout: true,
  videoTimeout: true,
  retry: true,
  audio: true,
  fallback: true,
};
const FALLBACK_KINDS = ['file', 'module'] as const;
const RTSP = { rtsp: true, transport: true, username: true, password: true, fingerprint: true, ca: true };
const FILE = { file: true, loop: true, format: true, frameRate: true };
const COMMAND = { command: true, format: true, frameRate: true };
const MODULE = { module: true, options: true };
const RETRY: Names<SourceRetry> = { initialDelay: true, maxDelay: true };

const KINDS = ['rtsp', 'file', 'command', 'module'] as const;
const MOST_ARGUMENTS = 1000;
const LONGEST_TEXT = 32_768;
const SHA256_BYTES = 32;

/**
 * Checks a source's options and fills in the defaults.
 * @param maxPacket the largest packet that the pool could hold for the channel, in bytes
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; it shows neither URL nor arguments, which may hold secrets
 */
export function sourceConfig(given: SourceOptions, maxPacket: number, place = 'source'): SourceConfig {
  const object = requireObject(place, given);
  const kinds = KINDS.filter((name) => object[name] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    throw invalidParameter(place, kinds.join(', ') || 'without a kind', `one of ${KINDS.join(', ')}`);
  }
  const input = inputOf(object, place);
  const { timeout, videoTimeout, retry, audio, fallback } = object;
  return {
    input,
    timeout: integer(`${place}.timeout`, timeout, 10_000, 100, 3_600_000),
    videoTimeout: integer(`${place}.videoTimeout`, videoTimeout, 10_000, 100, 3_600_000),
    retry: checkedRetry(retry, `${place}.retry`),
    audio: oneOf(`${place}.audio`, audio, ['auto', 'copy', 'silence', 'none']),
    fallback: fallback === undefined ? undefined : fallbackInput(fallback, `${place}.fallback`),
    maxPacket,
  };
}

function inputOf(options: SourceOptions, place: string): SourceInput {
  if (options.rtsp !== undefined) return rtspInput(options, place);
  if (options.file !== undefined) return fileInput(options, place);
  if (options.command !== undefined) return commandInput(options, place);
  return moduleInput(options, place);
}

function fallbackInput(given: SourceFallback, place: string): FallbackInput {
  const object = requireObject(place, given);
  const kinds = FALLBACK_KINDS.filter((name) => object[name] !== undefined);
  if (kinds.length !== 1) {
    throw invalidParameter(
      place,
      kinds.join(', ') || 'without a kind',
      `one of ${FALLBACK_KINDS.join(', ')}`,
    );
  }
  if (object.file === undefined) {
    checkedOptions<object>(place, object, MODULE);
    return moduleInput(object as ModuleSource, place);
  }
  checkedOptions<object>(place, object, { file: true, format: true, frameRate: true });
  return { ...fileInput(object as FileSource, place), loop: true };
}

function rtspInput(options: RtspSource, place: string): SourceInput {
  checkedOptions<object>(place, options, { ...RTSP, ...SETTINGS });
  const { username, password, fingerprint, ca } = options;
  const url = text(`${place}.rtsp`, options.rtsp);
  const isTls = /^rtsps:/i.test(url);
  if (!isTls && !/^rtsp:/i.test(url)) {
    throw invalidBesideSecret(`${place}.rtsp`, url, 'a URL: rtsp://host[:port]/path, or rtsps://…');
  }
  if (password !== undefined && username === undefined) {
    throw invalidParameter(`${place}.username`, undefined, 'a text, where a password is given');
  }
  if (!isTls && (fingerprint !== undefined || ca !== undefined)) {
    const name = `${place}.${fingerprint === undefined ? 'ca' : 'fingerprint'}`;
    throw invalidParameter(name, 'given', 'nothing with an rtsp:// URL, which is not encrypted');
  }
  return {
    kind: 'rtsp',
    url,
    transport: oneOf(`${place}.transport`, options.transport, ['tcp', 'udp', 'auto']),
    credentials:
      username === undefined
        ? undefined
        : {
            username: text(`${place}.username`, username),
            password: password === undefined ? '' : secret(`${place}.password`, password),
          },
    fingerprint: fingerprint === undefined ? undefined : checkedFingerprint(place, fingerprint),
    ca: ca === undefined ? undefined : text(`${place}.ca`, ca),
  };
}

function fileInput(options: FileSource, place: string): Extract<SourceInput, { kind: 'file' }> {
  checkedOptions<object>(place, options, { ...FILE, ...SETTINGS });
  return {
    kind: 'file',
    path: text(`${place}.file`, options.file),
    loop: optionalBoolean(`${place}.loop`, options.loop) ?? false,
    format: optionalText(`${place}.format`, options.format),
    frameRate: checkedFrameRate(place, options.frameRate),
  };
}

function commandInput(options: CommandSource, place: string): SourceInput {
  checkedOptions<object>(place, options, { ...COMMAND, ...SETTINGS });
  const { command } = options;
  const name = `${place}.command`;
  const permitted = `a list of 1 to ${MOST_ARGUMENTS} texts: the program and its arguments`;
  if (!Array.isArray(command)) throw invalidType(name, command, permitted);
  if (command.length === 0 || command.length > MOST_ARGUMENTS) {
    throw invalidParameter(`${name}.length`, command.length, permitted);
  }
  const [program, ...args] = command.map((argument, index) => secret(`${name}[${index}]`, argument));
  if (program === undefined || program === '') throw invalidParameter(`${name}[0]`, '', 'a program');
  return {
    kind: 'command',
    program,
    args,
    format: optionalText(`${place}.format`, options.format) ?? 'flv',
    frameRate: checkedFrameRate(place, options.frameRate),
  };
}

function moduleInput(options: ModuleSource, place: string): Extract<SourceInput, { kind: 'module' }> {
  checkedOptions<object>(place, options, { ...MODULE, ...SETTINGS });
  const url = text(`${place}.module`, options.module);
  if (!URL.canParse(url)) {
    const hint = isAbsolute(url) ? ': pathToFileURL makes one of a path' : '';
    throw invalidParameter(`${place}.module`, url, `the URL of an ES module${hint}`);
  }
  try {
    return { kind: 'module', url, options: structuredClone(options.options) };
  } catch {
    throw invalidType(`${place}.options`, options.options, 'plain data that a thread can be sent');
  }
}

function checkedRetry(
  given: Partial<SourceRetry> | false | undefined,
  name: string,
): SourceRetry | undefined {
  if (given === false) return undefined;
  const { initialDelay, maxDelay } =
    given === undefined ? {} : checkedOptions<Partial<SourceRetry>>(name, given, RETRY);
  const initial = integer(`${name}.initialDelay`, initialDelay, 1000, 1, 3_600_000);
  const most = integer(`${name}.maxDelay`, maxDelay, Math.max(initial, 60_000), 1, 3_600_000);
  if (initial > most) throw invalidParameter(`${name}.initialDelay`, initial, `at most maxDelay, ${most}`);
  return { initialDelay: initial, maxDelay: most };
}

function checkedFrameRate(place: string, frameRate: number | undefined): number | undefined {
  if (frameRate === undefined || (Number.isFinite(frameRate) && frameRate > 0 && frameRate <= 1000)) {
    return frameRate;
  }
  throw invalidParameter(`${place}.frameRate`, frameRate, 'a number above 0, up to 1000');
}

/** @returns 64 digits, small letters, no colons */
function checkedFingerprint(place: string, given: string): string {
  const digits = text(`${place}.fingerprint`, given).replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]+$/.test(digits) && digits.length === 2 * SHA256_BYTES) return digits;
  throw invalidParameter(
    `${place}.fingerprint`,
    given,
    `${SHA256_BYTES} bytes in hex, with or without colons`,
  );
}

function optionalText(name: string, given: string | undefined): string | undefined {
  return given === undefined ? undefined : text(name, given);
}

function text(name: string, given: string): string {
  if (typeof given === 'string' && given !== '' && given.length <= LONGEST_TEXT) return given;
  throw invalidBesideSecret(name, given, `a text of 1 to ${LONGEST_TEXT} characters`);
}

function secret(name: string, given: string): string {
  if (typeof given === 'string' && given.length <= LONGEST_TEXT && !given.includes('\0')) return given;
  throw invalidBesideSecret(name, given, `a text of up to ${LONGEST_TEXT} characters`);
}
