import { isKeyFrame } from '@cloudpush/muxer';
import type { SourcePacket } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';
import { Pieces } from './pieces.js';

/** The header of an IVF file, and that of a frame. */
const HEADER_SIZE = 32;
const FRAME_HEADER_SIZE = 12;
/** A longer frame is no frame: no message of RTMP could hold it. */
const MAX_FRAME_SIZE = 0xff_ffff;
const CODECS: Readonly<Record<string, 'av1' | 'vp9'>> = { AV01: 'av1', VP90: 'vp9' };

/** IVF files of AV1 or VP9: one packet a temporal unit or superframe, at the times of the file. */
export class IvfParser implements PacketParser {
  readonly notices: string[] = [];
  readonly #pieces = new Pieces();
  #codec: 'av1' | 'vp9' | undefined;
  /** ms a unit of the file's clock. */
  #unit = 0;
  #first = Number.NaN;
  #last = Number.NaN;
  #duration = 40;

  push(piece: Uint8Array): SourcePacket[] {
    this.#pieces.push(piece);
    if (this.#codec === undefined && !this.#readHeader()) return [];
    const packets: SourcePacket[] = [];
    for (;;) {
      const { data, offset } = this.#pieces;
      if (data.length < FRAME_HEADER_SIZE) return packets;
      const size = data.readUInt32LE(0);
      if (size > MAX_FRAME_SIZE) {
        throw new InvalidMedia(`a frame of ${size} bytes; at most ${MAX_FRAME_SIZE} can be sent`, offset);
      }
      if (data.length < FRAME_HEADER_SIZE + size) return packets;
      const time = Number(data.readBigUInt64LE(4)) * this.#unit;
      this.#pieces.take(FRAME_HEADER_SIZE);
      packets.push(this.#packet(this.#pieces.take(size), time));
    }
  }

  end(): SourcePacket[] {
    const { length } = this.#pieces.data;
    if (length > 0) this.notices.push(`the last frame is cut off: its ${length} bytes are left out`);
    return [];
  }

  #readHeader(): boolean {
    const { data } = this.#pieces;
    if (data.length < HEADER_SIZE) return false;
    const fourCc = data.toString('latin1', 8, 12);
    if (data.toString('latin1', 0, 4) !== 'DKIF')
      throw new InvalidMedia('the file does not begin with an IVF header', 0);
    this.#codec = CODECS[fourCc];
    if (this.#codec === undefined) {
      throw new InvalidMedia(`the codec is ${JSON.stringify(fourCc)}; AV01 and VP90 can be pushed`, 8);
    }
    const [rate, scale] = [data.readUInt32LE(16), data.readUInt32LE(20)];
    if (rate === 0 || scale === 0) throw new InvalidMedia(`the time base is ${scale}/${rate}`, 16);
    this.#unit = (1000 * scale) / rate;
    this.#pieces.take(Math.max(HEADER_SIZE, Math.min(data.readUInt16LE(6), data.length)));
    return true;
  }

  #packet(data: Uint8Array, time: number): SourcePacket {
    if (Number.isNaN(this.#first)) this.#first = time;
    if (time > this.#last) this.#duration = time - this.#last;
    this.#last = time;
    const dts = time - this.#first;
    const codec = this.#codec!;
    const keyFrame = isKeyFrame(codec, data);
    return { kind: 'video', codec, data, pts: dts, dts, keyFrame, duration: this.#duration };
  }
}
