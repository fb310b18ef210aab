import { extname } from 'node:path';
import type { TrackKind } from '../packet.js';
import { Ac3Parser } from './ac3-parser.js';
import { annexBCodec } from './annexb-start.js';
import { AudioParser } from './audio-parser.js';
import { FlacParser } from './flac-parser.js';
import { FlvParser } from './flv-parser.js';
import { IvfParser } from './ivf-parser.js';
import { ObuParser } from './obu-parser.js';
import { OpusParser } from './opus-parser.js';
import type { PacketParser } from './packet-parser.js';
import { VideoParser } from './video-parser.js';

/** A form of media that can be read: which tracks it has, and how it is cut into packets. */
export interface Format {
  /** The name of a file of it, with its article. */
  readonly title: string;
  readonly tracks: TrackKind | 'both';
  /** Raw video, which has no times of its own: a frame rate may be set. */
  readonly takesFrameRate?: boolean;
  readonly createParser: (frameRate: number | undefined) => PacketParser;
}

/** The forms by the name that the user gives to them. */
export const FORMATS = {
  h264: rawVideo('h264', 'a stream of H.264'),
  h265: rawVideo('h265', 'a stream of H.265'),
  aac: { title: 'a stream of AAC (ADTS)', tracks: 'audio', createParser: () => new AudioParser('aac') },
  mp3: { title: 'an MP3 stream', tracks: 'audio', createParser: () => new AudioParser('mp3') },
  opus: { title: 'an Ogg file', tracks: 'audio', createParser: () => new OpusParser() },
  flac: { title: 'a FLAC file', tracks: 'audio', createParser: () => new FlacParser() },
  ac3: { title: 'a stream of AC-3', tracks: 'audio', createParser: () => new Ac3Parser('ac3') },
  eac3: { title: 'a stream of E-AC-3', tracks: 'audio', createParser: () => new Ac3Parser('eac3') },
  ivf: { title: 'an IVF file (AV1 or VP9)', tracks: 'video', createParser: () => new IvfParser() },
  obu: {
    title: 'a stream of AV1 (OBUs)',
    tracks: 'video',
    takesFrameRate: true,
    createParser: (rate) => new ObuParser(rate),
  },
  flv: { title: 'an FLV file', tracks: 'both', createParser: () => new FlvParser() },
} as const satisfies Readonly<Record<string, Format>>;
/** Names of the forms of files that can be read. */
export type FormatName = keyof typeof FORMATS;
/** All of the names. */
export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

const EXTENSIONS: Readonly<Record<string, FormatName>> = {
  '.h264': 'h264',
  '.264': 'h264',
  '.h265': 'h265',
  '.265': 'h265',
  '.hevc': 'h265',
  '.aac': 'aac',
  '.mp3': 'mp3',
  '.opus': 'opus',
  '.flac': 'flac',
  '.ac3': 'ac3',
  '.eac3': 'eac3',
  '.ec3': 'eac3',
  '.ivf': 'ivf',
  '.obu': 'obu',
  '.flv': 'flv',
};

/** Endings of file names that tell the form. */
export const KNOWN_EXTENSIONS = Object.keys(EXTENSIONS).join(' ');

/** Bytes that are enough to tell a form by its content, where parameter sets come early. */
export const PROBE_SIZE = 0x1_0000;

/** The form that a file's name tells. */
export function formatByName(path: string): FormatName | undefined {
  return EXTENSIONS[extname(path).toLowerCase()];
}

/** The form that the first bytes tell. */
export function formatByContent(bytes: Uint8Array): FormatName | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = MAGIC[data.subarray(0, 4).toString('latin1')];
  if (magic !== undefined) return magic;
  if (data.subarray(0, 3).toString('latin1') === 'FLV') return 'flv';
  // syncword, then bsid: up to 10 in AC-3 (ATSC A/52 §5.4.1.5, §E.2.3.1.6)
  if (data.length > 5 && data.readUInt16BE(0) === 0x0b77) return data[5]! >> 3 > 10 ? 'eac3' : 'ac3';
  // A temporal delimiter with its size of 0 (AV1 §5.6).
  if (data.length > 2 && data[0] === 0x12 && data[1] === 0) return 'obu';
  if (isStartCode(data)) return annexBCodec(data);
  if (data.subarray(0, 3).toString('latin1') === 'ID3') return data.includes(ADTS_BYTES) ? 'aac' : 'mp3';
  // syncword, then layer: 0 in ADTS (14496-3 1.A.2.2.1), not 0 in MPEG audio (11172-3 2.4.1.3)
  if (data.length >= 2 && data[0] === 0xff && data[1]! >= 0xe0) {
    return (data[1]! & 0xf6) === 0xf0 ? 'aac' : (data[1]! & 6) === 2 ? 'mp3' : undefined;
  }
  return undefined;
}

const MAGIC: Readonly<Record<string, FormatName>> = { OggS: 'opus', fLaC: 'flac', DKIF: 'ivf' };
const ADTS_BYTES = Buffer.of(0xff, 0xf1);

/** Names of containers that cannot be pushed, by their first bytes. */
export function foreignContainer(bytes: Uint8Array): string | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = data.subarray(0, 12).toString('latin1');
  if (['ftyp', 'moov', 'mdat', 'moof', 'styp', 'free', 'wide'].includes(text.slice(4, 8)))
    return 'an MP4 or QuickTime file';
  if (data.length >= 4 && data.readUInt32BE(0) === EBML_ID) return 'a Matroska or WebM file';
  if (text.startsWith('RIFF') && text.slice(8) === 'AVI ') return 'an AVI file';
  if (data[0] === TS_SYNC && (data.length <= TS_PACKET || data[TS_PACKET] === TS_SYNC))
    return 'an MPEG transport stream';
  return undefined;
}

/** The name of a container that is not read, and the command that remuxes it; undefined for anything else. */
export function remuxAdvice(path: string, bytes: Uint8Array): string | undefined {
  const container = foreignContainer(bytes);
  if (container === undefined) return undefined;
  const input = path === 'stdin' || path.includes("'") ? 'INPUT' : `'${path}'`;
  return `this is ${container}, which cannot be read; remux it without loss: ffmpeg -i ${input} -c copy -f flv remuxed.flv`;
}

const EBML_ID = 0x1a45_dfa3;
const TS_SYNC = 0x47;
const TS_PACKET = 188;

function isStartCode(data: Uint8Array): boolean {
  const zeros = data.findIndex((byte) => byte !== 0);
  return zeros >= 2 && data[zeros] === 1;
}

function rawVideo(codec: 'h264' | 'h265', title: string): Format {
  return {
    title,
    tracks: 'video',
    takesFrameRate: true,
    createParser: (rate) => new VideoParser(codec, rate),
  };
}
