import { MuxerError } from '@cloudpush/muxer';
import { VideoParser } from '../sources/files/video-parser.js';
import type { SourcePacket } from '../sources/packet.js';
import type { DamageLog } from './damage-log.js';
import type { FilePieces } from './file-pieces.js';
import type { ContentReport } from './file-report.js';
import { VideoTrackInspection } from './video-track-inspection.js';

/**
 * Looks at an H.264 or H.265 byte stream. It has no times: pictures are counted, at the rate that it tells.
 */
export class VideoStreamInspection {
  readonly #pieces: FilePieces;
  readonly #codec: 'h264' | 'h265';
  readonly #damage: DamageLog;
  readonly #parser: VideoParser;
  readonly #track: VideoTrackInspection;
  /** Offset of the next access unit: they follow each other without a gap. */
  #offset = 0;

  /** @param gapThreshold ms */
  constructor(pieces: FilePieces, codec: 'h264' | 'h265', gapThreshold: number, damage: DamageLog) {
    this.#pieces = pieces;
    this.#codec = codec;
    this.#damage = damage;
    this.#parser = new VideoParser(codec, undefined);
    this.#track = new VideoTrackInspection(0, { clock: 'counted', gapThreshold }, damage);
  }

  async run(): Promise<ContentReport> {
    try {
      await this.#readAll();
    } catch (error) {
      if (!(error instanceof MuxerError)) throw error;
      // More bytes without an end of a picture than any picture has.
      const { code, message } = error;
      this.#damage.add(
        { offset: this.#offset, track: 'video' },
        { code, message: `${message}; the rest was not inspected` },
      );
    }
    for (const notice of this.#parser.notices) this.#damage.notice(notice);
    return { tracks: this.#track.meter.samples === 0 ? [] : [this.#track.report()] };
  }

  async #readAll(): Promise<void> {
    let offset = 0;
    let piece = await this.#pieces.read(0);
    this.#offset = leadingZeros(piece);
    while (piece.length > 0) {
      this.#see(this.#parser.push(piece));
      offset += piece.length;
      piece = await this.#pieces.read(offset);
    }
    this.#see(this.#parser.end());
  }

  #see(packets: readonly SourcePacket[]): void {
    for (const { data, dts, pts, keyFrame } of packets) {
      const offset = this.#offset;
      this.#offset += data.length;
      this.#track.see({ size: data.length, offset, dts, pts, keyFrame }, this.#codec, data);
    }
  }
}

/**
 * leading_zero_8bits (ISO/IEC 14496-10 B.1), which belong to no NAL unit: those in front of the last three.
 */
function leadingZeros(piece: Uint8Array): number {
  return Math.max(0, piece.findIndex((byte) => byte !== 0) - 3);
}
