import { FlvTag, TagRole } from '@cloudpush/muxer';
import type { QueuedTag, SendQueue } from './send-queue.js';

/**
 * The sequence headers of a stream as its destination has met them. A stream that starts, or starts again, must begin
 * with metadata, audio header and video header, in this order, before its first frame.
 */
export class StreamHeaders {
  #audio: QueuedTag | undefined;
  #video: QueuedTag | undefined;
  /** Headers that were sent ahead of their place in the queue, and are to be left out there. */
  #sentAhead: FlvTag[] = [];

  /** True when the stream has a video track. */
  get hasVideo(): boolean {
    return this.#video !== undefined;
  }

  /** Takes note of a tag that leaves the queue, sent or dropped. Header tags own their memory, so they can be kept. */
  note(entry: QueuedTag): void {
    if (entry.tag.role === TagRole.audioSequenceHeader) this.#audio = withoutBlock(entry);
    else if (entry.tag.role === TagRole.videoSequenceHeader) this.#video = withoutBlock(entry);
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
   * The tags that must go out before `first`, stamped with its time. While the connection was being made, both tracks have
   * usually begun: a header that still waits in the queue is sent ahead, so that the server learns of both at once.
   */
  start(first: QueuedTag, queue: SendQueue): FlvTag[] {
    const waiting = [
      this.#audio === undefined ? find(first, queue, TagRole.audioSequenceHeader) : undefined,
      this.#video === undefined ? find(first, queue, TagRole.videoSequenceHeader) : undefined,
    ].filter((entry) => entry !== undefined);
    for (const entry of waiting) this.note(entry);
    this.#sentAhead = waiting.map(({ tag }) => tag);
    const { timestamp } = first.tag;
    return [later(this.#audio, this.#video), this.#audio?.tag, this.#video?.tag]
      .filter((tag) => tag !== undefined)
      .map((tag) => stamped(tag, timestamp));
  }
}

function withoutBlock({ tag, description }: QueuedTag): QueuedTag {
  return { tag, block: undefined, description };
}

function find(first: QueuedTag, queue: SendQueue, role: TagRole): QueuedTag | undefined {
  return first.tag.role === role ? first : queue.find((tag) => tag.role === role);
}

/** Of two descriptions the later one knows both tracks. */
function later(a: QueuedTag | undefined, b: QueuedTag | undefined): FlvTag | undefined {
  const [one, other] = [a?.description, b?.description];
  if (one === undefined || other === undefined) return (one ?? other)?.tag;
  return one.version > other.version ? one.tag : other.tag;
}

function stamped({ type, role, parts, size }: FlvTag, timestamp: number): FlvTag {
  return new FlvTag(type, role, timestamp, parts, size, 0);
}
