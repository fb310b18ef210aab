import type { ChannelSettings, PushEngineOptions } from '../options/options.js';

/** Options that the C interface has no parameters for. All may be left out. */
export interface CompatOptions {
  /** Worker threads, batching, how the engine finds its targets: see `PushEngineOptions`. */
  readonly engine?: Omit<PushEngineOptions, 'poolSize' | 'maxConnections' | 'logger'> | undefined;
  /** TLS, time-outs, the form of H.265 and more, for every connection: see `ChannelOptions`. */
  readonly connection?: ConnectionDefaults | undefined;
}

/** A connection that is lost ends: the program that called `Connect` calls it again. */
export type ConnectionDefaults = Omit<
  ChannelSettings,
  'video' | 'audio' | 'inputClock' | 'overflow' | 'reconnect' | 'signal'
>;
