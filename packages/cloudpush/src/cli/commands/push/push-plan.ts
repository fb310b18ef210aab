import type { ConnectionOptions, EncryptionOptions } from '@cloudpush/engine';
import type { HevcForm } from '@cloudpush/muxer';
import type { ChannelPlace } from './channel-place.js';
import type { PushSource } from './open-inputs.js';

/** The source of a run, and its destinations. */
export interface PushPlan {
  readonly source: PushSource;
  /** How often the source is played; `Infinity` for ever. */
  readonly passes: number;
  /** ms of media after which every channel ends. */
  readonly limit: number | undefined;
  /** One a channel. */
  readonly places: readonly ChannelPlace[];
  /** Asked for places that are not known. */
  readonly tokenServer?: string | undefined;
  readonly realTime: boolean;
  readonly hevc: HevcForm | 'auto' | undefined;
  /** The fate of frames that a slow server does not take: see `ChannelOptions`. */
  readonly overflow?: 'reject' | 'drop' | undefined;
  readonly reconnect?: boolean | undefined;
  /** How connections are made: TLS, proxy and more. Holds secrets. */
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

/** ms of media that every channel will have been sent at the end, when that can be told. */
export function plannedDuration({ source, passes, limit }: PushPlan): number | undefined {
  const whole = source.duration === undefined ? undefined : source.duration * passes;
  const planned = Math.min(whole ?? Number.POSITIVE_INFINITY, limit ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(planned) && (whole !== undefined || limit !== undefined) ? planned : undefined;
}
