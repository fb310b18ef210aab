import { type FormatName, openSource } from '@cloudpush/engine/sources';
import { BUNDLED_CLIP } from '../../bundled-clip.js';
import { usageError } from '../../exit-code.js';
import { openUnlessInterrupted, type PushSource } from '../push/open-inputs.js';
import { openSynthetic } from './media/synthetic-source.js';

/** The options of `cloudpush bench` that say what is sent, as the parser gives them. */
export interface MediaArguments {
  /** Bits a second. */
  readonly bitrate?: number;
  readonly fps?: number;
  /** s */
  readonly keyInterval?: number;
  readonly format?: FormatName;
}

/** Bits a second, pictures a second, and s between key frames, of synthetic pictures. */
const DEFAULTS = { bitRate: 2_000_000, frameRate: 25, keyInterval: 2 };

/**
 * Opens what is sent over and over: files; or synthetic pictures, when it is said how they are; or the
 * bundled clip.
 * @param signal the user's wish to end
 * @returns undefined when the user wanted the end meanwhile
 * @throws CommandError for what makes no sense, CloudPushError `ERR_CLOUDPUSH_SOURCE_…`
 */
export async function openBenchMedia(
  files: readonly string[],
  { bitrate, fps, keyInterval, format }: MediaArguments,
  signal: AbortSignal,
): Promise<PushSource | undefined> {
  if (files.length === 0) {
    if (format !== undefined) throw usageError('--format is for files, and none is named');
    if (bitrate === undefined && fps === undefined && keyInterval === undefined) {
      return await openSource(BUNDLED_CLIP);
    }
    const { bitRate, frameRate, keyInterval: interval } = DEFAULTS;
    return await openSynthetic({
      bitRate: bitrate ?? bitRate,
      frameRate: fps ?? frameRate,
      keyInterval: keyInterval ?? interval,
    });
  }
  if (bitrate !== undefined || keyInterval !== undefined) {
    throw usageError(
      '--bitrate and --key-interval are for synthetic pictures: leave the files out, or these',
    );
  }
  const source = await openUnlessInterrupted(files, { frameRate: fps, format }, signal);
  if (source?.isLive !== true) return source;
  await source.close?.();
  throw usageError('bench needs files: a pipe can be read only once');
}
