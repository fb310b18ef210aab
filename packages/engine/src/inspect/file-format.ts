import { AdtsSplitter, Mp3Splitter } from '@cloudpush/muxer';
import { annexBCodec } from '../sources/files/annexb-start.js';

/** The formats that `inspectFile` can read: FLV files, and elementary streams (Annex-B, ADTS, MP3). */
export type FileFormat = 'flv' | 'h264' | 'h265' | 'aac' | 'mp3';

/** A stream of frames has this part of its first bytes in frames at least. */
const LEAST_SHARE = 0.5;

/**
 * The format of a file, by its contents; the name decides where those leave a choice: H.264 or H.265 without
 * parameter sets, AAC or MP3 behind an ID3 tag that is longer than the piece.
 * @param piece the beginning of the file
 * @returns undefined when it is none of them
 */
export function detectFormat(piece: Uint8Array, path: string): FileFormat | undefined {
  const start = Buffer.from(piece.buffer, piece.byteOffset, Math.min(piece.length, 3)).toString('latin1');
  if (start === 'FLV') return 'flv';
  if (beginsWithStartCode(piece)) {
    return annexBCodec(piece) ?? (/\.(h265|265|hevc)$/i.test(path) ? 'h265' : 'h264');
  }
  const [aac, mp3] = [framedBytes(new AdtsSplitter(), piece), framedBytes(new Mp3Splitter(), piece)];
  if (Math.max(aac, mp3) >= piece.length * LEAST_SHARE) return aac > mp3 ? 'aac' : 'mp3';
  return start === 'ID3' ? (/\.aac$/i.test(path) ? 'aac' : 'mp3') : undefined;
}

/** ISO/IEC 14496-10 B.1: zero bytes, then 1. */
function beginsWithStartCode(piece: Uint8Array): boolean {
  const zeros = piece.findIndex((byte) => byte !== 0);
  return zeros >= 2 && piece[zeros] === 1;
}

/** Bytes of the piece that are frames, or behind the last one's beginning. */
function framedBytes(splitter: AdtsSplitter | Mp3Splitter, piece: Uint8Array): number {
  const frames = splitter.push(piece);
  return frames.length === 0 ? 0 : piece.length - splitter.skippedBytes;
}
