import type { DestinationOptions } from '@cloudpush/engine';
import type { ChannelPlan, ClusterPlan } from '../config/configuration.js';
import { ConfigurationDocument, pathText } from '../config/document.js';
import { parseConfiguration } from '../config/parse.js';
import type { ConfigurationFault } from '../state.js';
import type { ChannelDocument } from './channel-document.js';

/** A channel as it stands in the store, and who owns it. */
export interface StoredChannel {
  readonly name: string;
  readonly document: ChannelDocument;
  /** Of its latest change. */
  readonly revision: number;
  /** Of its owner. */
  readonly epoch: number;
}

/** A channel that somebody wants to have. */
interface GivenChannel {
  readonly name: string;
  readonly document: unknown;
}

/** Stands for the owner's epoch in URLs of destinations. */
const EPOCH = '$epoch';
/** Channels that are read at a time. */
const BATCH = 200;
/** The engine's own. */
const DEFAULT_CONNECT_TIMEOUT = 10_000;
/** Time that a lease may have lost since it was kept last, in ms: one beat, and one that was late. */
const BEATS = 2000;

/** Turns channels of the store into plans, with everything around them that the file of this node says. */
export class ChannelPlanner {
  readonly #file: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #longestConnect: number;
  #around: Readonly<Record<string, unknown>> = {};

  /** @param file paths in channels are relative to its folder */
  constructor(file: string, environment: NodeJS.ProcessEnv, { ttl }: Pick<ClusterPlan, 'ttl'>) {
    this.#file = file;
    this.#environment = environment;
    this.#longestConnect = ttl - Math.max(1000, ttl / 10) - BEATS;
  }

  /** Takes the configuration around the channels that holds from now on. @param text valid */
  set text(text: string) {
    const { cluster: _, ...around } = new ConfigurationDocument(text).value() as Record<string, unknown>;
    this.#around = around;
  }

  /** Plans by name; `faulty` is told of those that cannot be had here. */
  plan(
    channels: readonly StoredChannel[],
    faulty: (name: string, faults: readonly ConfigurationFault[]) => void,
  ): Map<string, ChannelPlan> {
    const plans = new Map<string, ChannelPlan>();
    for (let at = 0; at < channels.length; at += BATCH) {
      const batch = channels.slice(at, at + BATCH);
      const { configuration } = this.#parse(batch);
      for (const channel of batch) {
        const one = configuration === undefined ? this.#parse([channel]) : { configuration, faults: [] };
        const plan = one.configuration?.channels.get(channel.name);
        if (plan === undefined) faulty(channel.name, one.faults);
        else plans.set(channel.name, this.#owned(plan, channel));
      }
    }
    return plans;
  }

  /** Faults of channels; their paths begin at the whole configuration. */
  faults(channels: readonly GivenChannel[]): readonly ConfigurationFault[] {
    return this.#parse(channels).faults.map(({ path, message }) => ({ path, message }));
  }

  #parse(channels: readonly GivenChannel[]) {
    const documents = Object.fromEntries(channels.map(({ name, document }) => [name, document]));
    try {
      // JSON is YAML.
      const text = JSON.stringify({ ...this.#around, channels: documents });
      return parseConfiguration(text, this.#file, this.#environment);
    } catch (error) {
      // Such as a RangeError: it is nested deeper than any channel is.
      const message = `cannot be read: ${(error as Error).message}`;
      return { configuration: undefined, faults: [{ path: pathText(['channels']), message }] };
    }
  }

  #owned(plan: ChannelPlan, { revision, epoch }: StoredChannel): ChannelPlan {
    const destinations = plan.destinations.map((one) => ({
      ...one,
      options: this.#withEpoch(one.options, String(epoch)),
    }));
    return { ...plan, revision: String(revision), destinations };
  }

  #withEpoch(options: DestinationOptions, epoch: string): DestinationOptions {
    const connectTimeout = Math.min(options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT, this.#longestConnect);
    if (options.url !== undefined) {
      return { ...options, url: options.url.replaceAll(EPOCH, epoch), connectTimeout };
    }
    const { target } = options;
    if (target === undefined || target.kind === 'url') return { ...options, connectTimeout };
    return { ...options, target: { ...target, epoch }, connectTimeout };
  }
}
