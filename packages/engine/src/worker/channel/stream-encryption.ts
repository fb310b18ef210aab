import {
  type EncryptedTrack,
  type EncryptionParameters,
  type EncryptionSettings,
  type FlvTag,
  SampleEncryptor,
  TagType,
} from '@cloudpush/muxer';
import type { EncryptionOptions } from '../../options/encryption-options.js';
import { isAudioFrame, isPicture } from '../destination/drop-policy.js';

/** Encrypts the frames of a stream, each once for all destinations, and knows what must be told about it. */
export class StreamEncryption {
  readonly #encryptors = { video: new SampleEncryptor('video'), audio: new SampleEncryptor('audio') };
  readonly #told: { [track in EncryptedTrack]: EncryptionParameters | undefined } = {
    video: undefined,
    audio: undefined,
  };

  constructor({ video, audio }: EncryptionOptions) {
    if (video !== undefined) this.configure('video', video);
    if (audio !== undefined) this.configure('audio', audio);
  }

  /** Takes effect with the track's next frame. */
  configure(track: EncryptedTrack, settings: EncryptionSettings): void {
    this.#encryptors[track].configure(settings);
  }

  /** The next stream begins: with other nonces. */
  restart(): void {
    this.#encryptors.video.restart();
    this.#encryptors.audio.restart();
  }

  /**
   * The tag as it goes out, of all tags in their order: encrypted, when it is a frame, and its track and mode
   * ask for it.
   * @param byCaller the caller has encrypted it already: it stays as it is
   * @throws MuxerError when it cannot be encrypted: it must not go out
   */
  encrypt(tag: FlvTag, byCaller: boolean): FlvTag {
    if (tag.type === TagType.scriptData) return tag;
    const { video, audio } = this.#encryptors;
    const encryptor = tag.type === TagType.video ? video : audio;
    // Headers go through it, too: they tell how frames are to be encrypted.
    const isFrame = frameTrackOf(tag) !== undefined;
    // The muxer has made the tag of a pool block, which may be written to.
    if (!byCaller || !isFrame) return encryptor.encrypt(tag, true);
    encryptor.passEncrypted();
    return tag;
  }

  /**
   * The parameters of a track that must be told in front of this frame of it; undefined when they are known.
   */
  news(tag: FlvTag): EncryptionParameters | undefined {
    const track = frameTrackOf(tag);
    return track === undefined ? undefined : this.newsOf(track);
  }

  newsOf(track: EncryptedTrack): EncryptionParameters | undefined {
    const { parameters } = this.#encryptors[track];
    if (parameters === this.#told[track]) return undefined;
    this.#told[track] = parameters;
    return parameters;
  }
}

function frameTrackOf(tag: FlvTag): EncryptedTrack | undefined {
  if (isPicture(tag)) return 'video';
  return isAudioFrame(tag) ? 'audio' : undefined;
}
