import {
  type AudioFacts,
  type EncryptedTrack,
  type EncryptionFacts,
  FlvTag,
  TagRole,
  TagType,
  type VideoFacts,
} from '@cloudpush/muxer';
import { encodeAmf0 } from '@cloudpush/transport';
import { type Bitrates, encodeStreamMetadata } from './stream-metadata.js';

/** What a server must know of a stream, from a tag on. */
export class StreamDescription {
  readonly #video: VideoFacts | undefined;
  readonly #audio: AudioFacts | undefined;
  /** `onEncryption` of each track that has any. */
  readonly encryption: readonly FlvTag[];
  /** Counts up with each change: the later description knows more. */
  readonly version: number;
  /** What must be sent in front of the tag which brings the description: it is new. */
  readonly changed: readonly FlvTag[];

  constructor(
    video: VideoFacts | undefined,
    audio: AudioFacts | undefined,
    encryption: readonly FlvTag[],
    changed: readonly FlvTag[],
    version: number,
  ) {
    this.#video = video;
    this.#audio = audio;
    this.encryption = encryption;
    this.changed = changed;
    this.version = version;
  }

  /** Everything, for a connection that starts: `onMetaData`, with the rates as they are known now, and `onEncryption`. */
  tags(bitrates: Bitrates): FlvTag[] {
    if (this.#video === undefined && this.#audio === undefined) return [...this.encryption];
    const metadata = encodeStreamMetadata(this.#video, this.#audio, bitrates);
    return [dataTag(metadata, 0), ...this.encryption];
  }
}

/**
 * Describes a stream anew whenever something of what is known about it changes. A bit rate that becomes known is no such
 * change: not every server expects `onMetaData` in mid-stream, so that it waits for the next one.
 */
export class StreamDescriber {
  /** What the last description told. */
  #videoFacts: VideoFacts | undefined;
  #audioFacts: AudioFacts | undefined;
  readonly #encryption = new Map<EncryptedTrack, FlvTag>();
  #current: StreamDescription | undefined;

  /** The last description. */
  get current(): StreamDescription | undefined {
    return this.#current;
  }

  /** These facts are those of the last description. */
  tells(facts: VideoFacts | AudioFacts): boolean {
    return facts === this.#videoFacts || facts === this.#audioFacts;
  }

  /**
   * Undefined when the facts are those of the last description.
   * @param source asked for the bit rates when they are not
   */
  describe(
    video: VideoFacts | undefined,
    audio: AudioFacts | undefined,
    source: { readonly bitrates: Bitrates },
    timestamp: number,
  ): StreamDescription | undefined {
    if (video === this.#videoFacts && audio === this.#audioFacts) return undefined;
    this.#videoFacts = video;
    this.#audioFacts = audio;
    return this.#renew([dataTag(encodeStreamMetadata(video, audio, source.bitrates), timestamp)]);
  }

  /** @returns the message about a track's encryption, which brings the new description */
  describeEncryption(facts: EncryptionFacts, timestamp: number): FlvTag {
    const tag = dataTag(encodeAmf0('onEncryption', { ...facts }), timestamp);
    this.#encryption.set(facts.track, tag);
    this.#renew([]);
    return tag;
  }

  #renew(changed: readonly FlvTag[]): StreamDescription {
    const version = (this.#current?.version ?? 0) + 1;
    const encryption = [...this.#encryption.values()];
    this.#current = new StreamDescription(this.#videoFacts, this.#audioFacts, encryption, changed, version);
    return this.#current;
  }
}

/** A data message of the stream's own: it owns its memory, and has no room in front, as several connections may send it. */
export function dataTag(body: Uint8Array, timestamp: number): FlvTag {
  return new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
}
