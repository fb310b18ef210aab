import { type AmfValue, property, stringProperty } from '../amf0/value.js';

/** The servers whose habits are known. `generic` is what suits an unknown server best. */
export type ServerProfileName =
  | 'generic'
  | 'srs'
  | 'nginx-rtmp'
  | 'mediamtx'
  | 'lal'
  | 'zlmediakit'
  | 'xiu'
  | 'node-media-server'
  | 'youtube';

/** What to do differently for a server. */
export interface ServerProfile {
  readonly name: ServerProfileName;
  /** Outgoing chunk size: a frame that fits one chunk is one contiguous write. */
  readonly chunkSize: number;
  /** Send `releaseStream` before `createStream`. Whoever sends it must send `FCPublish` too (SRS insists). */
  readonly releaseStream: boolean;
  readonly fcPublish: boolean;
  /** Takes HEVC as codec id 12. */
  readonly legacyHevc: boolean;
  /** Takes HEVC as `hvc1` even when its `connect` reply announces nothing. */
  readonly enhancedHevc: boolean;
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
  enhancedHevc: false,
  maxMessageBytes: undefined,
  maxNameBytes: undefined,
};

const PROFILES: Readonly<Record<ServerProfileName, ServerProfile>> = {
  generic: GENERIC,
  srs: { ...GENERIC, name: 'srs', enhancedHevc: true },
  // max_message is 1 MiB and buffers for names are 256 bytes with their final zero (ngx_rtmp.h)
  'nginx-rtmp': { ...GENERIC, name: 'nginx-rtmp', maxMessageBytes: 1 << 20, maxNameBytes: 255 },
  mediamtx: { ...GENERIC, name: 'mediamtx', legacyHevc: false, enhancedHevc: true },
  lal: { ...GENERIC, name: 'lal', enhancedHevc: true },
  zlmediakit: { ...GENERIC, name: 'zlmediakit', enhancedHevc: true },
  xiu: { ...GENERIC, name: 'xiu' },
  'node-media-server': { ...GENERIC, name: 'node-media-server', enhancedHevc: true },
  youtube: { ...GENERIC, name: 'youtube', legacyHevc: false, enhancedHevc: true },
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
    if (/^LNX 9,0,124,2$/.test(stringProperty(value, 'fmsVer') ?? '')) return 'mediamtx';
  }
  return 'generic';
}
