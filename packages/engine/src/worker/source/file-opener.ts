import type { SourceInput } from '../../options/source-config.js';
import type { FormatName } from '../../sources/files/formats.js';
import { openSource } from '../../sources/open-source.js';
import { play } from '../../sources/pacing/play.js';
import type { OpenedReader, ReaderOpener } from './reader-session.js';

/**
 * Of a file up to this size, in bytes, all is kept in memory while it is played; a larger one is read as it
 * is sent.
 */
const MAX_CLIP_SIZE = 0;

type FileInput = Extract<SourceInput, { readonly kind: 'file' }>;

/** Opens a media file, or a FIFO. */
export class FileOpener implements ReaderOpener {
  /** A file's own gaps are no silence. */
  readonly isLive = false;
  readonly #input: FileInput;

  constructor(input: FileInput) {
    this.#input = input;
  }

  async open(signal: AbortSignal): Promise<OpenedReader> {
    const { path, loop, format, frameRate } = this.#input;
    const notices: string[] = [];
    const source = await openSource([path], {
      // A loop would tell it again at each turn.
      onNotice: (notice) => {
        if (!notices.includes(notice)) notices.push(notice);
      },
      format: format as FormatName | undefined,
      frameRate,
      signal,
      maxClipSize: MAX_CLIP_SIZE,
    });
    const { video, audio, frameInterval, isLive } = source;
    notices.push(...source.notices.filter((notice) => !notices.includes(notice)));
    const passes = loop && isLive !== true ? Number.POSITIVE_INFINITY : 1;
    return { reader: play(source, passes), video, audio, frameInterval, notices };
  }
}
