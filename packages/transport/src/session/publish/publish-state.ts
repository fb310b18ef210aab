import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { RtmpError, RtmpStage } from '../../errors.js';
import type { ClientHandshake } from '../../handshake/client.js';
import type { RandomFill } from '../../handshake/simple.js';
import type { TransportLimits } from '../../limits.js';
import type { ConnectTimings, StageTimer } from '../client/stage-timer.js';
import { isFailure, type RtmpStatus } from '../client/status.js';
import type { PendingCommand } from '../client/transactions.js';
import type { ServerProfileName } from './profile.js';

/** The longest wait in each state, in milliseconds. */
export interface SessionTimeouts {
  readonly handshake: number;
  readonly connect: number;
  readonly createStream: number;
  readonly publish: number;
}

/** Options of {@link PublishSession}. */
export interface PublishSessionOptions {
  /** The command object of `connect`: `app`, `tcUrl` and the rest. */
  readonly connectObject: AmfObject;
  /** Further arguments of `connect`. */
  readonly connectArguments: readonly AmfValue[];
  /** With its query. */
  readonly streamName: string;
  /** Secrets that no error may show, besides the values of the queries in the names. */
  readonly secrets?: readonly string[];
  /** RTMP 1.0 §7.2.2.6. */
  readonly publishType: 'live' | 'record' | 'append';
  readonly handshake: 'simple' | 'digest';
  readonly digestScheme: 0 | 1;
  readonly profile: ServerProfileName | 'auto';
  /** Outgoing chunk size; undefined: the profile's. */
  readonly chunkSize: number | undefined;
  readonly timeouts: SessionTimeouts;
  readonly limits: TransportLimits;
  readonly random: RandomFill;
  /** Milliseconds, from any origin, never going back. */
  readonly now: () => number;
  /** Measures the stages of the way to `publishing`. */
  readonly timer?: StageTimer | undefined;
}

/** A server asks us to move (Enhanced RTMP v2): keep sending until the next key frame, then switch. */
export interface ReconnectRequest {
  /** Absolute or relative to the present tcUrl; undefined: the same one. May hold a token. */
  readonly tcUrl: string | undefined;
  readonly description: string;
}

/** Takes what a publishing session has to tell. */
export interface PublishSessionHandler {
  /** Publishing has begun, for the first time or on the next segment's stream. */
  onPublishing(): void;
  /** Called with each `onStatus` of the server. */
  onStatus(status: RtmpStatus): void;
  /** A command or data message that the session has no use for itself, e.g. `onLiveOpen`. */
  onCommand(name: string, args: AmfValue[]): void;
  /** Called when the server asks for a new connection (Enhanced RTMP v2). */
  onReconnectRequest(request: ReconnectRequest): void;
  /** Something that the user should know, without a secret in it. */
  onWarning?(message: string): void;
  /** The session has failed and does nothing more. */
  onFailure(error: RtmpError): void;
}

/** State of a publishing session. */
export type PublishState =
  | 'idle'
  | 'handshaking'
  | 'connecting'
  | 'creating-stream'
  | 'requesting-publish'
  | 'publishing'
  | 'unpublished'
  | 'failed';

/**
 * The phases of a session, each with its data; the diagram in the README shows what leads from one to the
 * next.
 */
export type SessionState =
  | { readonly name: 'idle' | 'connecting' | 'creating-stream' | 'unpublished' | 'failed' }
  /** The handshake holds some kilobytes, which go with the state. */
  | { readonly name: 'handshaking'; readonly handshake: ClientHandshake }
  | { readonly name: 'requesting-publish'; readonly messageStreamId: number }
  | {
      readonly name: 'publishing';
      readonly messageStreamId: number;
      /** Time at which the server accepted, on the session's clock. */
      readonly since: number;
    };

/** The stage that errors of a state belong to. */
export function stageOf(state: PublishState): RtmpStage {
  switch (state) {
    case 'idle':
    case 'handshaking':
      return 'handshake';
    case 'connecting':
      return 'connect';
    case 'creating-stream':
      return 'create-stream';
    case 'requesting-publish':
      return 'publish';
    case 'publishing':
    case 'failed':
      return 'publishing';
    case 'unpublished':
      return 'close';
    default:
      return state satisfies never;
  }
}

/** The stage whose time a state takes; undefined for those that wait for nothing. */
export function timedStageOf(state: PublishState): keyof ConnectTimings | undefined {
  switch (state) {
    case 'handshaking':
      return 'handshake';
    case 'connecting':
      return 'connect';
    case 'creating-stream':
      return 'createStream';
    case 'requesting-publish':
      return 'publish';
    case 'idle':
    case 'publishing':
    case 'unpublished':
    case 'failed':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** The command whose answer a state waits for. */
export function awaitedBy(state: PublishState): PendingCommand | undefined {
  if (state === 'connecting') return 'connect';
  return state === 'creating-stream' ? 'createStream' : undefined;
}

/**
 * Tells whether a status ends the session: a failure of the command that is awaited or the stream that runs,
 * or our stream unpublished behind our back. A status of another message stream, which may be the one before,
 * does not.
 */
export function isEnd(state: SessionState, status: RtmpStatus, messageStreamId: number): boolean {
  if (state.name === 'unpublished') return false;
  const own = 'messageStreamId' in state ? state.messageStreamId : 0;
  if (messageStreamId !== 0 && messageStreamId !== own) return false;
  return isFailure(status) || (state.name === 'publishing' && status.code === 'NetStream.Unpublish.Success');
}
