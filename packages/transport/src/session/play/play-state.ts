import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { RtmpError, RtmpStage } from '../../errors.js';
import type { ClientHandshake } from '../../handshake/client.js';
import type { RandomFill } from '../../handshake/simple.js';
import type { TransportLimits } from '../../limits.js';
import type { RtmpStatus } from '../client/status.js';
import type { PendingCommand } from '../client/transactions.js';

/** The longest wait in each state, in milliseconds. */
export interface PlayTimeouts {
  readonly handshake: number;
  readonly connect: number;
  readonly createStream: number;
  readonly play: number;
}

/** Options of {@link PlaySession}. */
export interface PlaySessionOptions {
  /** The command object of `connect`: `app`, `tcUrl` and the rest. */
  readonly connectObject: AmfObject;
  /** Further arguments of `connect`. */
  readonly connectArguments: readonly AmfValue[];
  /** With its query. */
  readonly streamName: string;
  /** Secrets that no error may show, besides the values of the queries in the names. */
  readonly secrets: readonly string[];
  readonly handshake: 'simple' | 'digest';
  readonly digestScheme: 0 | 1;
  readonly timeouts: PlayTimeouts;
  readonly limits: TransportLimits;
  readonly random: RandomFill;
  /** Milliseconds, from any origin, never going back. */
  readonly now: () => number;
}

/** Takes what a playing session has to tell. */
export interface PlaySessionHandler {
  /** The server has accepted `play`; media follows when there is any. */
  onPlaying(): void;
  /**
   * An audio, video or data message of the stream, in the order of arrival.
   * @param type 8 audio, 9 video, 18 AMF0 data, 15 AMF3 data
   * @param timestamp ms, 0 to 2^32 − 1, on the server's clock of the stream
   * @param payload as long-lived as the bytes that were pushed
   */
  onMedia(type: number, timestamp: number, payload: Uint8Array): void;
  /** Called with each `onStatus` of the server. */
  onStatus(status: RtmpStatus): void;
  /** The session has failed and does nothing more. */
  onFailure(error: RtmpError): void;
}

/** The phases of a session, each with its data. */
export type PlayState =
  | { readonly name: 'idle' | 'connecting' | 'creating-stream' | 'failed' }
  | { readonly name: 'handshaking'; readonly handshake: ClientHandshake }
  | { readonly name: 'requesting-play' | 'playing'; readonly messageStreamId: number };

/** The stage that errors of a state belong to. */
export function stageOf(state: PlayState['name']): RtmpStage {
  switch (state) {
    case 'idle':
    case 'handshaking':
      return 'handshake';
    case 'connecting':
      return 'connect';
    case 'creating-stream':
      return 'create-stream';
    case 'requesting-play':
      return 'play';
    case 'playing':
    case 'failed':
      return 'playing';
    default:
      return state satisfies never;
  }
}

/** The command whose answer a state waits for. */
export function awaitedBy(state: PlayState['name']): PendingCommand | undefined {
  if (state === 'connecting') return 'connect';
  return state === 'creating-stream' ? 'createStream' : undefined;
}
