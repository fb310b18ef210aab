import { MuxerError } from '../errors.js';
import type { FlvTag } from '../flv/flv-tag.js';
import type { MediaPacket } from '../media-packet.js';
import { type NalCodec, NalPlace } from '../nal/nal-codec.js';
import { HeldPicture } from './held-picture.js';
import { index } from './packet-index.js';

/**
 * Treatment of slices of H.264 and H.265 that come in packets of their own. `'whole'`: every packet must be
 * whole pictures, and what is left of one is refused. `'join'`: they become one picture; once a stream has
 * been seen to send them so, each picture comes out with the packet behind it, or by `Muxer.flush`.
 * `'await'`: so does a first picture that looks as if others would follow: a single NAL unit, of a stream
 * whose parameter sets came in packets of their own.
 */
export type SliceHandling = 'whole' | 'join' | 'await';

/** So many whole pictures in a row say that slices do not come in packets of their own any more. */
const WHOLE_AGAIN = 50;
/**
 * Of H.265, whose further slices do not say which picture they are of: stamps this near are of one, in ms.
 */
const NEARBY = 20;

/** Makes tags of whole pictures, and of packets without any. */
export interface PictureTarget {
  muxPicture(packet: MediaPacket, isRead: boolean, out: FlvTag[]): void;
  /** A picture will not go out whole, or not at all. */
  onLost(data: Uint8Array): void;
  /** Moves a picture that has no time of its own so many pictures behind the one in front of it. */
  delay(packet: MediaPacket, pictures: number): void;
}

/**
 * Makes access units of packets that are none. Encoders hand out slices one by one: once that has been seen,
 * each picture waits for the packet behind it, which says that it is whole. Until then pictures go out as
 * they come, and nothing is copied. Several pictures in one packet are taken apart.
 */
export class PictureAssembler {
  readonly #codec: NalCodec;
  readonly #handling: SliceHandling;
  readonly #held = new HeldPicture();
  /** Slices have come in packets of their own. */
  #isApart = false;
  /** Pictures in a row that came whole since. */
  #whole = 0;
  /** No picture has come yet. */
  #isFirst = true;
  /** Parameter sets came without a picture: encoders that hand out NAL units one by one do so. */
  #setsCameAlone = false;
  /** Names the picture that is held: another number for each; 0: none is. */
  held = 0;
  #count = 0;

  constructor(codec: NalCodec, handling: SliceHandling) {
    this.#codec = codec;
    this.#handling = handling;
  }

  /** False for a packet, whose NAL units are in the index, that is simply one whole picture, or none. */
  concerns(data: Uint8Array): boolean {
    if (this.#isApart || this.held !== 0) return true;
    const { starts, ends, count } = index;
    let begun = 0;
    let slices = 0;
    for (let i = 0; i < count; i++) {
      const place = this.#codec.placeOf(data, starts[i]!, ends[i]!);
      if (place > NalPlace.furtherSlice) continue;
      if (place === NalPlace.firstSlice) begun++;
      else if (begun === 0) return true;
      slices++;
    }
    return begun > 1 || (this.#isFirst && this.#isTelling(data, slices));
  }

  /** Before the first picture has come: whether this may be but its first slice. */
  #isTelling(data: Uint8Array, slices: number): boolean {
    if (slices > 0) {
      this.#isFirst = false;
      return this.#handling === 'await' && this.#setsCameAlone && slices === 1 && index.count === 1;
    }
    const { starts, count } = index;
    for (let i = 0; i < count; i++)
      if (this.#codec.isParameterSet(data, starts[i]!)) this.#setsCameAlone = true;
    return false;
  }

  /**
   * Takes a packet that `concerns` is true for. Throws MuxerError when all of it has been done that can be
   * done.
   */
  mux(packet: MediaPacket, target: PictureTarget, out: FlvTag[]): void {
    const { starts, ends, count } = index;
    const { data } = packet;
    // The index is used for every picture anew.
    const places: NalPlace[] = [];
    const prefixes: number[] = [];
    const nals: [start: number, end: number][] = [];
    for (let i = 0; i < count; i++) {
      nals.push([starts[i]!, ends[i]!]);
      places.push(this.#codec.placeOf(data, starts[i]!, ends[i]!));
      prefixes.push(i === 0 ? 0 : prefixAt(data, starts[i]!));
    }
    const failure = new Failure();
    // The picture that is held is of the parameter sets that are known now.
    if (this.#bringsSets(data, nals, places)) this.#flush(target, failure, out);
    this.#codec.expectParameterSets(data, nals, places);
    let begun = 0;
    for (let at = 0; at < count; ) {
      const next = this.#endOfPicture(data, nals, places, at);
      const whole = at === 0 && next === count;
      const part = whole
        ? packet
        : partOf(packet, prefixes[at]!, next === count ? data.length : prefixes[next]!);
      const partPlaces = places.slice(at, next);
      if (partPlaces.includes(NalPlace.firstSlice) && begun++ > 0) target.delay(part, begun - 1);
      this.#take(part, partPlaces, target, failure, out);
      at = next;
    }
    failure.tell();
  }

  /** True when parameter sets come in front of another picture, or alone. */
  #bringsSets(data: Uint8Array, nals: readonly [number, number][], places: readonly NalPlace[]): boolean {
    const slice = places.findIndex((place) => place <= NalPlace.furtherSlice);
    const leading = slice < 0 ? nals : nals.slice(0, slice);
    if (!leading.some(([start]) => this.#codec.isParameterSet(data, start))) return false;
    return slice < 0 || places.includes(NalPlace.firstSlice);
  }

  /**
   * Returns the end of the picture that begins with the NAL unit `from`: where the next one begins, or the
   * packet ends.
   */
  #endOfPicture(
    data: Uint8Array,
    nals: readonly [number, number][],
    places: readonly NalPlace[],
    from: number,
  ): number {
    let slice = -1;
    let last = -1;
    for (let i = from; i < nals.length; i++) {
      if (places[i]! > NalPlace.furtherSlice) continue;
      if (places[i] === NalPlace.firstSlice && last >= 0) {
        if (this.#isOther(data, nals[slice]!, nals[i]!)) return firstLeading(places, last + 1, i);
      }
      if (slice < 0) slice = i;
      last = i;
    }
    return nals.length;
  }

  #isOther(data: Uint8Array, [start, end]: [number, number], [other, otherEnd]: [number, number]): boolean {
    return this.#codec.isOtherPicture(data.subarray(start, end), data.subarray(other, otherEnd));
  }

  #take(
    part: MediaPacket,
    places: readonly NalPlace[],
    target: PictureTarget,
    failure: Failure,
    out: FlvTag[],
  ): void {
    // Where slices may come in any order, the first one of a picture need not be the first.
    if (places.includes(NalPlace.firstSlice)) {
      this.#flush(target, failure, out);
      this.#begin(part, target, failure, out);
    } else if (places.includes(NalPlace.furtherSlice)) this.#goOn(part, target, failure);
    else if (this.held !== 0 && places.every((place) => place === NalPlace.trailing))
      this.#append(part, target, failure);
    else {
      this.#flush(target, failure, out);
      failure.try(() => target.muxPicture(part, false, out));
    }
  }

  #begin(part: MediaPacket, target: PictureTarget, failure: Failure, out: FlvTag[]): void {
    const mayBeFirst =
      !this.#isApart && this.#handling === 'await' && this.#setsCameAlone && this.#count === 0;
    if (this.#isApart || mayBeFirst) {
      this.#held.begin(part);
      this.held = ++this.#count;
    } else failure.try(() => target.muxPicture(part, false, out));
  }

  /** Slices of a picture that has begun in a packet before. */
  #goOn(part: MediaPacket, target: PictureTarget, failure: Failure): void {
    const isKnown = this.#isApart;
    this.#isApart = this.#handling !== 'whole';
    this.#whole = 0;
    if (this.held !== 0 && this.#isOfHeld(part)) {
      this.#append(part, target, failure);
      return;
    }
    // The one that is held lacks slices, or these are of one that does not go out.
    if (isKnown) this.#lose(target);
    target.onLost(part.data);
    failure.note(torn());
  }

  #isOfHeld(part: MediaPacket): boolean {
    const distance = this.#held.distance(part);
    if (distance === 0) return true;
    return this.#codec.tellsPictures
      ? this.#codec.isSamePicture(this.#held.data, part.data, index.lengthSize)
      : distance <= NEARBY;
  }

