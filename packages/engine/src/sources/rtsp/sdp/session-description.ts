import { rtspError, rtspErrorCodes } from '../errors.js';

/** Encoding of a payload type (RFC 8866 §6.6). */
export interface RtpMap {
  /** In upper case. */
  readonly encoding: string;
  /** Hz. */
  readonly clockRate: number;
  /** Audio channels; 1 unless given. */
  readonly channels: number;
}

/** One media description (RFC 8866 §5.14) with the attributes that a player needs. */
export interface MediaDescription {
  /** `video`, `audio`, `application`, … */
  readonly type: string;
  /** In the order of preference. */
  readonly payloadTypes: readonly number[];
  readonly rtpMaps: ReadonlyMap<number, RtpMap>;
  /** Format parameters of a payload type, names in lower case (RFC 8866 §6.15). */
  readonly formatParameters: ReadonlyMap<number, ReadonlyMap<string, string>>;
  /** RFC 2326 §C.1.1. */
  readonly control: string | undefined;
}

/** A session description (RFC 8866). */
export interface SessionDescription {
  readonly control: string | undefined;
  readonly media: readonly MediaDescription[];
}

interface OpenMedia extends MediaDescription {
  readonly rtpMaps: Map<number, RtpMap>;
  readonly formatParameters: Map<number, Map<string, string>>;
  control: string | undefined;
}

const MAX_LINES = 2000;
const MAX_PAYLOAD_TYPES = 32;
const MAX_PARAMETERS = 64;

/** Encodings that need no rtpmap (RFC 3551 §6). */
const staticMaps: Readonly<Record<number, RtpMap>> = {
  0: { encoding: 'PCMU', clockRate: 8000, channels: 1 },
  3: { encoding: 'GSM', clockRate: 8000, channels: 1 },
  8: { encoding: 'PCMA', clockRate: 8000, channels: 1 },
  9: { encoding: 'G722', clockRate: 8000, channels: 1 },
  10: { encoding: 'L16', clockRate: 44_100, channels: 2 },
  11: { encoding: 'L16', clockRate: 44_100, channels: 1 },
  14: { encoding: 'MPA', clockRate: 90_000, channels: 1 },
  26: { encoding: 'JPEG', clockRate: 90_000, channels: 1 },
  32: { encoding: 'MPV', clockRate: 90_000, channels: 1 },
  33: { encoding: 'MP2T', clockRate: 90_000, channels: 1 },
};

/**
 * Parses a session description. Lines that are not understood are ignored, and so are media past `maxTracks`.
 *
 * @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_SDP` when it describes no media
 */
export function parseSessionDescription(body: Uint8Array, maxTracks: number): SessionDescription {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const media: OpenMedia[] = [];
  let control: string | undefined;
  let ignoring = false;
  for (const line of text.split(/\r\n|\r|\n/, MAX_LINES)) {
    if (line.startsWith('m=')) {
      const opened = media.length < maxTracks ? openMedia(line.slice(2)) : undefined;
      ignoring = opened === undefined;
      if (opened !== undefined) media.push(opened);
    } else if (line.startsWith('a=') && !ignoring) {
      const current = media.at(-1);
      if (current !== undefined) readAttribute(current, line.slice(2));
      else if (line.startsWith('a=control:')) control ??= line.slice(10).trim();
    }
  }
  if (media.length > 0) return { control, media };
  throw rtspError(
    rtspErrorCodes.sdp,
    `the session description of ${body.length} bytes describes no media (it has no valid m= line)`,
  );
}

/** The encoding of a payload type, from its rtpmap or the static table. */
export function rtpMapOf(media: MediaDescription, payloadType: number): RtpMap | undefined {
  return media.rtpMaps.get(payloadType) ?? staticMaps[payloadType];
}

/** `m=<media> <port>[/<count>] <proto> <fmt> …` */
function openMedia(value: string): OpenMedia | undefined {
  const [type, port, protocol, ...formats] = value.trim().split(/\s+/);
  if (type === undefined || port === undefined || protocol === undefined) return undefined;
  const payloadTypes = formats.filter((format) => /^\d{1,3}$/.test(format)).map(Number);
  return {
    type: type.toLowerCase(),
    payloadTypes: payloadTypes.filter((payloadType) => payloadType <= 127).slice(0, MAX_PAYLOAD_TYPES),
    rtpMaps: new Map(),
    formatParameters: new Map(),
    control: undefined,
  };
}

function readAttribute(media: OpenMedia, attribute: string): void {
  const colon = attribute.indexOf(':');
  if (colon < 0) return;
  const name = attribute.slice(0, colon).trim().toLowerCase();
  const value = attribute.slice(colon + 1).trim();
  if (name === 'control') media.control ??= value;
  else if (name === 'rtpmap') readRtpMap(media, value);
  else if (name === 'fmtp') readFormatParameters(media, value);
}

/** `<payload type> <encoding>/<clock rate>[/<channels>]` */
function readRtpMap(media: OpenMedia, value: string): void {
  const match = /^(\d{1,3})\s+([\w.+-]+)\s*\/\s*(\d{1,9})(?:\s*\/\s*(\d{1,2}))?/.exec(value);
  if (match === null || media.rtpMaps.size >= MAX_PAYLOAD_TYPES) return;
  const clockRate = Number(match[3]);
  if (clockRate === 0) return;
  const map = { encoding: match[2]!.toUpperCase(), clockRate, channels: Number(match[4] ?? 1) };
  media.rtpMaps.set(Number(match[1]), map);
}

/** `<payload type> <name>=<value>; …` */
function readFormatParameters(media: OpenMedia, value: string): void {
  const match = /^(\d{1,3})\s+(.*)$/.exec(value);
  if (match === null || media.formatParameters.size >= MAX_PAYLOAD_TYPES) return;
  const parameters = new Map<string, string>();
  for (const parameter of match[2]!.split(';', MAX_PARAMETERS)) {
    const equals = parameter.indexOf('=');
    const name = (equals < 0 ? parameter : parameter.slice(0, equals)).trim().toLowerCase();
    if (name !== '') parameters.set(name, equals < 0 ? '' : parameter.slice(equals + 1).trim());
  }
  media.formatParameters.set(Number(match[1]), parameters);
}
