import { parseAudioSpecificConfig } from '../aac/audio-specific-config.js';
import { programConfigSize } from '../aac/program-config-element.js';
import { encodeSilence } from '../aac/silence.js';
import { around } from '../bits/bytes.js';
import { copyBytes } from '../bits/native-memory.js';
import { MuxerError } from '../errors.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { requireMessageSize } from '../flv/tag-body.js';
import {
  elementHeadsSize,
  MAX_ELEMENT_DATA,
  MAX_ELEMENT_HEAD_SIZE,
  writeElementHead,
} from './data-stream-element.js';
import type { SampleCipher } from './sample-cipher.js';
import { SAMPLE_HEADER_SIZE } from './sample-header.js';
import { TagSplicer } from './tag-splicer.js';

// All tracks share them: nothing that they keep of a frame matters to the next.
const splicer = new TagSplicer();
const lead = new Uint8Array(MAX_ELEMENT_HEAD_SIZE + SAMPLE_HEADER_SIZE);

/**
 * Encrypts AAC frames. What comes out is an AAC frame, too, one of silence, which carries the encrypted one
 * in data stream elements: a program that decodes sound to find out about the stream still finds out.
 */
export class AacFrameEncryptor {
  /** The end of a frame of silence of this configuration. */
  #silence: Uint8Array | undefined;

  /** Takes the AudioSpecificConfig() of the frames that follow. */
  configure(record: Uint8Array): void {
    const config = parseAudioSpecificConfig(record);
    this.#silence = config === undefined ? undefined : encodeSilence(config);
  }

  /**
   * The tag with its frame encrypted; the tag itself when there is nothing in the frame to encrypt.
   * @param start of the frame in the first part; at its end, the frame is the second part
   * @param writable whether the memory of the frame may be written to
   */
  encrypt(tag: FlvTag, start: number, cipher: SampleCipher, writable: boolean): FlvTag {
    const part = start === tag.parts[0]!.length ? 1 : 0;
    const bytes = tag.parts[part];
    if (bytes === undefined) return tag;
    const frameStart = part === 0 ? start : 0;
    const from = frameStart + programConfigSize(bytes, frameStart);
    if (from === bytes.length) return tag;
    const silence = this.#requireSilence();
    const size = bytes.length - from;
    const added = elementHeadsSize(SAMPLE_HEADER_SIZE + size) + SAMPLE_HEADER_SIZE + silence.length;
    requireMessageSize(tag.size + added, 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE');
    const encrypted = cipher.encrypt([bytes.subarray(from)]);
    if (writable && part === 0 && added <= tag.headroom) {
      const body = around(bytes, -added, bytes.length);
      body.copyWithin(0, added, added + from);
      const end = writeElements(body, from, encrypted, cipher.header);
      body.set(silence, end);
      return tag.withBody({ parts: [body], size: body.length, headroom: tag.headroom - added });
    }
    splicer.begin(tag, writable);
    if (writable) bytes.set(encrypted, from);
    this.#spliceElements(part, from, encrypted, cipher.header, writable);
    splicer.insert(part, bytes.length, silence);
    return splicer.finish();
  }

  /**
   * Puts the heads of data stream elements, and the sample header in the first one, between the encrypted
   * bytes.
   */
  #spliceElements(
    part: number,
    from: number,
    encrypted: Uint8Array,
    sampleHeader: Uint8Array,
    writable: boolean,
  ): void {
    let done = -SAMPLE_HEADER_SIZE;
    let size: number;
    do {
      size = Math.min(encrypted.length - done, MAX_ELEMENT_DATA);
      const start = Math.max(done, 0);
      let leadSize = writeElementHead(lead, 0, size);
      if (done < 0) {
        lead.set(sampleHeader, leadSize);
        leadSize += SAMPLE_HEADER_SIZE;
      }
      done += size;
      splicer.insert(part, from + start, lead.subarray(0, leadSize));
      if (!writable) splicer.replace(part, from + start, encrypted.subarray(start, done));
    } while (size === MAX_ELEMENT_DATA);
  }

  #requireSilence(): Uint8Array {
    if (this.#silence !== undefined) return this.#silence;
    throw new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_CODEC', {
      field: 'AudioSpecificConfig',
      actual: 'none, or of unknown channels',
      permitted: 'channelConfiguration 1 to 7, or a program config element',
    });
  }
}

/** Writes the data stream elements of a frame that is in one part; returns where they end in `target`. */
function writeElements(
  target: Uint8Array,
  offset: number,
  encrypted: Uint8Array,
  sampleHeader: Uint8Array,
): number {
  let position = offset;
  let done = -SAMPLE_HEADER_SIZE;
  let size: number;
  do {
    size = Math.min(encrypted.length - done, MAX_ELEMENT_DATA);
    position += writeElementHead(target, position, size);
    if (done < 0) {
      target.set(sampleHeader, position);
      position += SAMPLE_HEADER_SIZE;
    }
    const piece = encrypted.subarray(Math.max(done, 0), done + size);
    copyBytes(piece, target, position);
    position += piece.length;
    done += size;
  } while (size === MAX_ELEMENT_DATA);
  return position;
}
