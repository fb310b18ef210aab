import { MuxerError } from '../errors.js';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { AacFrameEncryptor } from './aac-frame-encryptor.js';
import { CodedSample, type EncryptableCodec } from './coded-sample.js';
import {
  type EncryptionKey,
  equalKeys,
  type KeyMaterial,
  keyInvalid,
  readEncryptionKey,
} from './encryption-key.js';
import type { EncryptedTrack, EncryptionMode, EncryptionParameters } from './encryption-parameters.js';
import { Mp3FrameEncryptor } from './mp3-frame-encryptor.js';
import { avcRules, hevcRules } from './nal-rules.js';
import { NalSampleEncryptor } from './nal-sample-encryptor.js';
import { type NonceSource, randomNonce, SampleCipher } from './sample-cipher.js';
import { FORMAT_VERSION, keyCheckIn, keyIdIn, nonceIn } from './sample-header.js';

/** Encryption of the samples of one track. */
export interface EncryptionSettings {
  readonly mode: EncryptionMode;
  /** Left out: the key as it was. */
  readonly key?: EncryptionKey | undefined;
}

const modes: readonly EncryptionMode[] = ['none', 'keyFrames', 'allFrames'];

const codecs: Record<EncryptedTrack, readonly EncryptableCodec[]> = {
  video: ['h264', 'h265'],
  audio: ['aac', 'mp3'],
};

// All tracks share them, so that they stay in the processor's cache: nothing that they keep of a sample
// matters to the next.
const sample = new CodedSample();
const nalSamples = new NalSampleEncryptor();
const mp3Frames = new Mp3FrameEncryptor();

/**
 * Encrypts the samples of one track, between the muxer and who sends the tags. All tags of the track go
 * through it in their order, in every mode: AAC frames are encrypted by the sequence header in front of them.
 * The format is docs/encryption.md. H.264, H.265, AAC and MP3 can be encrypted; frames of another codec are
 * refused while the mode is not `'none'`.
 *
 * @example
 * const encryptor = new SampleEncryptor('video');
 * encryptor.configure({ mode: 'keyFrames', key: 'vavakey' });
 * muxer.video('h264', packet, tags);
 * for (const tag of tags) {
 *   const encrypted = encryptor.encrypt(tag, packet.headroom > 0);
 *   // As onEncryption, in front of the tag.
 *   if (encryptor.parameters !== told) tell((told = encryptor.parameters));
 *   send(encrypted);
 * }
 */
export class SampleEncryptor {
  readonly #track: EncryptedTrack;
  readonly #nonces: NonceSource;
  /** Made when AAC comes: it keeps what the sequence header says. */
  #aacFrames: AacFrameEncryptor | undefined;
  #mode: EncryptionMode = 'none';
  #key: KeyMaterial | undefined;
  #cipher: SampleCipher | undefined;
  /** The sample header that `#parameters` were made of. */
  #described: Uint8Array | undefined;
  #parameters: EncryptionParameters | undefined;

  /**
   * @param nonces 12 bytes a call, each time others. Default: random. Anything else is for test vectors only.
   */
  constructor(track: EncryptedTrack, nonces: NonceSource = randomNonce) {
    this.#track = track;
    this.#nonces = nonces;
  }

