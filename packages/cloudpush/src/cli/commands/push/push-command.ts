import type { FormatName } from '@cloudpush/engine/sources';
import type { HevcForm } from '@cloudpush/muxer';
import { usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import type { Output } from '../../terminal/output.js';
import { type ChannelPlace, placesByDevice, placesByUrl } from './channel-place.js';
import {
  type ConnectionArguments,
  connectionOptions,
  type EncryptionArguments,
  encryptionOptions,
  secretsOf,
  tellInsecure,
} from './connection-arguments.js';
import { openUnlessInterrupted, type PushSource } from './open-inputs.js';
import { milliseconds, type PushPlan } from './push-plan.js';
import { checkFiles, requireUrl, splitWords } from './push-words.js';
import { reportOutcome, runPlan } from './run-plan.js';

/** The options of `cloudpush push`, as the parser gives them. */
export interface PushOptions extends ConnectionArguments, EncryptionArguments {
  readonly fps?: number;
  readonly format?: FormatName;
  readonly loop?: number;
  /** s */
  readonly duration?: number;
  readonly channels: number;
  /** URL templates. */
  readonly also?: readonly string[];
  readonly tokenServer?: string;
  readonly device?: string;
  readonly client?: string;
  readonly asFastAsPossible?: boolean;
  readonly hevc?: HevcForm | 'auto';
  readonly overflow?: 'reject' | 'drop';
  readonly spool?: string;
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
  const { files, places } = placesFor(words, options);
  const urls = places.flatMap(({ url, also }) => [url, ...also.map((other) => other.url)]);
  const isKnown = (url: string | undefined): url is string => url !== undefined;
  const connection = await connectionOptions(options, urls.every(isKnown) ? urls : undefined);
  const encryption = await encryptionOptions(options);
  tellInsecure(options, output);
  const { fps, format } = options;
  const source = await openUnlessInterrupted(files, { frameRate: fps, format }, interruption.signal);
  if (source === undefined) return interruption.exitCode!;
  try {
    checkLive(source, options);
    const plan: PushPlan = {
      ...planOf(source, places, options),
      connection,
      encryption,
      secrets: secretsOf(connection),
    };
    const outcome = await runPlan(plan, { options, output, interruption });
    return reportOutcome(outcome, options.json === true, output, interruption);
  } finally {
    await source.close?.();
  }
}

function checkLive({ isLive }: PushSource, { loop, channels }: PushOptions): void {
  if (isLive !== true) return;
  if (loop !== undefined) throw usageError('--loop needs a file: a pipe can be read only once');
  if (channels > 1) {
    throw usageError('--channels needs a file: a pipe holds one stream, which --also sends to several URLs');
  }
}

function planOf(source: PushSource, places: ChannelPlace[], options: PushOptions): PushPlan {
  return {
    source,
    passes: options.loop ?? 1,
    limit: milliseconds(options.duration),
    places,
    tokenServer: options.tokenServer,
    realTime: options.asFastAsPossible !== true,
    hevc: options.hevc,
    overflow: options.spool === undefined ? options.overflow : 'spool',
    spool: options.spool,
    // Without it, there is nothing to keep media for.
    reconnect: options.spool === undefined ? options.reconnect : true,
    connectTimeout: milliseconds(options.connectTimeout),
    closeTimeout: milliseconds(options.closeTimeout),
  };
}

/** The client's secret: on the command line every user of the machine could read it. */
const SECRET_VARIABLE = 'CLOUDPUSH_CLIENT_SECRET';

function placesFor(
  words: readonly string[],
  { channels, also = [], tokenServer, device, client }: PushOptions,
): { files: string[]; places: ChannelPlace[] } {
  for (const url of also) requireUrl(url, '--also needs a URL to push to, rtmp://… or rtmps://…');
  if (device === undefined) {
    if (tokenServer !== undefined || client !== undefined) {
      throw usageError('--token-server and --client need --device, the serial number to ask for');
    }
    const { files, template } = splitWords(words);
    if (files.length === 0) throw usageError('there is no input: name a media file before the URL');
    return { files, places: placesByUrl(template, channels, also) };
  }
  if (tokenServer === undefined) throw usageError('--device needs --token-server, the URL to ask');
  requireHttpUrl(tokenServer);
  checkFiles(words);
  const arguments_ = { device, clientId: client, clientSecret: process.env[SECRET_VARIABLE] };
  return { files: [...words], places: placesByDevice(arguments_, channels, also) };
}

/** Nothing of it is repeated: it may hold a password. */
function requireHttpUrl(url: string): void {
  if (!/^https?:\/\/[^/]/i.test(url) || !URL.canParse(url)) {
    throw usageError(
      '--token-server needs a URL with http:// or https:// in front, such as https://host:port/connection/token/get',
    );
  }
}
