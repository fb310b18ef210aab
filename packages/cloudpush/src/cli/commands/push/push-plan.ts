import type { ConnectionOptions, EncryptionOptions } from '@cloudpush/engine';
import type { HevcForm } from '@cloudpush/muxer';
import type { ChannelPlace } from './channel-place.js';
import type { PushSource } from './open-inputs.js';

/** The source of a run, and its destinations. */
export interface PushPlan {
  readonly source: PushSource;
  /** Number of times that the source is played; `Infinity` for ever. */
  readonly passes: number;
  /** ms of media after which every channel ends; with a ramp, counted from the beginning of the last one. */
  readonly limit: number | undefined;
  /** Channels that begin in a second; left out: all of them at once. */
  readonly ramp?: number | undefined;
  /** One a channel. */
  readonly places: readonly ChannelPlace[];
  /** Asked for places that are not known. */
  readonly tokenServer?: string | undefined;
  readonly realTime: boolean;
  readonly hevc: HevcForm | 'auto' | undefined;
  /** The fate of frames that a slow server does not take: see `ChannelOptions`. */
  readonly overflow?: 'reject' | 'drop' | 'spool' | undefined;
  /** The folder of the disk spool; undefined: there is none. */
  readonly spool?: string | undefined;
  readonly reconnect?: boolean | undefined;
  /** Settings of connections: TLS, proxy and more. Holds secrets. */
  readonly connection?: ConnectionOptions | undefined;
  /** Holds keys. */
  readonly encryption?: EncryptionOptions | undefined;
  /** Secrets beside those in the URLs: never to be shown. */
  readonly secrets?: readonly string[] | undefined;
  /** ms */
  readonly connectTimeout: number | undefined;
  /** ms */
  readonly closeTimeout: number | undefined;
}

/** Seconds as people give them, in whole ms as the engine wants them. */
export function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.round(seconds * 1000));
}

/** The beginning of a channel, in ms after that of the first one. */
export function startOf({ ramp }: Pick<PushPlan, 'ramp'>, index: number): number {
  return ramp === undefined ? 0 : (index * 1000) / ramp;
}

/** ms of media after which a channel ends: those that begin earlier last longer, so that all end together. */
export function limitOf(
  plan: Pick<PushPlan, 'ramp' | 'limit' | 'places'>,
  index: number,
): number | undefined {
  const { limit, places } = plan;
  if (limit === undefined) return undefined;
  return limit + startOf(plan, places.length - 1) - startOf(plan, index);
}

/** ms of media that every channel will have been sent at the end, when that can be told. */
export function plannedDuration({ source, passes, limit }: PushPlan): number | undefined {
  const whole = source.duration === undefined ? undefined : source.duration * passes;
  const planned = Math.min(whole ?? Number.POSITIVE_INFINITY, limit ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(planned) && (whole !== undefined || limit !== undefined) ? planned : undefined;
}
