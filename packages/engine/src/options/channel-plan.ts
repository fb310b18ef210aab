import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { checkedSignal } from '../base/abort-signals.js';
import { abortedError } from '../base/errors.js';
import { checkedOptions, invalidParameter, invalidType, oneOf, optionalBoolean } from '../base/validation.js';
import type { TargetRequest } from '../targets/target-request.js';
import { sourceConfig } from './checked-source.js';
import { AUDIO_CODECS, VIDEO_CODECS } from './codecs.js';
import type { DestinationConfig, PlanContext } from './destination-config.js';
import {
  CHANNEL_OPTIONS,
  DESTINATION_OPTIONS,
  destinationConfig,
  STANDBY_OPTIONS,
} from './destination-config.js';
import { ChannelEncryption } from './encryption-options.js';
import type { ChannelOptions, ChannelSettings, DestinationOptions, StandbyOptions } from './options.js';
import type { SourceConfig } from './source-config.js';
import type { StreamConfig } from './stream-config.js';
import { channelConfig } from './stream-config.js';

/**
 * A destination that may be: all of its options are checked, and nothing of it exists. What is made of a plan
 * does not fail, so that a shard never hears of half a destination.
 */
export interface DestinationPlan {
  readonly config: DestinationConfig;
  /** Undefined: the target is fixed. */
  readonly request: TargetRequest | undefined;
  readonly signal: AbortSignal | undefined;
  /** How it ends is no part of how its channel does. */
  readonly isObserver: boolean;
}

/** A channel that may be, with its first destination, if it has one. */
export interface ChannelPlan {
  readonly label: string | undefined;
  readonly video: VideoCodec | 'none';
  readonly audio: AudioCodec | 'none';
  readonly encryption: ChannelEncryption;
  readonly config: StreamConfig;
  /** Undefined: the caller sends the packets. */
  readonly source: SourceConfig | undefined;
  readonly first: DestinationPlan | undefined;
}

/** @throws CloudPushError as `PushEngine.openChannel` */
export function planChannel(
  given: ChannelOptions,
  context: PlanContext,
): ChannelPlan & { readonly first: DestinationPlan } {
  const options = checkedOptions('', given, CHANNEL_OPTIONS);
  const stream = planStream(options, context);
  return { ...stream, first: plan(options, context, stream.source !== undefined) };
}

/** @throws CloudPushError as `PushEngine.openStandby` */
export function planStandby(given: StandbyOptions, context: PlanContext): ChannelPlan {
  const options = checkedOptions('', given, STANDBY_OPTIONS);
  if (options.source === undefined) throw invalidType('source', options.source, 'a source');
  const stream = planStream(options, context);
  return { ...stream, config: { ...stream.config, standby: true }, first: undefined };
}

function planStream(options: ChannelSettings, context: PlanContext): Omit<ChannelPlan, 'first'> {
  const video = oneOf<VideoCodec | 'none'>('video', options.video, [...VIDEO_CODECS, 'none']);
  const audio = oneOf<AudioCodec | 'none'>('audio', options.audio, [...AUDIO_CODECS, 'none']);
  const encryption = new ChannelEncryption(video, audio, options.encryption);
  const config = channelConfig(options);
  const label = checkedLabel(options.label);
  const source = plannedSource(options, context.maxPacket);
  if (source === undefined && config.preRoll !== undefined) {
    throw invalidParameter('preRoll', config.preRoll, 'nothing, without a source');
  }
  return { label, video, audio, encryption, config, source };
}

/** @throws CloudPushError as `Channel.addDestination` */
export function planDestination(
  given: DestinationOptions,
  context: PlanContext,
  hasSource: boolean,
): DestinationPlan {
  return plan(checkedOptions('', given, DESTINATION_OPTIONS), context, hasSource);
}

function plan(options: DestinationOptions, context: PlanContext, hasSource: boolean): DestinationPlan {
  const signal = checkedSignal(options.signal);
  const checked = destinationConfig(options, context);
  const config = hasSource ? droppingConfig(checked, options.overflow) : checked;
  const request = options.target === undefined ? undefined : { ...options.target };
  if (signal?.aborted) throw abortedError(signal.reason);
  const isObserver = optionalBoolean('observer', options.observer) ?? false;
  return { config, request, signal, isObserver };
}

/** Options that are about packets of the caller have no meaning beside a source. */
function plannedSource(options: ChannelSettings, maxPacket: number): SourceConfig | undefined {
  const { source, inputClock, video, audio } = options;
  if (source === undefined) return undefined;
  const config = sourceConfig(source, maxPacket);
  if (inputClock === 'wrapping32')
    throw invalidParameter('inputClock', inputClock, "'native', with a source");
  for (const name of ['videoConfig', 'audioConfig'] as const)
    if (options[name] !== undefined) throw invalidParameter(name, 'given', 'nothing, with a source');
  if (video === 'none') throw invalidParameter('video', video, 'a codec, with a source; or leave it out');
  return audio === 'none' ? { ...config, audio: 'none' } : config;
}

/** A source that the shard reads cannot be made to wait. */
function droppingConfig(
  config: DestinationConfig,
  overflow: DestinationOptions['overflow'],
): DestinationConfig {
  if (overflow === 'reject') throw invalidParameter('overflow', overflow, "'drop' or 'spool', with a source");
  return config.overflow === 'spool' ? config : { ...config, overflow: 'drop' };
}

const LONGEST_LABEL = 128;

function checkedLabel(label: string | undefined): string | undefined {
  if (label === undefined || (typeof label === 'string' && label !== '' && label.length <= LONGEST_LABEL))
    return label;
  throw invalidParameter('label', label, `a text of 1 to ${LONGEST_LABEL} characters`);
}
