import type { FlvTag } from '../flv/flv-tag.js';
import { requireMessageSize } from '../flv/tag-body.js';
import type { AudioRules } from './audio-rules.js';
import type { SampleCipher } from './sample-cipher.js';
import { sampleHeaderSize } from './sample-header.js';
import { TagSplicer } from './tag-splicer.js';

/** Encrypts audio frames: AAC and MP3. */
export class AudioFrameEncryptor {
  readonly #splicer = new TagSplicer();
  readonly #lead = new Uint8Array(2 + sampleHeaderSize);

  /**
   * The tag with its frame encrypted; the tag itself when there is nothing in the frame to encrypt.
   * @param start of the frame in the first part; at its end, the frame is the second part
   * @param writable whether the memory of the frame may be written to
   */
  encrypt(tag: FlvTag, start: number, rules: AudioRules, cipher: SampleCipher, writable: boolean): FlvTag {
    const part = start === tag.parts[0]!.length ? 1 : 0;
    const bytes = tag.parts[part];
    if (bytes === undefined) return tag;
    const frameStart = part === 0 ? start : 0;
    const from = frameStart + rules.clearSize(bytes, frameStart);
    if (from >= bytes.length) return tag;
    const lead = this.#lead.subarray(0, rules.lead.length + sampleHeaderSize);
    requireMessageSize(tag.size + lead.length, 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE');
    cipher.begin(bytes.length - from);
    lead.set(rules.lead);
    lead.set(cipher.header, rules.lead.length);
    const encrypted = cipher.encrypt(bytes.subarray(from));
    cipher.finish();
    this.#splicer.begin(tag, writable);
    this.#splicer.insert(part, from, lead);
    if (writable) bytes.set(encrypted, from);
    else this.#splicer.replace(part, from, encrypted);
    return this.#splicer.finish();
  }
}
