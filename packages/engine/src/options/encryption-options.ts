import { types } from 'node:util';
import type {
  AudioCodec,
  EncryptedTrack,
  EncryptionMode,
  EncryptionSettings,
  VideoCodec,
} from '@cloudpush/muxer';
import { checkedOptions, invalidBesideSecret, invalidParameter, requireObject } from '../base/validation.js';

/** Encryption from the start of the stream. `Channel.sendMetadata` changes it in mid-stream. */
export interface EncryptionOptions {
  readonly video?: EncryptionSettings | undefined;
  readonly audio?: EncryptionSettings | undefined;
}

const MODES: readonly EncryptionMode[] = ['none', 'keyFrames', 'allFrames'];
const ENCRYPTABLE: readonly (VideoCodec | AudioCodec | 'none')[] = ['h264', 'h265', 'aac', 'mp3'];
/** HKDF takes more; nobody needs more. */
const MAX_KEY_BYTES = 1024;

/**
 * Encryption of a channel's tracks, as its caller has said last: a shard must know it when it gets the
 * channel. No error ever shows a key.
 */
export class ChannelEncryption {
  readonly #codecs: { readonly video: VideoCodec | 'none'; readonly audio: AudioCodec | 'none' };
  #current: EncryptionOptions = {};

  /** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
  constructor(video: VideoCodec | 'none', audio: AudioCodec | 'none', given: EncryptionOptions = {}) {
    this.#codecs = { video, audio };
    checkedOptions<EncryptionOptions>('encryption', given, { video: true, audio: true });
    for (const track of ['video', 'audio'] as const) {
      const settings = given[track];
      if (settings !== undefined) this.accept(track, this.check(track, settings, `encryption.${track}.`));
    }
  }

  get current(): EncryptionOptions {
    return this.#current;
  }

  /**
   * The settings with a copy of their key, or of the one before.
   * @param prefix what stands in front of `mode` and `key` in an error
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
   */
  check(track: EncryptedTrack, given: EncryptionSettings, prefix = ''): EncryptionSettings {
    const { mode, key } = requireObject(prefix === '' ? 'metadata' : prefix.slice(0, -1), given);
    if (!MODES.includes(mode)) {
      throw invalidBesideSecret(`${prefix}mode`, mode, MODES.map((permitted) => `'${permitted}'`).join(', '));
    }
    const checked = key === undefined ? this.#current[track]?.key : checkedKey(`${prefix}key`, key);
    if (mode === 'none') return { mode, key: checked };
    const codec = this.#codecs[track];
    if (!ENCRYPTABLE.includes(codec)) {
      const permitted = `'none' with ${codec}; ${ENCRYPTABLE.join(', ')} can be encrypted`;
      throw invalidParameter(`${prefix}mode`, mode, permitted);
    }
    if (checked !== undefined) return { mode, key: checked };
    throw invalidParameter(`${prefix}key`, 'left out', 'a key, as there is none before');
  }

  /** The settings are on their way. */
  accept(track: EncryptedTrack, settings: EncryptionSettings): void {
    this.#current = { ...this.#current, [track]: settings };
  }
}

function checkedKey(field: string, key: string | Uint8Array): string | Uint8Array {
  const permitted = `a text or bytes, 1 to ${MAX_KEY_BYTES} bytes`;
  if (typeof key !== 'string' && !types.isUint8Array(key))
    throw invalidParameter(field, typeof key, permitted);
  const size = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
  if (size === 0 || size > MAX_KEY_BYTES) throw invalidParameter(field, `of ${size} bytes`, permitted);
  return typeof key === 'string' ? key : Uint8Array.from(key);
}
