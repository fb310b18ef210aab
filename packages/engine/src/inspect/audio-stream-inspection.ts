import { AdtsSplitter, type AudioFrame, Mp3Splitter } from '@cloudpush/muxer';
import { sourceErrorCodes } from '../base/source-error-codes.js';
import { AudioTrackInspection } from './audio-track-inspection.js';
import type { DamageLog } from './damage-log.js';
import type { FilePieces } from './file-pieces.js';
import type { ContentReport } from './file-report.js';

/** Looks at AAC with ADTS headers, or at MP3. It has no times: samples are counted. */
export class AudioStreamInspection {
  readonly #pieces: FilePieces;
  readonly #codec: 'aac' | 'mp3';
  readonly #damage: DamageLog;
  readonly #splitter: AdtsSplitter | Mp3Splitter;
  readonly #track: AudioTrackInspection;
  /** Bytes that are part of no frame, as far as they have been noted. */
  #skipped = 0;

  /** @param gapThreshold ms */
  constructor(pieces: FilePieces, codec: 'aac' | 'mp3', gapThreshold: number, damage: DamageLog) {
    this.#pieces = pieces;
    this.#codec = codec;
    this.#damage = damage;
    this.#splitter = codec === 'aac' ? new AdtsSplitter() : new Mp3Splitter();
    this.#track = new AudioTrackInspection(0, { clock: 'counted', gapThreshold }, damage);
  }

  async run(): Promise<ContentReport> {
    let offset = 0;
    let piece = await this.#pieces.read(0);
    while (piece.length > 0) {
      this.#see(this.#splitter.push(piece));
      offset += piece.length;
      piece = await this.#pieces.read(offset);
    }
    this.#see(this.#splitter.flush());
    const rest = this.#splitter.skippedBytes - this.#skipped;
    this.#noteSkipped(offset - rest, rest);
    return { tracks: this.#track.meter.samples === 0 ? [] : [this.#track.report()] };
  }

  #see(frames: readonly AudioFrame[]): void {
    for (const { data, offset, skippedBytes, time } of frames) {
      this.#noteSkipped(offset - skippedBytes, skippedBytes);
      const sample = { size: data.length, offset, dts: time, pts: time, keyFrame: true };
      this.#track.see(sample, this.#codec, data);
    }
  }

  #noteSkipped(offset: number, size: number): void {
    if (size === 0) return;
    this.#skipped += size;
    const message = size === 1 ? '1 byte belongs to no frame' : `${size} bytes belong to no frame`;
    this.#damage.add({ offset, track: 'audio' }, { code: sourceErrorCodes.invalid, message });
  }
}
