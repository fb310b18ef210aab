import { isKeyFrame } from '@cloudpush/muxer';
import type { SourcePacket } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';
import { Pieces } from './pieces.js';

const DEFAULT_FRAME_RATE = 25;
const TEMPORAL_DELIMITER = 2;
/** A longer temporal unit fits no message. */
const MAX_UNIT_SIZE = 0xff_ffff;

/** AV1 in the low-overhead format (AV1 §5): one packet a temporal unit, at a constant frame rate. */
export class ObuParser implements PacketParser {
  readonly notices: string[] = [];
  readonly #pieces = new Pieces();
  readonly #duration: number;
  /** Bytes at the start of what is left that belong to the temporal unit that is being put together. */
  #unitSize = 0;
  #index = 0;

  constructor(frameRate: number | undefined) {
    if (frameRate === undefined) {
      this.notices.push(
        `the stream does not tell its frame rate: ${DEFAULT_FRAME_RATE} frames a second are assumed`,
      );
    }
    this.#duration = 1000 / (frameRate ?? DEFAULT_FRAME_RATE);
  }

  push(piece: Uint8Array): SourcePacket[] {
    this.#pieces.push(piece);
    const packets: SourcePacket[] = [];
    for (;;) {
      const unit = this.#nextObu();
      if (unit === undefined) return packets;
      if (unit.type === TEMPORAL_DELIMITER && this.#unitSize > 0) packets.push(this.#finish());
      this.#unitSize += unit.size;
    }
  }

  end(): SourcePacket[] {
    const { length } = this.#pieces.data;
    if (length > this.#unitSize) {
      this.notices.push(`the last unit is cut off: its ${length - this.#unitSize} bytes are left out`);
    }
    return this.#unitSize === 0 ? [] : [this.#finish()];
  }

  /** The OBU behind those of the unit; undefined when its end has not come yet. */
  #nextObu(): { type: number; size: number } | undefined {
    const { data, offset } = this.#pieces;
    const start = this.#unitSize;
    const first = data[start];
    if (first === undefined) return undefined;
    const type = (first >> 3) & 15;
    const isFirst = offset + start === 0;
    if ((first & 0x80) !== 0 || (first & 2) === 0 || (isFirst && type !== TEMPORAL_DELIMITER)) {
      const what = 'a unit of AV1 with its size was expected; ffmpeg -f obu writes such streams';
      throw new InvalidMedia(what, offset + start);
    }
    let position = start + ((first & 4) === 0 ? 1 : 2);
    let size = 0;
    for (let i = 0; ; i++) {
      const byte = data[position];
      if (byte === undefined) return undefined;
      size += (byte & 0x7f) * 2 ** (7 * i);
      position++;
      if ((byte & 0x80) === 0) break;
      if (i === 4) throw new InvalidMedia('the size of a unit of AV1 does not end', offset + start);
    }
    if (position + size > MAX_UNIT_SIZE) {
      throw new InvalidMedia(
        `a temporal unit of ${position + size} bytes; at most ${MAX_UNIT_SIZE} can be sent`,
        offset,
      );
    }
    return data.length < position + size ? undefined : { type, size: position + size - start };
  }

  #finish(): SourcePacket {
    const data = this.#pieces.take(this.#unitSize);
    this.#unitSize = 0;
    const dts = this.#index * this.#duration;
    this.#index++;
    return {
      ...{ kind: 'video', codec: 'av1', data, pts: dts, dts },
      ...{ keyFrame: isKeyFrame('av1', data), duration: this.#duration },
    };
  }
}
