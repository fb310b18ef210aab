import type { TriggerType } from '@cloudpush/engine';
import type { FormatName } from '@cloudpush/engine/sources';
import type { ServerProfileName } from '@cloudpush/transport';

// Written out, so that who only describes a configuration, such as the HTTP thread, need not load the engine.
// The types keep them complete.

/** Names of the trigger types, as `triggerTypes` of the engine has them. */
export const TRIGGER_TYPE_NAMES = namesOf<TriggerType>({
  unknown: true,
  human: true,
  default: true,
  face: true,
  humanAndFace: true,
  moveDetect: true,
  reserved: true,
  live: true,
  iosApp: true,
  androidApp: true,
  alexa: true,
  web: true,
  googleAssistant: true,
});

/** Names of the forms of files, as `FORMAT_NAMES` of the engine has them. */
export const FILE_FORMAT_NAMES = namesOf<FormatName>({
  h264: true,
  h265: true,
  aac: true,
  mp3: true,
  opus: true,
  flac: true,
  ac3: true,
  eac3: true,
  ivf: true,
  obu: true,
  flv: true,
});

/** Names of the servers whose habits are known, as `SERVER_PROFILE_NAMES` of the transport has them. */
export const PROFILE_NAMES = namesOf<ServerProfileName>({
  generic: true,
  srs: true,
  'nginx-rtmp': true,
  mediamtx: true,
  lal: true,
  zlmediakit: true,
  xiu: true,
  'node-media-server': true,
  youtube: true,
});

function namesOf<Name extends string>(all: Readonly<Record<Name, true>>): Name[] {
  return Object.keys(all) as Name[];
}
