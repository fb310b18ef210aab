const startCodes = { 3: [0, 0, 1], 4: [0, 0, 0, 1] } as const;
/** The most that a packet is asked to have in front of it. */
const maxHeadroom = 128;

const sps = '6764000aacd9457b011000000300100000030320f1225960';
const pps = '68ebe3cb22c0';
/** nal_unit_header and the first fields of a slice header, as x264 writes them. */
const idrSlice = '6588840047dae398';
const interSlice = '419a236c457fbc7c';
/** The same of a slice that is not the first of its picture. */
const furtherSlice = '415a236c457fbc7c';

/** Bytes as an entropy coder makes them: random, with emulation prevention (ISO/IEC 14496-10 §7.4.1). */
function entropyCoded(size: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(size);
  let zeros = 0;
  for (let i = 0; i < size; i++) {
    let byte = random() & 0xff;
    if (zeros >= 2 && byte <= 3) byte = 3;
    bytes[i] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  bytes[size - 1] = 0x80;
  return bytes;
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
}

/**
 * An access unit that a muxer can be given again and again: in place, the start codes have to be put back.
 */
export class BenchPacket {
  readonly data: Uint8Array;
  readonly headroom: number;
  readonly #source: Uint8Array;
  /** Offsets of the start codes. */
  readonly starts: readonly number[];
  readonly #startCode: 3 | 4;

  private constructor(nalUnits: readonly Buffer[], startCode: 3 | 4, headroom: number) {
    const starts: number[] = [];
    const parts: Buffer[] = [];
    let size = 0;
    for (const nal of nalUnits) {
      starts.push(size);
      parts.push(Buffer.from(startCodes[startCode]), nal);
      size += startCode + nal.length;
    }
    this.data = new Uint8Array(new SharedArrayBuffer(maxHeadroom + size), maxHeadroom);
    this.#source = Buffer.concat(parts);
    this.data.set(this.#source);
    this.headroom = headroom;
    this.starts = starts;
    this.#startCode = startCode;
  }

  static key(startCode: 3 | 4 = 4): BenchPacket {
    return new BenchPacket(
      [sps, pps, idrSlice].map((nal) => Buffer.from(nal, 'hex')),
      startCode,
      0,
    );
  }

  /** An inter picture of `size` bytes in this many slices. */
  static inter(size: number, slices: number, startCode: 3 | 4, headroom: number): BenchPacket {
    const random = generator(size + slices);
    const sliceSize = Math.floor(size / slices) - startCode - interSlice.length / 2;
    const nalUnits = Array.from({ length: slices }, (_, i) =>
      Buffer.concat([
        Buffer.from(i === 0 ? interSlice : furtherSlice, 'hex'),
        entropyCoded(sliceSize, random),
      ]),
    );
    return new BenchPacket(nalUnits, startCode, headroom);
  }

  /**
   * The same picture as a container has it: each slice behind 4 bytes of length, which muxing leaves as they
   * are.
   */
  static sample(size: number, slices: number): Uint8Array {
    const { data, starts } = BenchPacket.inter(size, slices, 4, 0);
    starts.forEach((start, i) => {
      const length = (starts[i + 1] ?? data.length) - start - 4;
      new DataView(data.buffer, data.byteOffset).setUint32(start, length);
    });
    return data;
  }

  /** `avcC` of the key frame's parameter sets (ISO/IEC 14496-15 §5.3.3.1.2). */
  static get configuration(): Uint8Array {
    return Buffer.from(`0164000affe10018${sps}010006${pps}fdf8f800`, 'hex');
  }

  /** Puts back the start codes that muxing in place has made lengths of. */
  restore(): void {
    const { data } = this;
    const zeros = this.#startCode - 1;
    for (const start of this.starts) {
      data[start] = 0;
      data[start + 1] = 0;
      data[start + 2] = 0;
      data[start + zeros] = 1;
    }
  }

  /** Puts back everything, as who takes a packet over into memory of its own does. */
  copyIn(): void {
    this.data.set(this.#source);
  }
}
