import { pathToFileURL } from 'node:url';
import type { ModuleSource, SourceFallback, SourceOptions } from '@cloudpush/engine';
import { AAC_MODULE, missingAacPackage } from '../../audio/aac-package.js';
import { isContainerName } from '../../containers/container-names.js';
import { cameraPlace } from './addresses.js';
import type { SourcePlan } from './configuration.js';
import { milliseconds, type PlanContext, type Problems, pickOne, planRetry } from './plan-context.js';
import type { ChannelDocument } from './schema.js';

/** Module that reads a container in the thread that sends it. */
const CONTAINER_MODULE = new URL('../../containers/container-module.js', import.meta.url).href;

type SourceDocument = Exclude<ChannelDocument['source'], string>;

const KINDS = ['url', 'file', 'command', 'module'] as const;
/** Keys that mean something with one kind of source only. */
const BELONG: Readonly<Record<(typeof KINDS)[number], readonly (keyof SourceDocument)[]>> = {
  url: ['username', 'password', 'fingerprint', 'ca'],
  file: ['loop', 'format', 'frameRate'],
  command: ['format', 'frameRate'],
  module: ['options'],
};

/**
 * The source of a channel, as the engine takes it; undefined when it is at fault, which the problems tell.
 */
export function planSource(channel: ChannelDocument, channelContext: PlanContext): SourcePlan | undefined {
  const context = channelContext.below('source');
  const given: SourceDocument = typeof channel.source === 'string' ? { url: channel.source } : channel.source;
  const { problems } = context;
  const kind = pickOne(given, KINDS, problems);
  if (kind === undefined) return undefined;
  refuseForeignKeys(given, kind, problems);
  return planKind(kind, given, { channel, common: commonOptions(channel, channelContext) }, context);
}

function planKind(
  kind: (typeof KINDS)[number],
  given: SourceDocument,
  { channel, common }: { readonly channel: ChannelDocument; readonly common: object },
  context: PlanContext,
): SourcePlan | undefined {
  switch (kind) {
    case 'url':
      return planCamera(given, channel, common, context);
    case 'file': {
      const { file, loop, format, frameRate } = given;
      const path = context.media(['file'], file!);
      if (isContainerName(path) && format === undefined) {
        if (frameRate !== undefined)
          context.problems.add(['frameRate'], 'means something with raw video only');
        return { kind: 'file', place: path, options: { ...container(path, loop ?? false), ...common } };
      }
      return { kind: 'file', place: path, options: { file: path, loop, format, frameRate, ...common } };
    }
    case 'command': {
      const { command, format, frameRate } = given;
      // The arguments may hold a password.
      const [place] = command as [string, ...string[]];
      return {
        kind: 'command',
        place,
        options: { command: command as [string, ...string[]], format, frameRate, ...common },
      };
    }
    case 'module': {
      const module = URL.canParse(given.module!)
        ? given.module!
        : pathToFileURL(context.media(['module'], given.module!)).href;
      return {
        kind: 'module',
        place: cameraPlace(module),
        options: { module, options: given.options, ...common },
      };
    }
    default:
      return kind satisfies never;
  }
}

function container(path: string, loop: boolean): Pick<ModuleSource, 'module' | 'options'> {
  return { module: CONTAINER_MODULE, options: { path, loop } };
}

/** A file that is played over and over. */
function playedFile(path: string): SourceFallback {
  return isContainerName(path) ? container(path, true) : { file: path };
}

function planCamera(
  { url = '', username, password, fingerprint, ca }: SourceDocument,
  { rtspTransport }: ChannelDocument,
  common: object,
  context: PlanContext,
): SourcePlan | undefined {
  const { problems } = context;
  if (!URL.canParse(url)) {
    problems.add(
      ['url'],
      'the URL is not rtsp[s]://host[:port]/path; special characters of a password in it are written %40 and so on',
    );
    return undefined;
  }
  const isSecure = url.toLowerCase().startsWith('rtsps:');
  if (!isSecure && fingerprint !== undefined) problems.add(['fingerprint'], 'needs an rtsps:// URL');
  if (!isSecure && ca !== undefined) problems.add(['ca'], 'needs an rtsps:// URL');
  if (password !== undefined && username === undefined)
    problems.add(['password'], 'needs username beside it');
  const options: SourceOptions = {
    rtsp: url,
    transport: rtspTransport,
    username,
    password: context.secret(['password'], password),
    fingerprint,
    ca: context.certificates(['ca'], ca),
    ...common,
  };
  return { kind: 'rtsp', place: cameraPlace(url), options };
}

function refuseForeignKeys(given: SourceDocument, kind: (typeof KINDS)[number], problems: Problems): void {
  const permitted: readonly string[] = [...KINDS, ...BELONG[kind]];
  for (const key of Object.keys(given)) {
    if (!permitted.includes(key))
      problems.add([key], `means nothing with ${kind}; permitted beside it: ${BELONG[kind].join(', ')}`);
  }
}

function commonOptions(
  { sourceTimeout, videoTimeout, sourceRetry, audio, offline, mode }: ChannelDocument,
  context: PlanContext,
) {
  // A recording is of what happened.
  const slate = mode === 'event' ? undefined : offline?.file;
  return {
    fallback: slate === undefined ? undefined : playedFile(context.below('offline').media(['file'], slate)),
    timeout: milliseconds(sourceTimeout),
    videoTimeout: milliseconds(videoTimeout),
    retry: {
      ...planRetry(sourceRetry, { initial: 1000, max: 60_000 }, context.below('sourceRetry').problems),
      always: true,
    },
    audio: planAudio(audio, context),
  };
}

function planAudio(audio: ChannelDocument['audio'], { problems }: PlanContext): SourceOptions['audio'] {
  if (audio !== 'aac') return audio;
  const fault = missingAacPackage();
  if (fault !== undefined) problems.add(['audio'], fault);
  return { transcode: AAC_MODULE };
}
