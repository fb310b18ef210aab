import { frameDurationOf, readAudioSpecificConfig } from '../depacketize/audio-specific-config.js';
import type { RtpMap } from './session-description.js';
import type { Mpeg4GenericFormat, TrackFormat, UnsupportedFormat } from './track-format.js';

type Parameters = ReadonlyMap<string, string>;

/** Bytes of a configuration; an AudioSpecificConfig with a program config element has about 60. */
const MAX_CONFIG_BYTES = 512;

/** Lengths that the two AAC modes fix (RFC 3640 §3.3.5 and §3.3.6). */
const modeLengths = {
  'aac-hbr': { sizeLength: 13, indexLength: 3, indexDeltaLength: 3 },
  'aac-lbr': { sizeLength: 6, indexLength: 2, indexDeltaLength: 2 },
} as const;

/** Reads the format parameters of an audio encoding. */
export function audioFormatOf(map: RtpMap, parameters: Parameters): TrackFormat {
  switch (map.encoding) {
    case 'PCMU':
    case 'PCMA':
      return { codec: map.encoding === 'PCMU' ? 'pcmu' : 'pcma', channels: Math.max(1, map.channels) };
    case 'MPEG4-GENERIC':
      return mpeg4GenericOf(map, parameters);
    case 'MP4A-LATM':
      return latmOf(parameters);
    default:
      return unsupported(map.encoding, 'the encoding is not supported');
  }
}

/** RFC 3640 §4.1. */
function mpeg4GenericOf(map: RtpMap, parameters: Parameters): Mpeg4GenericFormat | UnsupportedFormat {
  const refuse = (reason: string): UnsupportedFormat => unsupported(map.encoding, reason);
  const config = bytesOf(parameters.get('config'));
  if (config === undefined || config.length < 2) {
    return refuse('its config parameter is missing or not hexadecimal');
  }
  const audio = readAudioSpecificConfig(config);
  if (audio === undefined) return refuse('its config parameter does not describe AAC');
  const mode = (parameters.get('mode') ?? '').toLowerCase();
  const lengths = mode in modeLengths ? modeLengths[mode as keyof typeof modeLengths] : undefined;
  const number = (name: string, otherwise = 0): number => lengthOf(parameters.get(name), otherwise);
  const constantSize = number('constantsize');
  const format: Mpeg4GenericFormat = {
    codec: 'aac',
    packing: 'mpeg4-generic',
    audioSpecificConfig: config,
    sizeLength: number('sizelength', constantSize > 0 ? 0 : lengths?.sizeLength),
    indexLength: number('indexlength', lengths?.indexLength),
    indexDeltaLength: number('indexdeltalength', lengths?.indexDeltaLength),
    ctsDeltaLength: number('ctsdeltalength'),
    dtsDeltaLength: number('dtsdeltalength'),
    randomAccessIndication: number('randomaccessindication') === 1,
    streamStateIndication: number('streamstateindication'),
    auxiliaryDataSizeLength: number('auxiliarydatasizelength'),
    constantSize: constantSize > 0 ? constantSize : undefined,
    frameDuration: number('constantduration') || frameDurationOf(audio, map.clockRate),
  };
  if (Number(parameters.get('maxdisplacement') ?? 0) > 0) return refuse('interleaved access units');
  return isReadable(format) ? format : refuse('its field lengths are missing or out of range');
}

/** Every field is one that the reader of AU headers takes. */
function isReadable(format: Mpeg4GenericFormat): boolean {
  const lengths = [
    format.sizeLength,
    format.indexLength,
    format.indexDeltaLength,
    format.ctsDeltaLength,
    format.dtsDeltaLength,
    format.streamStateIndication,
    format.auxiliaryDataSizeLength,
  ];
  return lengths.every((bits) => bits <= 32) && (format.sizeLength > 0 || format.constantSize !== undefined);
}

/** RFC 6416 §7.3. */
function latmOf(parameters: Parameters): TrackFormat {
  const inBand = parameters.get('cpresent') !== '0';
  if (inBand) return { codec: 'aac', packing: 'latm', streamMuxConfig: undefined };
  const streamMuxConfig = bytesOf(parameters.get('config'));
  if (streamMuxConfig !== undefined) return { codec: 'aac', packing: 'latm', streamMuxConfig };
  return unsupported('MP4A-LATM', 'cpresent is 0 and its config parameter is missing or not hexadecimal');
}

function unsupported(encoding: string, reason: string): UnsupportedFormat {
  return { codec: 'unsupported', encoding, reason };
}

/** Hexadecimal bytes, which some cameras put in quotes. */
function bytesOf(text: string | undefined): Uint8Array | undefined {
  const digits = (text ?? '').replace(/^"|"$/g, '');
  if (!/^(?:[\da-f]{2}){1,512}$/i.test(digits) || digits.length > 2 * MAX_CONFIG_BYTES) return undefined;
  return Buffer.from(digits, 'hex');
}

function lengthOf(text: string | undefined, otherwise = 0): number {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : otherwise;
}