  /**
   * The parameters that `onEncryption` has to tell from the next sample on; undefined while there is nothing
   * to tell. It is the same object until something in it changes, by `configure`, `restart`, `passEncrypted`
   * or `encrypt`, and then a new one.
   */
  get parameters(): EncryptionParameters | undefined {
    return this.#parameters;
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
    const isDescribed =
      mode === 'none' ? this.#parameters?.scheme !== 'caller' : this.#cipher?.header === this.#described;
    if (mode === this.#mode && isDescribed) return;
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
    if (this.#parameters?.scheme === 'caller') return;
    this.#parameters = { scheme: 'caller', track: this.#track };
  }

  /**
   * The tag with its sample encrypted, or the tag itself when there is nothing in it to encrypt: by its role,
   * by the mode, or because it is too short. Throws MuxerError for a codec that cannot be encrypted, and when
   * the sample would outgrow a message.
   *
   * @param writable whether the packet that the tag was made of had a headroom: its memory then takes the
   *   ciphertext, and `tag` itself is used up; otherwise both stay as they are
   */
  encrypt(tag: FlvTag, writable: boolean): FlvTag {
    if (tag.role === TagRole.audioSequenceHeader) this.#readConfiguration(tag);
    if (this.#mode === 'none' || !isFrame(tag.role)) return tag;
    const cipher = this.#cipher!;
    const encrypted = this.#encryptSample(tag, cipher, writable);
    if (cipher.header !== this.#described || this.#parameters?.scheme === 'caller') this.#describe();
    return encrypted;
  }

  #readConfiguration(tag: FlvTag): void {
    const [body] = tag.parts;
    sample.read(tag.type, body!);
    if (sample.codec !== 'aac') return;
    this.#aacFrames ??= new AacFrameEncryptor();
    this.#aacFrames.configure(body!.subarray(sample.start));
  }

  #encryptSample(tag: FlvTag, cipher: SampleCipher, writable: boolean): FlvTag {
    sample.read(tag.type, tag.parts[0]!);
    const { codec, start } = sample;
    if (codec === undefined || !codecs[this.#track].includes(codec)) throw this.#refuse(tag);
    if (this.#mode === 'keyFrames' && !this.#isKeyFrame(tag, codec)) return tag;
    const mode = this.#mode === 'keyFrames' ? 'keyFrames' : 'allFrames';
    switch (codec) {
      case 'h264':
        return nalSamples.encrypt(tag, start, avcRules, cipher, mode, writable);
      case 'h265':
        return nalSamples.encrypt(tag, start, hevcRules, cipher, mode, writable);
      case 'aac':
        this.#aacFrames ??= new AacFrameEncryptor();
        return this.#aacFrames.encrypt(tag, start, cipher, writable);
      case 'mp3':
        return mp3Frames.encrypt(tag, start, cipher, writable);
      default:
        return codec satisfies never;
    }
  }

  /** A caller may call an IDR picture no key frame: it shows as much all the same. */
  #isKeyFrame(tag: FlvTag, codec: EncryptableCodec): boolean {
    if (isKeyFrame(tag.role) || (codec !== 'h264' && codec !== 'h265')) return isKeyFrame(tag.role);
    return nalSamples.hasRandomAccess(tag, sample.start, codec === 'h264' ? avcRules : hevcRules);
  }

  #refuse(tag: FlvTag): MuxerError {
    return new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_CODEC', {
      field: this.#track,
      actual: sample.codec ?? sample.nameCodec(tag.type, tag.parts[0]!),
      permitted: codecs[this.#track].join(', '),
    });
  }

  #describe(): void {
    const track = this.#track;
    const scheme = { scheme: 'aes-ctr', version: FORMAT_VERSION, track } as const;
    if (this.#mode === 'none') {
      // A track that never was encrypted has nothing to tell.
      if (this.#parameters !== undefined) this.#parameters = { ...scheme, mode: 'none' };
      return;
    }
    const { header, keyBits, material } = this.#cipher!;
    const keyId = keyIdIn(header);
    this.#described = header;
    this.#parameters = {
      ...scheme,
      mode: this.#mode,
      keyBits,
      stretched: material.stretched,
      nonce: Buffer.from(nonceIn(keyId)).toString('hex'),
      keyCheck: Buffer.from(keyCheckIn(keyId)).toString('hex'),
    };
  }
}

function isKeyFrame(role: TagRole): boolean {
  return role === TagRole.keyFrame || role === TagRole.audioFrame;
}

function isFrame(role: TagRole): boolean {
  return isKeyFrame(role) || role === TagRole.interFrame || role === TagRole.disposableFrame;
}
