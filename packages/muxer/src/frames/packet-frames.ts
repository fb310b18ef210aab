import { MuxerError } from '../errors.js';
import { limits } from '../limits.js';
import { type FrameReader, frameInside, next, wholeFrameAt } from './frame-sync.js';

/**
 * Finds the frames of an audio packet. Encoders hand out buffers that are rounded up, and damage comes on the
 * way: bytes that belong to no frame are passed over up to the next frame, and a damaged frame costs itself
 * alone. One object is reused for all packets.
 */
export class PacketFrames {
  /** Offset of each frame. */
  readonly starts: number[] = [];
  /** Number of frames that seem to be missing in front of it. */
  readonly missing: number[] = [];
  count = 0;
  /** The damage of the first bytes that are neither a frame nor padding. */
  damage: MuxerError | undefined;
  /** Number of frames that were damaged, and are left out. */
  lost = 0;

  /** The packet is one frame, whatever is in it. */
  takeWhole(): void {
    this.#begin();
    this.#add(0, 0);
  }

  /** Throws MuxerError when there is no frame at all. */
  find(data: Uint8Array, reader: FrameReader): void {
    this.#begin();
    const length = wholeFrameAt(reader, data, 0);
    // As good as every packet is one frame.
    if (length > 0 && length === data.length) this.#add(0, 0);
    else this.#search(data, reader);
    this.require(data, reader);
  }

  /** Leaves a frame out: something else is wrong with it. */
  drop(index: number, damage: MuxerError): void {
    this.damage ??= damage;
    this.lost++;
    const missing = 1 + this.missing[index]!;
    this.join(index);
    if (index < this.count) this.missing[index]! += missing;
  }

  /** Joins a frame to the one before, which it is a part of. */
  join(index: number): void {
    this.starts.splice(index, 1);
    this.missing.splice(index, 1);
    this.count--;
  }

  /** Throws MuxerError when no frame is left. */
  require(data: Uint8Array, reader: FrameReader): void {
    if (this.count > 0) return;
    throw this.damage ?? damageAt(data, 0, reader)!;
  }

  #begin(): void {
    this.count = 0;
    this.damage = undefined;
    this.lost = 0;
  }

  #search(data: Uint8Array, reader: FrameReader): void {
    const end = contentEnd(data);
    let missing = 0;
    for (let position = 0; position < end; ) {
      position = behindPadding(data, reader, position);
      const length = wholeFrameAt(reader, data, position);
      const inside = length === 0 ? -1 : damagedAt(data, reader, position, position + length, end);
      if (length > 0 && inside < 0) {
        this.#add(position, missing);
        missing = 0;
        position += length;
      } else if (inside >= 0) {
        this.damage ??= cutOff(reader, position, inside, length);
        this.lost++;
        missing = missingIn(data, reader, position, inside);
        position = inside;
      } else {
        const resumed = this.#resumed(data, reader, position + 1, end);
        this.damage ??= damageAt(data, position, reader);
        missing = missingIn(data, reader, position, resumed);
        if (resumed < end ? missing > 0 : this.#endsInFrame(data, reader, position)) this.lost++;
        position = resumed;
      }
    }
  }

  /**
   * Returns the offset of the next frame that can be trusted: others follow it, or nothing, or it is like
   * those before.
   */
  #resumed(data: Uint8Array, reader: FrameReader, from: number, end: number): number {
    const known = this.count === 0 ? -1 : this.starts[this.count - 1]!;
    for (let at = next(reader, data, from); at < end; at = next(reader, data, at + 1)) {
      const length = wholeFrameAt(reader, data, at);
      if (length === 0) continue;
      if (at + length >= end || wholeFrameAt(reader, data, at + length) > 0) return at;
      if (known >= 0 && reader.kindAt(data, known) === reader.kindAt(data, at)) return at;
    }
    return data.length;
  }

  /**
   * Tells whether the bytes from `start` on, behind which there is no frame any more, were one: they begin
   * like one, or are as many as half of the last.
   */
  #endsInFrame(data: Uint8Array, reader: FrameReader, start: number): boolean {
    const left = data.length - start;
    if (left >= reader.prefixSize && reader.lengthAt(data, start) > 0) return true;
    return this.count > 0 && 2 * left >= wholeFrameAt(reader, data, this.starts[this.count - 1]!);
  }

  #add(start: number, missing: number): void {
    this.starts[this.count] = start;
    this.missing[this.count] = missing;
    requireFrameCount(++this.count, start);
  }
}

/**
 * Returns the offset of another frame that shows that the length of this one is damaged; −1: nothing does.
 */
function damagedAt(
  data: Uint8Array,
  reader: FrameReader,
  start: number,
  end: number,
  dataEnd: number,
): number {
  if (end >= dataEnd || wholeFrameAt(reader, data, end) > 0) return -1;
  return frameInside(reader, data, start, end);
}

/** Returns the offset of the frame that the zeros at `start` are in front of; `start` when none does. */
function behindPadding(data: Uint8Array, reader: FrameReader, start: number): number {
  let end = start;
  while (end < data.length && data[end] === 0) end++;
  return end > start && wholeFrameAt(reader, data, end) > 0 ? end : start;
}

/**
 * Number of frames that seem to be missing between two places: 1 where at least half a frame's bytes are no
 * frame, else 0.
 */
function missingIn(data: Uint8Array, reader: FrameReader, from: number, to: number): number {
  return 2 * (to - from) >= wholeFrameAt(reader, data, to) ? 1 : 0;
}

/** Offset from which nothing but zeros follows: encoders round their buffers up. */
function contentEnd(data: Uint8Array): number {
  let end = data.length;
  while (end > 0 && data[end - 1] === 0) end--;
  return end;
}

function cutOff({ cutOffCode }: FrameReader, offset: number, end: number, length: number): MuxerError {
  return new MuxerError(cutOffCode, {
    offset,
    actual: `${end - offset} bytes`,
    permitted: `${length} bytes`,
  });
}

/** The damage of a header; undefined when nothing is wrong. */
function damageAt(data: Uint8Array, offset: number, reader: FrameReader): MuxerError | undefined {
  try {
    reader.read(data, offset);
    return undefined;
  } catch (error) {
    return error as MuxerError;
  }
}

/** Refuses the frame at `offset` when there are too many in front of it in the packet. */
export function requireFrameCount(count: number, offset: number): void {
  if (count > limits.framesPerAudioPacket) {
    throw new MuxerError('ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT', {
      offset,
      actual: `≥ ${count}`,
      permitted: `≤ ${limits.framesPerAudioPacket}`,
    });
  }
}
