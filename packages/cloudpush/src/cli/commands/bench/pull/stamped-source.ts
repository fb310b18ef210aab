import type { MediaSource, PacketReader, SourcePacket } from '@cloudpush/engine/sources';
import type { PushSource } from '../../push/open-inputs.js';
import { type StampedCodec, stampUnit } from './stamp.js';

/** NAL unit types of access unit delimiters, which stay in front (H.264 §7.4.1.2.3, H.265 §7.4.2.4.4). */
const DELIMITER = { h264: 9, h265: 35 } as const;

/** Tells whether pictures of a source can carry a stamp. */
export function isStampable({ video }: MediaSource): boolean {
  return video === 'h264' || video === 'h265';
}

/**
 * A source whose pictures carry the time at which they were read, which is when they were due.
 * @param source of H.264 or H.265
 */
export function stampedSource(source: PushSource, now: () => number): PushSource {
  const codec = source.video as StampedCodec;
  const { name, video, audio, frameInterval, duration, videoConfig, audioConfig } = source;
  return {
    ...{ name, video, audio, frameInterval, duration, videoConfig, audioConfig },
    get notices() {
      return source.notices;
    },
    losses: () => source.losses?.() ?? [],
    open: () => new StampedReader(source.open(), { codec, videoConfig, now }),
  };
}

interface Stamping {
  readonly codec: StampedCodec;
  readonly videoConfig: Uint8Array | undefined;
  readonly now: () => number;
}

class StampedReader implements PacketReader {
  readonly #reader: PacketReader;
  readonly #stamping: Stamping;

  constructor(reader: PacketReader, stamping: Stamping) {
    this.#reader = reader;
    this.#stamping = stamping;
  }

  get ended(): boolean {
    return this.#reader.ended;
  }

  next(): SourcePacket | undefined {
    const packet = this.#reader.next();
    if (packet?.kind !== 'video') return packet;
    return { ...fieldsOf(packet), data: stamped(packet, this.#stamping) };
  }

  more(): Promise<void> {
    return this.#reader.more();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

/** The fields of a packet, which may be getters of a class. */
function fieldsOf(packet: SourcePacket): SourcePacket {
  const { kind, codec, data, pts, dts, keyFrame, duration } = packet;
  const { isHeader, hasKeyFrameHint, hasDts, configuration } = packet;
  return {
    kind,
    codec,
    data,
    pts,
    dts,
    keyFrame,
    duration,
    isHeader,
    hasKeyFrameHint,
    hasDts,
    configuration,
  };
}

/** The picture with its stamp in front, or behind its delimiter. */
function stamped(packet: SourcePacket, { codec, videoConfig, now }: Stamping): Uint8Array {
  const { data } = packet;
  const configuration = packet.configuration ?? videoConfig;
  const unit = stampUnit(codec, now());
  const prefix =
    configuration === undefined ? [0, 0, 0, 1] : lengthPrefix(unit.length, lengthSize(codec, configuration));
  const at = endOfDelimiter(data, codec, configuration);
  const result = new Uint8Array(data.length + prefix.length + unit.length);
  result.set(data.subarray(0, at));
  result.set(prefix, at);
  result.set(unit, at + prefix.length);
  result.set(data.subarray(at), at + prefix.length + unit.length);
  return result;
}

/** Bytes of a NAL unit's length (ISO 14496-15 §5.3.3.1.2, §8.3.3.1.2). */
function lengthSize(codec: StampedCodec, configuration: Uint8Array): number {
  return (configuration[codec === 'h264' ? 4 : 21]! % 4) + 1;
}

function lengthPrefix(length: number, size: number): number[] {
  return [24, 16, 8, 0].slice(4 - size).map((shift) => Math.trunc(length / 2 ** shift) % 256);
}

/** The end of the delimiter that a picture begins with; 0 when it begins with something else. */
function endOfDelimiter(
  data: Uint8Array,
  codec: StampedCodec,
  configuration: Uint8Array | undefined,
): number {
  const start = configuration === undefined ? startCodeLength(data) : lengthSize(codec, configuration);
  const header = data[start] ?? 0;
  const type = codec === 'h264' ? header % 32 : Math.trunc(header / 2) % 64;
  if (type !== DELIMITER[codec]) return 0;
  // H.264: header and primary_pic_type; H.265: a header of two bytes, and pic_type.
  return start + (codec === 'h264' ? 2 : 3);
}

function startCodeLength(data: Uint8Array): number {
  let zeros = 0;
  while (data[zeros] === 0) zeros++;
  return zeros + 1;
}
