import { FlvTag, TagRole } from '@cloudpush/muxer';
import type { SendQueue, StreamDescription } from './send-queue.js';

/** A sequence header, and the description that goes out in front of it. */
interface Header {
  readonly tag: FlvTag;
  readonly description: StreamDescription | undefined;
}

/**
 * The headers of a stream as its destination has met them. A stream that starts, or starts again, must begin with
 * metadata, audio header and video header, in this order, before its first frame.
 */
export class StreamHeaders {
  #audio: Header | undefined;
  #video: Header | undefined;
  /** Facts about the video, such as its colour. */
  #videoMetadata: FlvTag | undefined;
  /** Headers that were sent ahead of their place, and are to be left out there. */
  #sentAhead: FlvTag[] = [];

  /** True when the stream has a video track. */
  get hasVideo(): boolean {
    return this.#video !== undefined;
  }

  /** Takes note of a tag that is sent. Header tags own their memory, so they can be kept. */
  note(tag: FlvTag, description: StreamDescription | undefined): void {
    switch (tag.role) {
      case TagRole.audioSequenceHeader:
        this.#audio = { tag, description };
        break;
      case TagRole.videoSequenceHeader:
        this.#video = { tag, description };
        break;
      case TagRole.videoMetadata:
        this.#videoMetadata = tag;
        break;
    }
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
   * The tags that must go out before `first`, stamped with its time; `first` itself may be among them. While the connection
   * was being made, both tracks have usually begun: a header that still waits in the queue is sent ahead, so that the
   * server learns of both at once.
   */
  start(first: FlvTag, description: StreamDescription | undefined, queue: SendQueue): FlvTag[] {
    this.note(first, description);
    this.#sentAhead = [first];
    if (this.#audio === undefined) this.#sendAhead(queue, TagRole.audioSequenceHeader);
    if (this.#video === undefined) this.#sendAhead(queue, TagRole.videoSequenceHeader);
    const headers = [this.#audio?.tag, this.#video?.tag, this.#videoMetadata].filter(
      (tag) => tag !== undefined,
    );
    this.#sentAhead = this.#sentAhead.filter((tag) => headers.includes(tag));
    const metadata = later(this.#audio, this.#video);
    return (metadata === undefined ? headers : [metadata, ...headers]).map((tag) =>
      stamped(tag, first.timestamp),
    );
  }

  #sendAhead(queue: SendQueue, role: TagRole): void {
    const waiting = queue.find((tag) => tag.role === role);
    if (waiting === undefined) return;
    this.note(waiting.tag, waiting.description);
    this.#sentAhead.push(waiting.tag);
  }
}

/** Of two descriptions the later one knows both tracks. */
function later(a: Header | undefined, b: Header | undefined): FlvTag | undefined {
  const [one, other] = [a?.description, b?.description];
  if (one === undefined || other === undefined) return (one ?? other)?.tag;
  return one.version > other.version ? one.tag : other.tag;
}

function stamped({ type, role, parts, size }: FlvTag, timestamp: number): FlvTag {
  return new FlvTag(type, role, timestamp, parts, size, 0);
}
