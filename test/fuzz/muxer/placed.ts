import assert from 'node:assert/strict';
import {
  type AudioCodec,
  type FlvTag,
  type MediaPacket,
  type Muxer,
  MuxerError,
  type VideoCodec,
} from '@cloudpush/muxer';
import type { Seed } from './seeds.js';

const canary = 0xa5;

/** The fields of a packet beside its bytes. */
export type Details = Pick<MediaPacket, 'dts' | 'pts' | 'keyFrame' | 'encrypted' | 'configuration'>;

/** A packet in a buffer of its own, between bytes that nobody may touch. */
export class Placed {
  readonly #memory: Buffer;
  readonly #headroom: number;
  readonly #before: Buffer;
  readonly packet: MediaPacket;

  constructor(data: Buffer, headroom: number, details: Details) {
    this.#headroom = headroom;
    this.#memory = Buffer.alloc(16 + headroom + data.length + 16, canary);
    this.#memory.set(data, 16 + headroom);
    this.#before = Buffer.from(this.#memory);
    this.packet = {
      data: this.#memory.subarray(16 + headroom, 16 + headroom + data.length),
      headroom,
      ...details,
    };
  }

  /** The packet's owner takes its memory back: what the muxer keeps must not be in it. */
  reuse(): void {
    this.#memory.fill(canary);
  }

  /**
   * Nothing was written outside of packet and headroom; nothing at all where the packet is read only or was
   * refused.
   */
  check(refused: boolean): void {
    const { length } = this.#memory;
    const same = (from: number, to: number): boolean =>
      this.#memory.compare(this.#before, from, to, from, to) === 0;
    if (this.#headroom === 0 || refused) assert.ok(same(0, length), 'written to');
    assert.ok(same(0, 16), 'written before the headroom');
    assert.ok(same(length - 16, length), 'written behind the packet');
  }
}

/**
 * The outcome of a packet: tags with their bodies in hexadecimal, which a failure can print, and the code of
 * an error.
 */
export interface Outcome {
  readonly tags: object[];
  readonly code: string;
}

function plain(tag: FlvTag): object {
  const body = Buffer.concat(tag.parts);
  assert.equal(body.length, tag.size, 'size is not the sum of the parts');
  assert.ok(tag.headroom >= 0 && tag.headroom <= tag.parts[0]!.byteOffset, 'headroom outside of the buffer');
  assert.ok(Number.isInteger(tag.timestamp) && tag.timestamp >= 0 && tag.timestamp < 2 ** 32, 'timestamp');
  return { type: tag.type, role: tag.role, timestamp: tag.timestamp, body: body.toString('hex') };
}

/** Muxes a packet, and looks at what became of its memory. */
export function run(muxer: Muxer, { media, codec }: Pick<Seed, 'media' | 'codec'>, placed: Placed): Outcome {
  const tags: FlvTag[] = [];
  let code = '';
  try {
    if (media === 'video') muxer.video(codec as VideoCodec, placed.packet, tags);
    else muxer.audio(codec as AudioCodec, placed.packet, tags);
  } catch (error) {
    if (!(error instanceof MuxerError)) throw error;
    code = error.code;
  }
  placed.check(code !== '' && tags.length === 0);
  return outcome(tags, code);
}

function outcome(tags: FlvTag[], code: string): Outcome {
  const shown = { tags: tags.map(plain), code };
  checkHeadroom(tags);
  return shown;
}

/** The picture that waits for more of its slices. */
export function flush(muxer: Muxer): Outcome {
  const tags: FlvTag[] = [];
  try {
    muxer.flush(tags);
  } catch (error) {
    if (!(error instanceof MuxerError)) throw error;
    return outcome(tags, error.code);
  }
  return outcome(tags, '');
}

/** Chunk headers are written into the headroom, one message after the other: no other tag may suffer. */
export function checkHeadroom(muxed: FlvTag[]): void {
  const before = muxed.map((tag) => Buffer.concat(tag.parts));
  for (const tag of muxed) {
    const first = tag.parts[0]!;
    Buffer.from(first.buffer, first.byteOffset - tag.headroom, tag.headroom).fill(canary);
  }
  muxed.forEach((tag, i) => {
    assert.deepEqual(Buffer.concat(tag.parts), before[i], 'headroom of one tag is part of another');
  });
}
