import type { FlvTag } from '../flv/flv-tag.js';
import { requireMessageSize } from '../flv/tag-body.js';
import type { SampleCipher } from './sample-cipher.js';
import { sampleHeaderSize } from './sample-header.js';
import { TagSplicer } from './tag-splicer.js';

/** The header of an MPEG audio frame (ISO/IEC 11172-3 §2.4.1.3), which stays clear. */
export const clearHeaderSize = 4;

/** Encrypts MP3 frames. */
export class Mp3FrameEncryptor {
  readonly #splicer = new TagSplicer();

  /**
   * The tag with its frame encrypted; the tag itself when there is nothing in the frame to encrypt.
   * @param start of the frame in the first part; at its end, the frame is the second part
   * @param writable whether the memory of the frame may be written to
   */
  encrypt(tag: FlvTag, start: number, cipher: SampleCipher, writable: boolean): FlvTag {
    const part = start === tag.parts[0]!.length ? 1 : 0;
    const bytes = tag.parts[part];
    if (bytes === undefined) return tag;
    const from = (part === 0 ? start : 0) + clearHeaderSize;
    if (from >= bytes.length) return tag;
    requireMessageSize(tag.size + sampleHeaderSize, 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE');
    cipher.begin(bytes.length - from);
    const encrypted = cipher.encrypt(bytes.subarray(from));
    cipher.finish();
    this.#splicer.begin(tag, writable);
    this.#splicer.insert(part, from, cipher.header);
    if (writable) bytes.set(encrypted, from);
    else this.#splicer.replace(part, from, encrypted);
    return this.#splicer.finish();
  }
}