  #append(part: MediaPacket, target: PictureTarget, failure: Failure): void {
    failure.try(() => this.#held.append(part));
    if (failure.isNew) this.#lose(target);
  }

  #lose(target: PictureTarget): void {
    if (this.held !== 0) target.onLost(this.#held.data);
    this.drop();
  }

  /** The picture that is held is whole. */
  flush(target: PictureTarget, out: FlvTag[]): void {
    const failure = new Failure();
    this.#flush(target, failure, out);
    failure.tell();
  }

  #flush(target: PictureTarget, failure: Failure, out: FlvTag[]): void {
    if (this.held === 0) return;
    this.#whole = this.#held.packets > 1 ? 0 : this.#whole + 1;
    if (this.#whole >= WHOLE_AGAIN) {
      this.#isApart = false;
      this.#whole = 0;
    }
    this.held = 0;
    failure.try(() => target.muxPicture(this.#held.take(), false, out));
  }

  /** The picture that is held must not go out. */
  drop(): void {
    this.held = 0;
    this.#held.drop();
  }
}

/** Keeps what went wrong with one part of a packet until the others have been seen to. */
class Failure {
  #error: unknown;
  isNew = false;

  try(work: () => void): void {
    this.isNew = false;
    try {
      work();
    } catch (error) {
      this.note(error);
    }
  }

  note(error: unknown): void {
    this.#error ??= error;
    this.isNew = true;
  }

  tell(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

/** The first NAL unit from `from` on that belongs to the picture that begins with the slice `slice`. */
function firstLeading(places: readonly NalPlace[], from: number, slice: number): number {
  let at = from;
  while (at < slice && places[at] === NalPlace.trailing) at++;
  return at;
}

function partOf(packet: MediaPacket, from: number, to: number): MediaPacket {
  const { data, headroom, dts, pts } = packet;
  const keyFrame = from === 0 ? packet.keyFrame : undefined;
  // Bytes in front of a part that is not the first belong to another.
  return { data: data.subarray(from, to), headroom: from === 0 ? headroom : 0, dts, pts, keyFrame };
}

/** Returns the offset of the start code or the length in front of a NAL unit. */
function prefixAt(data: Uint8Array, start: number): number {
  if (index.lengthSize > 0) return start - index.lengthSize;
  return start >= 4 && data[start - 4] === 0 ? start - 4 : start - 3;
}

function torn(): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_PICTURE_TORN', {
    actual: 'further slices alone',
    permitted: 'a picture’s first slice in front of them, with the same time',
  });
}
