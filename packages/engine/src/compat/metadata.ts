import { types } from 'node:util';
import type { EncryptionMode } from '@cloudpush/muxer';
import { invalidParameter } from '../base/validation.js';
import type { StreamMetadata } from '../metadata/types.js';
import { E_SV_MEDIA_ENCRYPT } from './media-encrypt.js';
import { E_SV_METADATA_TYPE } from './metadata-type.js';

/** `lParam` of `Send_Metadata`: a 64-bit integer, or a key. */
export type MetadataParameter = number | bigint | string | Uint8Array | null | undefined;

const MODES: Readonly<Record<number, EncryptionMode>> = {
  [E_SV_MEDIA_ENCRYPT.NONE]: 'none',
  [E_SV_MEDIA_ENCRYPT.AES_KEYFRAME]: 'keyFrames',
  [E_SV_MEDIA_ENCRYPT.ALL_FRAME]: 'allFrames',
};

/**
 * The arguments of `Send_Metadata` as the native door takes them.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function streamMetadata(
  metadataType: number,
  wParam: MetadataParameter,
  lParam: MetadataParameter,
): StreamMetadata {
  switch (metadataType) {
    case E_SV_METADATA_TYPE.STREAM_START:
      return { type: 'streamStart', trigger: integer('wParam', wParam), time: integer('lParam', lParam) };
    case E_SV_METADATA_TYPE.STREAM_END:
      return { type: 'streamEnd', alarmDuration: integer('wParam', wParam), time: integer('lParam', lParam) };
    case E_SV_METADATA_TYPE.VIDEO_ENCRYPT:
      return { type: 'videoEncrypt', mode: mode(wParam), key: key(lParam) };
    case E_SV_METADATA_TYPE.AUDIO_ENCRYPT:
      return { type: 'audioEncrypt', mode: mode(wParam), key: key(lParam) };
    case E_SV_METADATA_TYPE.STREAM_BITRATE:
      return { type: 'bitrate', audio: integer('wParam', wParam), video: integer('lParam', lParam) };
    case E_SV_METADATA_TYPE.STREAM_DROP_FRAMES:
      return { type: 'dropFrames', audio: integer('wParam', wParam), video: integer('lParam', lParam) };
    case E_SV_METADATA_TYPE.STREAM_DISCONNECT:
      return { type: 'disconnect', code: integer('wParam', wParam) };
    case E_SV_METADATA_TYPE.TIGGER_TYPE_CHANGE:
      return { type: 'triggerChange', from: integer('wParam', wParam), to: integer('lParam', lParam) };
    default:
      throw invalidParameter('eMetadataType', metadataType, '0 to 7');
  }
}

/** The native door checks ranges; here a text must not pass for a number, or for the name of a trigger. */
function integer(name: string, value: MetadataParameter): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw invalidParameter(name, typeof value, 'an integer');
}

function mode(value: MetadataParameter): EncryptionMode {
  const name = MODES[integer('wParam', value)];
  if (name === undefined) throw invalidParameter('wParam', value, '0 to 2');
  return name;
}

/** Without a key, the one before counts. */
function key(value: MetadataParameter): string | Uint8Array | undefined {
  if (value === null || value === undefined || value === 0) return undefined;
  if (typeof value === 'string' || types.isUint8Array(value)) return value;
  throw invalidParameter('lParam', typeof value, 'a key: a text or a Uint8Array');
}
