import { MuxerError } from '../errors.js';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { AudioFrameEncryptor } from './audio-frame-encryptor.js';
import { type AudioRules, aacRules, mp3Rules } from './audio-rules.js';
import { CodedSample } from './coded-sample.js';
import type { EncryptedTrack, EncryptionFacts, EncryptionMode } from './encryption-facts.js';
import {
  type EncryptionKey,
  equalKeys,
  type KeyMaterial,
  keyInvalid,
  readEncryptionKey,
} from './encryption-key.js';
import { avcRules, hevcRules, type NalRules } from './nal-rules.js';
import { NalSampleEncryptor } from './nal-sample-encryptor.js';
import { type NonceSource, randomNonce, SampleCipher } from './sample-cipher.js';
import { keyCheckIn, nonceIn, sampleHeaderVersion } from './sample-header.js';

export interface EncryptionSettings {
  readonly mode: EncryptionMode;
  /** Left out: the key as it was. */
  readonly key?: EncryptionKey | undefined;
}

const modes: readonly EncryptionMode[] = ['none', 'keyFrames', 'allFrames'];

/**
 * Encrypts the samples of one track, in the order of the stream, between the muxer and who sends the tags. The format is
 * docs/encryption.md. H.264, H.265, AAC and MP3 can be encrypted; frames of another codec are refused while the mode is
 * not `'none'`.
 *
 * @example
 * const encryptor = new SampleEncryptor('video');
 * encryptor.configure({ mode: 'keyFrames', key: 'vavakey' });
 * muxer.video('h264', packet, tags);
 * for (const tag of tags) {
 *   const encrypted = encryptor.encrypt(tag, packet.headroom > 0);
 *   if (encryptor.facts !== told) tell((told = encryptor.facts)); // as onEncryption, in front of the tag
 *   send(encrypted);
 * }
 */
export class SampleEncryptor {
  readonly #track: EncryptedTrack;
  readonly #nonces: NonceSource;
  readonly #sample = new CodedSample();
  readonly #nalSamples = new NalSampleEncryptor();
  readonly #audioFrames = new AudioFrameEncryptor();
  #mode: EncryptionMode = 'none';
  #key: KeyMaterial | undefined;
  #cipher: SampleCipher | undefined;
  /** The sample header that `#facts` were made of. */
  #described: Uint8Array | undefined;
  #facts: EncryptionFacts | undefined;

  /** @param nonces 12 bytes a call, each time others. Default: random. Anything else is for test vectors only. */
  constructor(track: EncryptedTrack, nonces: NonceSource = randomNonce) {
    this.#track = track;
    this.#nonces = nonces;
  }

  /**
   * What `onEncryption` has to tell from the next sample on; undefined while there is nothing to tell. It is the same
   * object until something in it changes, by `configure`, `restart`, `passEncrypted` or `encrypt`, and then a new one.
   */
  get facts(): EncryptionFacts | undefined {
    return this.#facts;
  }

  /** Takes effect with the next sample. Throws MuxerError, and leaves everything as it was. */
  configure({ mode, key }: EncryptionSettings): void {
    if (!modes.includes(mode)) {
      const permitted = modes.join(', ');
      throw new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_MODE_INVALID', { actual: String(mode), permitted });
    }
    const material = key === undefined ? this.#key : readEncryptionKey(key);
    if (mode !== 'none') {
      if (material === undefined) throw keyInvalid('none');
      if (this.#cipher === undefined || !equalKeys(this.#cipher.material, material)) {
        this.#cipher = new SampleCipher(material, this.#nonces);
      }
    }
    this.#key = material;
    if (mode === this.#mode && (mode === 'none' || this.#cipher?.header === this.#described)) return;
    this.#mode = mode;
    this.#describe();
  }

  /** Begins another stream: with another nonce. */
  restart(): void {
    if (this.#cipher === undefined) return;
    this.#cipher.renew();
    if (this.#mode !== 'none') this.#describe();
  }

  /** Notes that a sample goes out which the caller has encrypted. */
  passEncrypted(): void {
    if (this.#facts?.scheme === 'caller') return;
    this.#facts = { scheme: 'caller', track: this.#track };
  }

  /**
   * The tag with its sample encrypted, or the tag itself when there is nothing in it to encrypt: by its role, by the mode, or because
   * it is too short. Throws MuxerError for a codec that cannot be encrypted, and when the sample would outgrow a message.
   *
   * @param writable whether the packet that the tag was made of had a headroom: its memory then takes the ciphertext, and
   * `tag` itself is used up; otherwise both stay as they are
   */
  encrypt(tag: FlvTag, writable: boolean): FlvTag {
    if (this.#mode === 'none' || !isFrame(tag.role)) return tag;
    this.#sample.read(tag.type, tag.parts[0]!);
    const cipher = this.#cipher!;
    const encrypted =
      this.#track === 'video'
        ? this.#encryptPicture(tag, cipher, writable)
        : this.#audioFrames.encrypt(tag, this.#sample.start, this.#audioRules(tag), cipher, writable);
    if (cipher.header !== this.#described || this.#facts?.scheme === 'caller') this.#describe();
    return encrypted;
  }

  #encryptPicture(tag: FlvTag, cipher: SampleCipher, writable: boolean): FlvTag {
    const rules = this.#nalRules(tag);
    if (this.#mode === 'keyFrames' && tag.role !== TagRole.keyFrame) return tag;
    return this.#nalSamples.encrypt(tag, this.#sample.start, rules, cipher, writable);
  }

  #nalRules(tag: FlvTag): NalRules {
    const { codec } = this.#sample;
    if (codec === 'h264') return avcRules;
    if (codec === 'h265') return hevcRules;
    throw this.#refuse(tag, 'h264, h265');
  }

  #audioRules(tag: FlvTag): AudioRules {
    const { codec } = this.#sample;
    if (codec === 'aac') return aacRules;
    if (codec === 'mp3') return mp3Rules;
    throw this.#refuse(tag, 'aac, mp3');
  }

  #refuse(tag: FlvTag, permitted: string): MuxerError {
    const actual = this.#sample.codec ?? this.#sample.nameCodec(tag.type, tag.parts[0]!);
    return new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_CODEC', { field: this.#track, actual, permitted });
  }

  #describe(): void {
    const track = this.#track;
    const scheme = { scheme: 'aes-ctr', version: sampleHeaderVersion, track } as const;
    if (this.#mode === 'none') {
      // A track that never was encrypted has nothing to tell.
      if (this.#facts !== undefined) this.#facts = { ...scheme, mode: 'none' };
      return;
    }
    const { header, keyBits, material } = this.#cipher!;
    this.#described = header;
    this.#facts = {
      ...scheme,
      mode: this.#mode,
      keyBits,
      stretched: material.stretched,
      nonce: Buffer.from(nonceIn(header)).toString('hex'),
      keyCheck: Buffer.from(keyCheckIn(header)).toString('hex'),
    };
  }
}

function isFrame(role: TagRole): boolean {
  switch (role) {
    case TagRole.keyFrame:
    case TagRole.interFrame:
    case TagRole.disposableFrame:
    case TagRole.audioFrame:
      return true;
    default:
      return false;
  }
}
