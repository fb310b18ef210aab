import { type AmfValue, property, stringProperty } from '../../amf/value.js';

/** The servers whose habits are known. `generic` is what suits an unknown server best. */
export const SERVER_PROFILE_NAMES = [
  'generic',
  'srs',
  'nginx-rtmp',
  'mediamtx',
  'lal',
  'zlmediakit',
  'xiu',
  'node-media-server',
  'youtube',
] as const;
/** Names of the servers whose habits are known. */
export type ServerProfileName = (typeof SERVER_PROFILE_NAMES)[number];

/** The peculiarities of a server. */
export interface ServerProfile {
  readonly name: ServerProfileName;
  /** Outgoing chunk size: a frame that fits one chunk is one contiguous write. */
  readonly chunkSize: number;
  /** Send `releaseStream` before `createStream`. Whoever sends it must send `FCPublish` too (SRS insists). */
  readonly releaseStream: boolean;
  readonly fcPublish: boolean;
  /** Takes HEVC as codec id 12. */
  readonly legacyHevc: boolean;
  /** Takes Enhanced RTMP when its `connect` reply announces nothing, as hardly any does. */
  readonly enhanced: boolean;
  /** Bears another `publish` on a connection whose stream has been ended; others close it, or worse. */
  readonly nextStream: boolean;
  /** A longer message makes the server disconnect. */
  readonly maxMessageBytes: number | undefined;
  /** Longer app names, stream names or tcUrls are cut silently. */
  readonly maxNameBytes: number | undefined;
}

const GENERIC: ServerProfile = {
  name: 'generic',
  chunkSize: 65536,
  releaseStream: true,
  fcPublish: true,
  legacyHevc: true,
  enhanced: true,
  nextStream: true,
  maxMessageBytes: undefined,
  maxNameBytes: undefined,
};

const PROFILES: Readonly<Record<ServerProfileName, ServerProfile>> = {
  generic: GENERIC,
  srs: { ...GENERIC, name: 'srs' },
  // max_message is 1 MiB and buffers for names are 256 bytes with their final zero (ngx_rtmp.h); recordings
  // of enhanced tags are empty
  'nginx-rtmp': {
    ...GENERIC,
    name: 'nginx-rtmp',
    enhanced: false,
    maxMessageBytes: 2 ** 20,
    maxNameBytes: 255,
  },
  mediamtx: { ...GENERIC, name: 'mediamtx', legacyHevc: false, nextStream: false },
  // a second publish ends the whole server (0.37)
  lal: { ...GENERIC, name: 'lal', nextStream: false },
  // closes the connection on deleteStream
  zlmediakit: { ...GENERIC, name: 'zlmediakit', nextStream: false },
  xiu: { ...GENERIC, name: 'xiu', enhanced: false, nextStream: false },
  'node-media-server': { ...GENERIC, name: 'node-media-server' },
  youtube: { ...GENERIC, name: 'youtube', legacyHevc: false, nextStream: false },
};

export function serverProfile(name: ServerProfileName): ServerProfile {
  return PROFILES[name];
}

/**
 * The profile that a `connect` reply gives away. nginx-rtmp and node-media-server send the same words as old
 * Adobe servers do, so they can only be chosen by option.
 */
export function detectProfile(values: readonly AmfValue[]): ServerProfileName {
  for (const value of values) {
    const data = property(value, 'data');
    if (stringProperty(data, 'srs_server') !== undefined || stringProperty(data, 'srs_sig') !== undefined)
      return 'srs';
    // The number of its release stands beside the status, where no other server has a version.
    if (/^\d+,\d+,\d+$/.test(stringProperty(value, 'version') ?? '')) return 'lal';
    if (/^LNX 9,0,124,2$/.test(stringProperty(value, 'fmsVer') ?? '')) return 'mediamtx';
  }
  return 'generic';
}
