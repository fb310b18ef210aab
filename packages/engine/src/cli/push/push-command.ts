import type { HevcForm } from '@cloudpush/muxer';
import { openSource } from '../../sources/open-source.js';
import { usageError } from '../exit-code.js';
import type { Interruption } from '../interruption.js';
import type { Output } from '../output.js';
import { milliseconds, type PushPlan } from './push-plan.js';
import { channelUrls, reportOutcome, runPlan } from './run-plan.js';

/** The options of `cloudpush push`, as the parser gives them. */
export interface PushOptions {
  readonly fps?: number;
  readonly loop?: number;
  /** s */
  readonly duration?: number;
  readonly channels: number;
  readonly asFastAsPossible?: boolean;
  readonly hevc?: HevcForm | 'auto';
  readonly overflow?: 'reject' | 'drop';
  readonly reconnect?: boolean;
  readonly pool?: number;
  readonly shards?: number;
  /** s */
  readonly connectTimeout?: number;
  /** s */
  readonly closeTimeout?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** `cloudpush push <input...> <url>` */
export async function pushCommand(
  words: readonly string[],
  options: PushOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const { files, template } = splitWords(words);
  const urls = channelUrls(template, options.channels);
  const source = await openSource(files, { frameRate: options.fps });
  const plan: PushPlan = {
    source,
    passes: options.loop ?? 1,
    limit: milliseconds(options.duration),
    urls,
    realTime: options.asFastAsPossible !== true,
    hevc: options.hevc,
    overflow: options.overflow,
    reconnect: options.reconnect,
    connectTimeout: milliseconds(options.connectTimeout),
    closeTimeout: milliseconds(options.closeTimeout),
  };
  const outcome = await runPlan(plan, options, output, interruption);
  return reportOutcome(outcome, options.json === true, output, interruption);
}

/** The URL is the last word; everything before it is an input. */
function splitWords(words: readonly string[]): { files: string[]; template: string } {
  const files = words.slice(0, -1);
  const template = words.at(-1);
  // Nothing of a URL is repeated: it may hold a token.
  if (template === undefined || !/^rtmps?:\/\//i.test(template)) {
    throw usageError('the last argument must be the URL to push to, rtmp://… or rtmps://…');
  }
  if (files.length === 0) {
    throw usageError('there is no input: name a media file before the URL');
  }
  if (files.includes('')) {
    throw usageError('an input is an empty word: name a media file');
  }
  if (files.some((file) => file.includes('://'))) {
    throw usageError('inputs are files; only the last argument may be a URL');
  }
  return { files, template };
}
