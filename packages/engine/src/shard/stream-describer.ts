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
import { encodeStreamMetadata } from './stream-metadata.js';

/** What a server must know of a stream, from a tag on. */
export interface StreamDescription {
  /** Everything, for a connection that starts: `onMetaData`, and `onEncryption` of each track that has any. */
  readonly tags: readonly FlvTag[];
  /** Those that must be sent in front of the tag which brings the description: they are new. */
  readonly changed: readonly FlvTag[];
  /** Counts up with each change: the later description knows more. */
  readonly version: number;
}

/** Describes a stream anew whenever something of what is known about it changes. */
export class StreamDescriber {
  /** What the last description told. */
  #videoFacts: VideoFacts | undefined;
  #audioFacts: AudioFacts | undefined;
  #metadata: FlvTag | undefined;
  readonly #encryption = new Map<EncryptedTrack, FlvTag>();
  #current: StreamDescription | undefined;

  /** The last description. */
  get current(): StreamDescription | undefined {
    return this.#current;
  }

  /** Undefined when the facts are those of the last description. */
  describe(
    video: VideoFacts | undefined,
    audio: AudioFacts | undefined,
    timestamp: number,
  ): StreamDescription | undefined {
    if (video === this.#videoFacts && audio === this.#audioFacts) return undefined;
    this.#videoFacts = video;
    this.#audioFacts = audio;
    this.#metadata = dataTag(encodeStreamMetadata(video, audio), timestamp);
    return this.#renew([this.#metadata]);
  }

  /** @returns the message about a track's encryption, which brings the new description */
  describeEncryption(facts: EncryptionFacts, timestamp: number): FlvTag {
    const tag = dataTag(encodeAmf0('onEncryption', { ...facts }), timestamp);
    this.#encryption.set(facts.track, tag);
    this.#renew([]);
    return tag;
  }

  #renew(changed: readonly FlvTag[]): StreamDescription {
    const metadata = this.#metadata === undefined ? [] : [this.#metadata];
    const tags = [...metadata, ...this.#encryption.values()];
    this.#current = { tags, changed, version: (this.#current?.version ?? 0) + 1 };
    return this.#current;
  }
}

/** A data message of the stream's own: it owns its memory, and has no room in front, as several connections may send it. */
export function dataTag(body: Uint8Array, timestamp: number): FlvTag {
  return new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
}
