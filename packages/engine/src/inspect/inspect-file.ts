import { type FileHandle, open } from 'node:fs/promises';
import { checkedSignal } from '../base/abort-signals.js';
import { sourceErrorCodes } from '../base/source-error-codes.js';
import { checkedOptions, integer, invalidType, optionalFunction } from '../base/validation.js';
import { sourceError } from '../sources/errors.js';
import { FORMATS, formatByContent, remuxAdvice } from '../sources/files/formats.js';
import { statFile } from '../sources/files/stat-file.js';
import { unreadable } from '../sources/media-error.js';
import { AudioStreamInspection } from './audio-stream-inspection.js';
import { DamageLog } from './damage-log.js';
import { detectFormat, type FileFormat } from './file-format.js';
import { FilePieces, type FilePiecesOptions } from './file-pieces.js';
import type { ContentReport, FileReport } from './file-report.js';
import { FlvInspection } from './flv-inspection.js';
import { VideoStreamInspection } from './video-stream-inspection.js';

/** Longer than this is no picture shown and no sound made, unless on purpose: ms. */
const DEFAULT_GAP_THRESHOLD = 1000;
const MAX_GAP_THRESHOLD = 2 ** 32;

const OPTIONS: Readonly<Record<keyof InspectOptions, true>> = {
  gapThreshold: true,
  signal: true,
  onProgress: true,
};

/** Options of `inspectFile`. */
export interface InspectOptions extends FilePiecesOptions {
  /**
   * Two samples of a track that are further apart than this, in whole ms, have a gap between them. Default
   * 1000.
   */
  readonly gapThreshold?: number | undefined;
}

/**
 * Tells what is in an FLV file or an elementary stream (H.264, H.265, AAC with ADTS headers, MP3), whatever
 * its name is: tracks, groups of pictures, times, bit rates, metadata, and what is damaged. A file of any
 * length is read in pieces of 256 KiB, on the calling thread: a piece takes a few milliseconds, less than
 * moving it to another thread would save.
 *
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_SOURCE_UNREADABLE`,
 *   `ERR_CLOUDPUSH_SOURCE_EMPTY` (no bytes), `ERR_CLOUDPUSH_SOURCE_UNSUPPORTED` (no format that is known);
 *   the reason of the signal, when that is aborted
 * @example
 * const { intact, damage, tracks } = await inspectFile('recording.flv');
 * if (!intact) console.warn(damage.count, damage.list[0]?.message);
 */
export async function inspectFile(path: string, options: InspectOptions = {}): Promise<FileReport> {
  if (typeof path !== 'string') throw invalidType('path', path, 'the path of a file');
  checkedOptions('', options, OPTIONS);
  optionalFunction('onProgress', options.onProgress);
  const signal = checkedSignal(options.signal);
  const gapThreshold = integer('gapThreshold', options.gapThreshold, {
    preset: DEFAULT_GAP_THRESHOLD,
    least: 1,
    most: MAX_GAP_THRESHOLD,
  });
  signal?.throwIfAborted();
  const { size } = await statFile(path);
  const file = await openFile(path);
  try {
    return await inspect(path, new FilePieces(path, file, size, options), gapThreshold);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function inspect(path: string, pieces: FilePieces, gapThreshold: number): Promise<FileReport> {
  const format = await formatOf(path, pieces);
  const damage = new DamageLog();
  const content = await contentOf(pieces, format, gapThreshold, damage);
  if (content.tracks.length === 0) {
    damage.add({ offset: 0 }, sourceError(sourceErrorCodes.empty, path, 'no frame was found'));
  }
  const durations = content.tracks.flatMap(({ timestamps }) => timestamps?.duration ?? []);
  return {
    version: 1,
    path,
    size: pieces.size,
    format,
    intact: damage.isEmpty,
    ...(durations.length === 0 ? {} : { duration: Math.max(...durations) }),
    ...content,
    damage: damage.report(),
    notices: damage.notices,
  };
}

async function formatOf(path: string, pieces: FilePieces): Promise<FileFormat> {
  const start = await pieces.read(0);
  if (start.length === 0) throw sourceError(sourceErrorCodes.empty, path, 'the file is empty');
  const format = detectFormat(start, path);
  if (format === undefined)
    throw sourceError(sourceErrorCodes.unsupported, path, whyUnsupported(path, start));
  return format;
}

/** The name of what was found, where it has one, and what can be done with it. */
function whyUnsupported(path: string, start: Uint8Array): string {
  const read = 'FLV nor an elementary stream of H.264, H.265, AAC (ADTS) or MP3';
  const pushed = formatByContent(start);
  if (pushed === undefined) return remuxAdvice(path, start) ?? `this is neither ${read}`;
  return `this is ${FORMATS[pushed].title}, which can be pushed but not inspected, as it is neither ${read}`;
}

function contentOf(
  pieces: FilePieces,
  format: FileFormat,
  gapThreshold: number,
  damage: DamageLog,
): Promise<ContentReport> {
  switch (format) {
    case 'flv':
      return new FlvInspection(pieces, gapThreshold, damage).run();
    case 'h264':
    case 'h265':
      return new VideoStreamInspection(pieces, format, gapThreshold, damage).run();
    case 'aac':
    case 'mp3':
      return new AudioStreamInspection(pieces, format, gapThreshold, damage).run();
    default:
      return format satisfies never;
  }
}
