import type { PushTarget, TriggerType } from '@cloudpush/engine';
import type { GatewayEvent } from './gateway-event.js';
import type { ChannelState, ConfigurationFault, GatewayState } from './state.js';

/**
 * A channel's configuration as it was written, after `channels.<name>:`; the schema is `channelSchema` in
 * config/schema.
 */
type ChannelDocument = Readonly<Record<string, unknown>>;

/** Stands where a secret is, when a configuration is read; written back, the secret stays as it was. */
export const SECRET_MASK = '***';

/** A channel: what is wanted of it, and how it stands. */
export interface ChannelResource {
  readonly name: string;
  /** An entity tag, without quotes: see {@link RevisionCondition}. */
  readonly revision: string;
  /** Secrets are masked: {@link SECRET_MASK}. Defaults are not filled in. */
  readonly configuration: ChannelDocument;
  readonly state: ChannelState;
}

/** Of a change: it is refused (`revisionMismatch`) when the channel has another revision by now. */
export interface RevisionCondition {
  readonly revision?: string | undefined;
}

/** An event of the world, which an event-mode channel records. */
export interface TriggerRequest {
  /** A name or number of the interface's trigger types. Default `default`. */
  readonly type?: TriggerType | number | undefined;
  /**
   * `pulse` (default): something happened now, the recording ends `postRoll` after it · `start`: something
   * goes on, until `stop`, at the longest for the channel's `maxDuration` · `stop`: it is over, the recording
   * ends after `postRoll`.
   */
  readonly action?: 'pulse' | 'start' | 'stop' | undefined;
}

export interface ConfigurationText {
  /** The file's own text, with the values of keys that hold secrets masked. */
  readonly text: string;
  readonly revision: string;
}

export interface ReloadReport {
  readonly successful: boolean;
  /** Faults for which it was not successful: the configuration before stays in force. */
  readonly faults: readonly ConfigurationFault[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly restartNeeded: readonly string[];
}

/** Of a cluster, one node or all. */
export interface LocalQuery {
  readonly local?: boolean | undefined;
}

export interface EventQuery {
  readonly channel?: string | undefined;
  /** Only events with a larger id. */
  readonly after?: number | undefined;
  /** The most, the latest ones. Default 100. */
  readonly limit?: number | undefined;
}

/**
 * `notFound`: no such channel or destination · `exists`: the name is taken · `revisionMismatch`: changed by
 * somebody else meanwhile · `invalid`: see `faults` · `conflict`: not possible as the channel stands, such as
 * a trigger without event mode · `notWritable`: the configuration file cannot be written, so that the change
 * would not survive a restart; nothing was changed · `stopping`: the gateway is about to end · `unavailable`:
 * the store of the cluster, or the node that is asked for, gives no answer.
 */
export type GatewayErrorReason =
  | 'notFound'
  | 'exists'
  | 'revisionMismatch'
  | 'invalid'
  | 'conflict'
  | 'notWritable'
  | 'stopping'
  | 'unavailable';

/** Refusal of an operation. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly reason: GatewayErrorReason;
  /** With `invalid`; their paths begin at the whole configuration, such as `channels.gate.source`. */
  readonly faults: readonly ConfigurationFault[];

  constructor(reason: GatewayErrorReason, message: string, faults: readonly ConfigurationFault[] = []) {
    super(message);
    this.reason = reason;
    this.faults = faults;
  }
}

/** The node of a cluster that runs a channel. */
export interface ChannelPlace {
  readonly node: string;
  /** Of its API. */
  readonly address: string;
}

/**
 * Operations of a running gateway for the HTTP interface, the dashboard and the command line. Arguments and
 * results are plain data. Every operation that changes something is written to the configuration file before
 * it takes effect, so that it survives a restart, and rejects with a {@link GatewayError}.
 */
export interface Gateway {
  /**
   * State of everything now. Costs about 20 µs a channel: not to be called for each request when requests are
   * many.
   */
  snapshot(): GatewayState;
  /** The same with the channels of all nodes of the cluster, where there is one. */
  clusterSnapshot(): GatewayState | Promise<GatewayState>;
  /** Has a node of the cluster give all its channels away, or take its share again. */
  drainNode(node: string, isDraining: boolean): Promise<void>;
  /** @param query `local`: only where this node of a cluster has it */
  channel(
    name: string,
    query?: LocalQuery,
  ): ChannelResource | undefined | Promise<ChannelResource | undefined>;
  /** Of the latest 10,000 in all, 200 a channel, oldest first. */
  events(query?: EventQuery): readonly GatewayEvent[];
  /** Calls `listener` with each event, at once. @returns stops it */
  subscribe(listener: (event: GatewayEvent) => void): () => void;

  /** All of them, or, when one is at fault, none. */
  addChannels(channels: Readonly<Record<string, unknown>>): Promise<readonly ChannelResource[]>;
  /** Adds the channel when there is none of that name, unless a revision is given. */
  replaceChannel(
    name: string,
    configuration: unknown,
    condition?: RevisionCondition,
  ): Promise<ChannelResource>;
  /** By JSON merge patch (RFC 7396). */
  patchChannel(name: string, patch: unknown, condition?: RevisionCondition): Promise<ChannelResource>;
  removeChannel(name: string, condition?: RevisionCondition): Promise<void>;

  /** Sets `enabled: true`. */
  startChannel(name: string): Promise<ChannelResource>;
  /** Sets `enabled: false`; the streams are ended cleanly. */
  stopChannel(name: string): Promise<ChannelResource>;
  /** Connects source and destinations anew; nothing is written to the file. */
  restartChannel(name: string): Promise<ChannelResource>;
  triggerChannel(name: string, request?: TriggerRequest): Promise<ChannelResource>;
  /** Ends the wait for the next attempt. */
  retryDestination(channel: string, destination: string): Promise<ChannelResource>;
  /**
   * Leads the stream to another server without a gap, until the next restart or change of the configuration.
   */
  moveDestination(channel: string, destination: string, target: PushTarget): Promise<ChannelResource>;

  /** Where a channel runs, if that is another node of the cluster. */
  channelPlace(channel: string): Promise<ChannelPlace | undefined>;
  /**
   * Sends the stream of a channel to one more place, for somebody who looks at it: it is no destination of
   * the configuration, is not tried again, and drops what its receiver does not take. Ends with the channel,
   * or with {@link closePreview}.
   * @param url `rtmp://…` of a receiver in this process
   */
  openPreview(channel: string, url: string): Promise<void>;
  /** Does nothing where there is none any more. */
  closePreview(url: string): Promise<void>;

  configuration(): Promise<ConfigurationText>;
  /** Without putting it in force. */
  checkConfiguration(text: string): Promise<readonly ConfigurationFault[]>;
  /** Reads the file again. Never rejects for what is in it. */
  reload(): Promise<ReloadReport>;
}
