import { FlvWriter, TagRole, TagType } from '@cloudpush/muxer';
import { encodeWallClock, type GapFacts, gapMetadata } from './gap-stream.js';
import type { SpoolGroup } from './group-reader.js';
import type { SpoolTag } from './spool-tag.js';

/** Between two groups so many ms may lie; more, or less than none, is a step of the stream's clock. */
const MAX_STEP_MS = 10_000;

/**
 * Makes an FLV file of groups: metadata of the gap and headers in front, timestamps from 0 with their
 * original spacing, and the wall clock at every group. It writes nowhere itself.
 */
export class GapFileWriter {
  readonly #writer = new FlvWriter();
  readonly #facts: GapFacts;
  #headers: readonly SpoolTag[] | undefined;
  /** Timestamp of the stream that is 0 in the file. */
  #zero = 0;
  #last: { readonly timestamp: number; readonly wall: number } | undefined;

  constructor(facts: GapFacts) {
    this.#facts = facts;
  }

  /** The bytes of the next group, with those that go in front of it. */
  group({ tags, headers, start, end }: SpoolGroup): Uint8Array[] {
    const first = tags[0];
    if (first === undefined) return [];
    const isFirst = this.#headers === undefined;
    this.#align(first.timestamp, start);
    const parts = isFirst ? this.#begin(headers) : [];
    if (!isFirst && !areSame(headers, this.#headers!))
      parts.push(...headers.filter(isSequenceHeader).flatMap((tag) => this.#tag(tag, first.timestamp)));
    this.#headers = headers;
    parts.push(...this.#script(encodeWallClock(start), first.timestamp));
    for (const tag of tags) parts.push(...this.#tag(tag, tag.timestamp));
    this.#last = { timestamp: tags.at(-1)!.timestamp, wall: end };
    return parts;
  }

  /** The stream's clock may step between two gaps: then the wall clock tells how much later it is. */
  #align(timestamp: number, wall: number): void {
    if (this.#last === undefined) {
      this.#zero = timestamp;
      return;
    }
    const step = (timestamp - this.#last.timestamp) | 0;
    if (step >= 0 && step <= MAX_STEP_MS) return;
    const pause = Math.max(1, Math.round(wall - this.#last.wall));
    this.#zero = timestamp - (this.#last.timestamp - this.#zero + pause);
  }

  #begin(headers: readonly SpoolTag[]): Uint8Array[] {
    const metadata = headers.find(({ type }) => type === TagType.scriptData);
    const rest = headers.filter(isSequenceHeader);
    return [
      this.#writer.header({
        hasAudio: rest.some(({ type }) => type === TagType.audio),
        hasVideo: rest.some(({ type }) => type === TagType.video),
      }),
      ...this.#script(
        gapMetadata(metadata === undefined ? undefined : bodyOf(metadata), this.#facts),
        this.#zero,
      ),
      ...rest.flatMap((tag) => this.#tag(tag, this.#zero)),
    ];
  }

  #script(body: Buffer, timestamp: number): Uint8Array[] {
    const tag = { type: TagType.scriptData, role: TagRole.data, parts: [body], size: body.length };
    return this.#tag({ ...tag, timestamp }, timestamp);
  }

  #tag(tag: SpoolTag, timestamp: number): Uint8Array[] {
    return this.#writer.tag({ ...tag, timestamp: (timestamp - this.#zero) >>> 0 });
  }
}

function isSequenceHeader({ type }: SpoolTag): boolean {
  return type !== TagType.scriptData;
}

function areSame(a: readonly SpoolTag[], b: readonly SpoolTag[]): boolean {
  return a === b || Buffer.concat(a.map(bodyOf)).equals(Buffer.concat(b.map(bodyOf)));
}

function bodyOf({ parts }: SpoolTag): Buffer {
  return Buffer.concat(parts);
}
