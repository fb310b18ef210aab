import type { Random } from '../../fuzz/transport/random.js';
import { type CameraPacket, cameraPackets, expectedAudioMessage, expectedVideoMessage } from '../camera.js';

export type Kind = 'video' | 'audio' | 'data';

/** A packet that is like no other, and what must become of it. */
export interface SourcePacket {
  /** 0, 1, 2 and so on, in the order of the source. */
  readonly id: number;
  readonly kind: Kind;
  readonly data: Uint8Array;
  readonly pts: number;
  readonly keyFrame: boolean;
  /** The picture that this one cannot be decoded without. */
  readonly needs: number | undefined;
  /** The payload of the message; of a data message, its value. */
  readonly expected: Uint8Array;
}

const FRAME_MS = 40;
const AUDIO_FRAME_MS = 1024 / 48;
const ID_BYTES = 10;
/** Of the clip, in pictures. */
const LONGEST_GROUP = 40;
const FILLER = Uint8Array.from({ length: 1 << 16 }, (_, i) => 1 + ((i * 7919 + (i >> 7)) % 250));

const clip = cameraPackets();
const pictures = clip.filter(({ kind }) => kind === 'video').slice(0, LONGEST_GROUP);
const audioFrames = clip.filter(({ kind }) => kind === 'audio');

/**
 * A camera: pictures in groups of random lengths and sizes, some of them disposable, sound, and now and then
 * private data.
 */
export class Source {
  readonly #random: Random;
  #id = 0;
  #videoTime = 0;
  #audioTime = 0;
  #placeInGroup = 0;
  #groupLength = 0;
  #reference: number | undefined;
  /** Of the packet before. */
  #time = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): SourcePacket {
    if (this.#random.chance(2)) return this.#privateData();
    return this.#audioTime < this.#videoTime ? this.#audio() : this.#picture();
  }

  /** The next picture is a key frame, as where a segment begins; it need not be. */
  startGroup(): void {
    this.#placeInGroup = this.#groupLength;
  }

  #picture(): SourcePacket {
    const random = this.#random;
    if (this.#placeInGroup >= this.#groupLength) {
      this.#placeInGroup = 0;
      this.#groupLength = 2 + random.below(LONGEST_GROUP - 2);
    }
    const { data, keyFrame } = pictures[this.#placeInGroup++]!;
    const isDisposable = !keyFrame && random.chance(15);
    const id = this.#id++;
    const marked = Buffer.concat([data, this.#filler(keyFrame ? 40_000 : 6000), mark(id)]);
    // nal_ref_idc of the only NAL unit.
    if (isDisposable) marked[4]! &= 0x1f;
    const needs = keyFrame ? undefined : this.#reference;
    if (!isDisposable) this.#reference = id;
    const packet = { kind: 'video', data: marked, pts: this.#videoTime, keyFrame } as const;
    this.#time = this.#videoTime;
    this.#videoTime += FRAME_MS;
    return { ...packet, id, needs, expected: expectedVideoMessage(packet) };
  }

  #audio(): SourcePacket {
    const id = this.#id++;
    const { data } = this.#random.pick(audioFrames);
    const marked = Buffer.concat([data, mark(id)]);
    // aac_frame_length, 13 bits.
    marked.writeUIntBE((marked.readUIntBE(3, 3) & ~(0x1fff << 5)) | (marked.length << 5), 3, 3);
    const packet: CameraPacket = { kind: 'audio', data: marked, pts: this.#audioTime, keyFrame: false };
    this.#time = this.#audioTime;
    this.#audioTime += AUDIO_FRAME_MS;
    return { ...packet, id, needs: undefined, expected: expectedAudioMessage(packet) };
  }

  #privateData(): SourcePacket {
    const id = this.#id++;
    const data = Buffer.concat([this.#filler(500), mark(id)]);
    return { id, kind: 'data', data, pts: this.#time, keyFrame: false, needs: undefined, expected: data };
  }

  #filler(limit: number): Uint8Array {
    const from = this.#random.below(FILLER.length - limit);
    return FILLER.subarray(from, from + this.#random.below(limit));
  }
}

function mark(id: number): Buffer {
  return Buffer.from(`#${String(id).padStart(ID_BYTES - 1, '0')}`);
}

/** The id that the bytes end with; undefined when they do not. */
export function idOf(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes.subarray(-ID_BYTES)).toString('latin1');
  return /^#\d{9}$/.test(text) ? Number(text.slice(1)) : undefined;
}
