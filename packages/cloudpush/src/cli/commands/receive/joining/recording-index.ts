import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type GapFacts, readGapFacts, readWallClock, roleOf } from '@cloudpush/engine/spool';
import { type FlvFileTag, FlvReader, TagRole, TagType } from '@cloudpush/muxer';
import type { FileTag, RecordedGroup, Recording } from './recorded-group.js';

/** ms of sound in a group where there are no pictures. */
const SOUND_GROUP_MS = 1000;
/** Bytes of a tag around its body. */
const TAG_FRAME = 15;

/**
 * Finds the groups of a recording. One that is cut off ends with its last whole tag.
 * @param startedAt when it began, ms since 1970, for recordings that tell no wall clock
 * @throws the system's error, or MuxerError where the file is no FLV
 */
export async function indexRecording(file: string, startedAt: number): Promise<Recording> {
  const index = new RecordingIndex(file, startedAt);
  const reader = new FlvReader();
  for await (const piece of createReadStream(file)) for (const tag of reader.push(piece)) index.add(tag);
  return index.finish();
}

/** Takes the tags of a recording in order. It reads nowhere itself. */
class RecordingIndex {
  readonly #file: string;
  #gap: GapFacts | undefined;
  #metadata: Uint8Array | undefined;
  readonly #headers: FileTag[][] = [];
  readonly #groups: RecordedGroup[] = [];
  #group: { -readonly [key in keyof RecordedGroup]: RecordedGroup[key] } | undefined;
  #hasVideo = false;
  /** A wall clock and the timestamp that belongs to it: undefined for the tag that comes next. */
  #clock: { readonly wall: number; readonly timestamp: number | undefined };
  #areHeadersNew = false;

  constructor(file: string, startedAt: number) {
    this.#file = file;
    this.#clock = { wall: startedAt, timestamp: undefined };
  }

  add({ type, timestamp, payload, offset }: FlvFileTag): void {
    if (type === TagType.scriptData) {
      this.#script(payload);
      return;
    }
    const role = roleOf(type, payload);
    this.#hasVideo ||= type === TagType.video;
    if (role === TagRole.videoSequenceHeader || role === TagRole.audioSequenceHeader) {
      this.#header({ type, timestamp, payload: Uint8Array.from(payload) });
      return;
    }
    if (this.#clock.timestamp === undefined) this.#clock = { ...this.#clock, timestamp };
    if (this.#begins(role, timestamp)) this.#begin(timestamp, payload, offset);
    const group = this.#group;
    if (group === undefined) return;
    group.size = offset + TAG_FRAME + payload.length - group.offset;
    group.lastTimestamp = timestamp;
  }

  finish(): Recording {
    this.#end();
    return {
      file: this.#file,
      gap: this.#gap,
      metadata: this.#metadata,
      headers: this.#headers,
      groups: this.#groups,
    };
  }

  #script(payload: Uint8Array): void {
    const wall = readWallClock(payload);
    if (wall !== undefined) this.#clock = { wall, timestamp: undefined };
    else if (this.#metadata === undefined) {
      this.#metadata = Uint8Array.from(payload);
      this.#gap = readGapFacts(payload);
    }
  }

  /** Headers in front of a group belong together. */
  #header(tag: FileTag): void {
    const before = this.#headers.at(-1) ?? [];
    const kept = before.filter(({ type }) => type !== tag.type);
    if (this.#areHeadersNew) this.#headers.pop();
    this.#headers.push([...kept, tag]);
    this.#areHeadersNew = true;
  }

  #begins(role: TagRole, timestamp: number): boolean {
    if (this.#hasVideo) return role === TagRole.keyFrame;
    return this.#group === undefined || timestamp - this.#group.firstTimestamp >= SOUND_GROUP_MS;
  }

  #begin(timestamp: number, payload: Uint8Array, offset: number): void {
    this.#end();
    this.#group = {
      offset,
      size: 0,
      key: createHash('sha1').update(payload).digest('base64'),
      wall: this.#clock.wall + (timestamp - this.#clock.timestamp!),
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      headers: this.#headers.length - 1,
    };
    this.#areHeadersNew = false;
  }

  #end(): void {
    if (this.#group !== undefined) this.#groups.push(this.#group);
    this.#group = undefined;
  }
}
