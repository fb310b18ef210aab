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
import { AUDIO_CODECS } from './codecs.js';
import type { FallbackInput, SourceConfig, SourceInput, SourceRetry } from './source-config.js';
import type {
  AudioTranscodeOptions,
  CommandSource,
  FileSource,
  ModuleSource,
  RtspSource,
  SourceFallback,
  SourceOptions,
  SourceSettings,
} from './source-options.js';

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
const RETRY: Names<SourceRetry> = { initialDelay: true, maxDelay: true, always: true };

const TRANSCODE: Names<AudioTranscodeOptions> = { transcode: true, options: true, codecs: true };

const KINDS = ['rtsp', 'file', 'command', 'module'] as const;
const MOST_ARGUMENTS = 1000;
const LONGEST_TEXT = 32_768;
const SHA256_BYTES = 32;

/**
 * Checks a source's options and fills in the defaults.
 * @param maxPacket the largest packet that the pool could hold for the channel, in bytes
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; it shows neither URL nor arguments, which may
 *   hold secrets
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
    timeout: integer(`${place}.timeout`, timeout, { preset: 10_000, least: 100, most: 3_600_000 }),
    videoTimeout: integer(`${place}.videoTimeout`, videoTimeout, {
      preset: 10_000,
      least: 100,
      most: 3_600_000,
    }),
    retry: checkedRetry(retry, `${place}.retry`),
    audio: checkedAudio(audio, `${place}.audio`),
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
  const url = moduleUrl(`${place}.module`, options.module);
  return { kind: 'module', url, options: plainData(`${place}.options`, options.options) };
}

function moduleUrl(name: string, given: string): string {
  const url = text(name, given);
  if (URL.canParse(url)) return url;
  const hint = isAbsolute(url) ? ': pathToFileURL makes one of a path' : '';
  throw invalidParameter(name, url, `the URL of an ES module${hint}`);
}

function plainData(name: string, given: unknown): unknown {
  try {
    return structuredClone(given);
  } catch {
    throw invalidType(name, given, 'plain data that a thread can be sent');
  }
}

function checkedAudio(given: SourceSettings['audio'], name: string): SourceConfig['audio'] {
  if (typeof given !== 'object') return oneOf(name, given, ['auto', 'copy', 'silence', 'none']);
  const {
    transcode,
    options,
    codecs = ['g711a', 'g711u'],
  } = checkedOptions<AudioTranscodeOptions>(name, given, TRANSCODE);
  if (!Array.isArray(codecs) || codecs.length === 0 || codecs.length > AUDIO_CODECS.length)
    throw invalidType(`${name}.codecs`, codecs, `a list of 1 to ${AUDIO_CODECS.length} codecs`);
  return {
    url: moduleUrl(`${name}.transcode`, transcode),
    options: plainData(`${name}.options`, options),
    codecs: codecs.map((codec, index) => oneOf(`${name}.codecs[${index}]`, codec, AUDIO_CODECS)),
  };
}

function checkedRetry(
  given: Partial<SourceRetry> | false | undefined,
  name: string,
): SourceRetry | undefined {
  if (given === false) return undefined;
  const { initialDelay, maxDelay, always } =
    given === undefined ? {} : checkedOptions<Partial<SourceRetry>>(name, given, RETRY);
  const initial = integer(`${name}.initialDelay`, initialDelay, { preset: 1000, least: 1, most: 3_600_000 });
  const most = integer(`${name}.maxDelay`, maxDelay, {
    preset: Math.max(initial, 60_000),
    least: 1,
    most: 3_600_000,
  });
  if (initial > most) throw invalidParameter(`${name}.initialDelay`, initial, `at most maxDelay, ${most}`);
  return {
    initialDelay: initial,
    maxDelay: most,
    always: optionalBoolean(`${name}.always`, always) ?? false,
  };
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
