import { channel as hook } from 'node:diagnostics_channel';
import type { ConnectTimings } from '@cloudpush/transport';
import type { CloudPushError } from '../base/errors.js';
import type { BitrateAdvice } from '../protocol/stream.js';
import type { Channel } from './channel/channel.js';
import type { CloseReport } from './close-report.js';
import type { Destination, Disconnection, SpoolGap } from './destination/destination.js';
import type { PacketProblem, SourceConnection, SourceLoss, SourceStall, SourceWarning } from './events.js';

/**
 * The names of the hooks of `node:diagnostics_channel`, and the payloads of their subscribers: for tracing
 * and monitoring of all engines of a process, without touching the code that made them. Payloads hold no
 * secrets. Subscribers run within the engine's own turn, before listeners of the same event.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * subscribe('cloudpush:channel:disconnect', (event) => {
 *   const { channel, error, delay } = event as DiagnosticEvents['cloudpush:channel:disconnect'];
 * });
 */
export interface DiagnosticEvents {
  readonly 'cloudpush:channel:open': { readonly channel: Channel };
  /** Publishing has begun at a destination, for the first time or again. */
  readonly 'cloudpush:channel:connect': {
    readonly channel: Channel;
    readonly destination: Destination;
    readonly timings: ConnectTimings;
  };
  /** A connection is lost and will be made again. */
  readonly 'cloudpush:channel:disconnect': Disconnection & { readonly channel: Channel };
  /** The stream goes on over another connection, without a gap. */
  readonly 'cloudpush:channel:move': {
    readonly channel: Channel;
    readonly destination: Destination;
    readonly timings: ConnectTimings;
  };
  readonly 'cloudpush:channel:pause': { readonly channel: Channel };
  readonly 'cloudpush:channel:resume': { readonly channel: Channel };
  /** A packet was refused for what is in it. */
  readonly 'cloudpush:channel:problem': PacketProblem & { readonly channel: Channel };
  readonly 'cloudpush:channel:advice': BitrateAdvice & {
    readonly channel: Channel;
    readonly destination: Destination;
  };
  /** Something has happened to a gap that a destination's spool keeps. */
  readonly 'cloudpush:channel:gap': SpoolGap & { readonly channel: Channel };
  /** A channel's source is there, for the first time or again. */
  readonly 'cloudpush:source:connect': SourceConnection & { readonly channel: Channel };
  /** A source is lost, or could not be opened. */
  readonly 'cloudpush:source:lost': SourceLoss & { readonly channel: Channel };
  /** Nothing, or no picture, comes from a source. */
  readonly 'cloudpush:source:stall': SourceStall & { readonly channel: Channel };
  /** Something about a source that an operator should know. */
  readonly 'cloudpush:source:warning': SourceWarning & { readonly channel: Channel };
  /** A source has come to its end; its channel stays open. */
  readonly 'cloudpush:source:end': { readonly channel: Channel };
  /** A destination is over; the channel goes on with the others, or closes. */
  readonly 'cloudpush:destination:close': CloseReport & {
    readonly channel: Channel;
    readonly destination: Destination;
  };
  readonly 'cloudpush:channel:close': CloseReport & { readonly channel: Channel };
  /** A worker thread has died; `channels` lived there. */
  readonly 'cloudpush:shard:died': { readonly error: CloudPushError; readonly channels: readonly Channel[] };
  /** An engine's fence is past: a worker thread has reset the connections of so many channels. */
  readonly 'cloudpush:shard:fenced': { readonly channels: number };
}

/** One hook: without subscribers it costs a look at a flag. */
class Diagnostic<Name extends keyof DiagnosticEvents> {
  readonly #hook;

  constructor(name: Name) {
    this.#hook = hook(name);
  }

  /** @param event is called only if somebody listens */
  publish(event: () => DiagnosticEvents[Name]): void {
    if (this.#hook.hasSubscribers) this.#hook.publish(event());
  }
}

export const diagnostics = {
  open: new Diagnostic('cloudpush:channel:open'),
  connect: new Diagnostic('cloudpush:channel:connect'),
  disconnect: new Diagnostic('cloudpush:channel:disconnect'),
  move: new Diagnostic('cloudpush:channel:move'),
  pause: new Diagnostic('cloudpush:channel:pause'),
  resume: new Diagnostic('cloudpush:channel:resume'),
  problem: new Diagnostic('cloudpush:channel:problem'),
  advice: new Diagnostic('cloudpush:channel:advice'),
  gap: new Diagnostic('cloudpush:channel:gap'),
  sourceConnect: new Diagnostic('cloudpush:source:connect'),
  sourceLost: new Diagnostic('cloudpush:source:lost'),
  sourceStall: new Diagnostic('cloudpush:source:stall'),
  sourceWarning: new Diagnostic('cloudpush:source:warning'),
  sourceEnd: new Diagnostic('cloudpush:source:end'),
  destinationClose: new Diagnostic('cloudpush:destination:close'),
  close: new Diagnostic('cloudpush:channel:close'),
  shardDied: new Diagnostic('cloudpush:shard:died'),
  fenced: new Diagnostic('cloudpush:shard:fenced'),
} as const;
