import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { RtmpError } from '../../errors.js';
import type { RandomFill } from '../../handshake/simple.js';
import type { TransportLimits } from '../../limits.js';
import type { Capabilities } from '../common/capabilities.js';

/** A client's `connect`. */
export interface ConnectRequest {
  /** With its query, as the client sent it. */
  readonly app: string;
  readonly tcUrl: string;
  /** The whole command object. */
  readonly object: AmfValue;
  /** The values behind it. */
  readonly args: readonly AmfValue[];
  /** The client's announcement about Enhanced RTMP. */
  readonly capabilities: Capabilities;
  /** The scheme of the client's digest handshake, if it made one. */
  readonly digestScheme: 0 | 1 | undefined;
}

/** A client's `publish`. */
export interface PublishRequest {
  readonly app: string;
  /** With its query. */
  readonly streamName: string;
  readonly publishType: string;
  readonly messageStreamId: number;
}

/** An error for the client: the `code` and `description` of its status, and where a redirect leads. */
export interface Refusal {
  readonly code: string;
  readonly description: string;
  readonly redirect?: string;
}

/** The decision about a request. */
export type Decision =
  | 'accept'
  /** Say nothing at all. */
  | 'ignore'
  /** Close the connection without an answer. */
  | 'close'
  | Refusal;

/** Options of {@link ReceiveSession}. */
export interface ReceiveSessionOptions {
  readonly handshake: 'auto' | 'simple' | 'digest';
  /** Outgoing chunk size. */
  readonly chunkSize: number;
  readonly windowAcknowledgementSize: number;
  /** The first `createStream` gets this id, the next the one above. */
  readonly firstMessageStreamId: number;
  /** Answer to releaseStream and FCPublish: servers in the field do all three. */
  readonly releaseStreamAnswer: '_result' | '_error' | 'never';
  /** More properties for the information object of the `connect` result, e.g. Enhanced RTMP's. */
  readonly connectInfo: AmfObject;
  /** More properties for its properties object. */
  readonly connectProperties: AmfObject;
  readonly acknowledges: boolean;
  /**
   * Longest time without a published stream, from the beginning or the end of the last one on, in
   * milliseconds.
   */
  readonly setupTimeout: number;
  readonly limits: TransportLimits;
  readonly random: RandomFill;
  /** Reads a monotonic clock, in ms. */
  readonly now: () => number;
}

/** Decides on what a client asks for, and takes what it sends. */
export interface ReceiveSessionHandler {
  /** Decides on `connect`. */
  onConnect(request: ConnectRequest): Decision;
  /** Decides on `createStream`. */
  onCreateStream(): Decision;
  /** Decides on `publish`. */
  onPublish(request: PublishRequest): Decision;
  /** After the client has been told that it may begin. */
  onPublished(request: PublishRequest): void;
  /** Called with each audio, video and data message. */
  onMessage(messageStreamId: number, type: number, timestamp: number, payload: Uint8Array): void;
  /** The client ended the stream in an orderly way. */
  onUnpublish(messageStreamId: number): void;
  /** Called with each command that is not part of publishing. */
  onCommand(name: string, args: AmfValue[]): void;
  /** The session is over; `undefined`: it was decided to close. */
  onFailure(error: RtmpError | undefined): void;
}
