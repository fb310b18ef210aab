import { endOfSequenceTag, type FlvTag, TagRole } from '@cloudpush/muxer';
import type { Bitrates } from '../../metadata/on-meta-data.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import type { SendQueue } from './send-queue.js';

/** A description of a stream: its `onMetaData`, and its `onEncryption`, of the tracker or from disk. */
export type HeaderDescription = Pick<StreamDescription, 'metadata' | 'encryption' | 'version'>;

/**
 * The headers of a stream as its destination has met them. A stream that starts, or starts again, must begin
 * with metadata, audio header and video header, in this order, before its first frame.
 */
export class StreamHeaders {
  #audio: FlvTag | undefined;
  #video: FlvTag | undefined;
  /** Metadata of the video track, such as its colour. */
  #videoMetadata: FlvTag | undefined;
  #description: HeaderDescription | undefined;
  /** Headers that were sent ahead of their place, and are to be left out there. */
  #sentAhead: FlvTag[] = [];

  /**
   * @param sent headers of a stream that is under way, for a destination that joins it.
   * @param description what describes that stream.
   */
  constructor(sent: readonly FlvTag[] = [], description: HeaderDescription | undefined = undefined) {
    for (const tag of sent) this.note(tag, undefined);
    this.#description = description;
  }

  /** The same, which do not change with these. */
  copy(): StreamHeaders {
    const copy = new StreamHeaders();
    copy.adopt(this);
    return copy;
  }

  /**
   * Takes those of a stream that has gone on elsewhere.
   * @returns whether they are others
   */
  adopt(other: StreamHeaders): boolean {
    const isOther =
      this.#audio !== other.#audio ||
      this.#video !== other.#video ||
      this.#videoMetadata !== other.#videoMetadata ||
      this.#description !== other.#description;
    this.#audio = other.#audio;
    this.#video = other.#video;
    this.#videoMetadata = other.#videoMetadata;
    this.#description = other.#description;
    return isOther;
  }

  /** `onMetaData` and headers, in the order in which they go out. */
  list(bitrates: Bitrates): FlvTag[] {
    const metadata = this.#description?.metadata(bitrates);
    return metadata === undefined ? this.ahead : [metadata, ...this.ahead];
  }

  /** True when the stream has a video track. */
  get hasVideo(): boolean {
    return this.#video !== undefined;
  }

  /**
   * Takes note of a header that is sent, or of a tag with a description. Header tags own their memory, so
   * they can be kept.
   */
  note(tag: FlvTag, description: StreamDescription | undefined): void {
    if (description !== undefined) this.#noteDescription(description);
    switch (tag.role) {
      case TagRole.audioSequenceHeader:
        this.#audio = tag;
        break;
      case TagRole.videoSequenceHeader:
        this.#video = tag;
        break;
      case TagRole.videoMetadata:
        this.#videoMetadata = tag;
        break;
    }
  }

  /** Has the headers in the older form of H.265, and a description that tells of it. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    if (this.#video !== undefined) this.#video = fallback.legacyOf(this.#video);
    if (this.#videoMetadata !== undefined) this.#videoMetadata = fallback.legacyOf(this.#videoMetadata);
    if (description !== undefined) this.#noteDescription(description);
  }

  /**
   * False for data while nothing is known of any track, here or in the queue: it goes out ahead of the
   * headers.
   */
  mayStart({ role }: FlvTag, description: StreamDescription | undefined, queue: SendQueue): boolean {
    if (role !== TagRole.data || (description ?? this.#description) !== undefined) return true;
    return queue.find((tag) => tag.role !== TagRole.data) !== undefined;
  }

  /** True, once, for a header that {@link start} has sent ahead. */
  wasSentAhead(tag: FlvTag): boolean {
    if (this.#sentAhead.length === 0) return false;
    const remaining = this.#sentAhead.filter((sent) => sent !== tag);
    const was = remaining.length < this.#sentAhead.length;
    this.#sentAhead = remaining;
    return was;
  }

  /**
   * The tags that must go out before `first`, with its time, but for `onMetaData`; `first` itself may be
   * among them. While the connection was being made, both tracks have usually begun: what the queue tells of
   * a track that is not known yet is sent ahead, so that the server learns of both at once.
   */
  start(
    first: FlvTag,
    description: StreamDescription | undefined,
    queue: SendQueue,
    bitrates: Bitrates,
  ): FlvTag[] {
    this.note(first, description);
    this.#sentAhead = [first];
    if (this.#audio === undefined) this.#sendAhead(queue, isAudio);
    if (this.#video === undefined) this.#sendAhead(queue, isVideoHeader);
    const metadata = this.#description?.metadata(bitrates);
    // Of what describes the stream, some may have a place of its own, too.
    const waiting = (this.#description?.encryption ?? []).filter(
      (tag) => queue.find((other) => other === tag) !== undefined,
    );
    const { ahead } = this;
    this.#sentAhead = [...waiting, ...this.#sentAhead.filter((tag) => ahead.includes(tag))];
    const stampedTags = ahead.map((tag) => tag.at(first.timestamp));
    return metadata === undefined ? stampedTags : [metadata, ...stampedTags];
  }

  /**
   * The tag that ends the video sequence, of the same codec and form as its header; undefined without video.
   * @param timestamp that of the last tag
   */
  endOfSequence(timestamp: number): FlvTag | undefined {
    return this.#video === undefined ? undefined : endOfSequenceTag(this.#video, timestamp);
  }

  /** Everything but `onMetaData`. */
  get ahead(): FlvTag[] {
    const headers = [this.#audio, this.#video, this.#videoMetadata].filter((tag) => tag !== undefined);
    return [...(this.#description?.encryption ?? []), ...headers];
  }

  #sendAhead(queue: SendQueue, matches: (tag: FlvTag) => boolean): void {
    const waiting = queue.find(matches);
    if (waiting === undefined) return;
    this.note(waiting.tag, waiting.description);
    this.#sentAhead.push(waiting.tag);
  }

  /** Of two descriptions the later one knows more. */
  #noteDescription(description: StreamDescription): void {
    if (this.#description === undefined || description.version > this.#description.version) {
      this.#description = description;
    }
  }
}

/**
 * The first audio tag is the header, with codecs that have one; with others it is a frame that brings the
 * description.
 */
function isAudio({ role }: FlvTag): boolean {
  return role === TagRole.audioSequenceHeader || role === TagRole.audioFrame;
}

function isVideoHeader({ role }: FlvTag): boolean {
  return role === TagRole.videoSequenceHeader;
}
