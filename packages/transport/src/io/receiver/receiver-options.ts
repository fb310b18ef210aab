import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { RtmpError } from '../../errors.js';
import type { TransportLimits } from '../../limits.js';
import type { ConnectRequest, Decision, PublishRequest } from '../../session/receive/requests.js';

/** A whole message as it came in. The payload is the receiver's gift: it is not used again. */
export interface ReceivedMessage {
  /** 8 audio, 9 video, 18 (or 15) data: {@link MessageType}. */
  readonly type: number;
  /** Milliseconds, 0 … 2^32 − 1. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** Counters; read them whenever you like. */
export interface ReceiveCounters {
  messages: number;
  /** Sum of the payloads. */
  bytes: number;
  audioMessages: number;
  videoMessages: number;
  dataMessages: number;
}

/** A stream that a client publishes. */
export interface ReceivedStream {
  /** Unique within the receiver. */
  readonly id: number;
  readonly app: string;
  /** Without its query. */
  readonly streamName: string;
  /** The query of the stream name: may hold a token. */
  readonly query: string;
  readonly publishType: string;
  readonly remoteAddress: string;
  readonly connectRequest: ConnectRequest;
  readonly counters: Readonly<ReceiveCounters>;
  /** Sends `onStatus` on the stream. */
  sendStatus(level: 'status' | 'warning' | 'error', code: string, description: string): void;
  /** Sends a command on the connection, e.g. `onLiveOpen`. */
  sendCommand(name: string, ...args: AmfValue[]): void;
  /** Asks the client to move (Enhanced RTMP v2 reconnect request). */
  requestReconnect(tcUrl?: string): void;
  /** Sends a PingRequest (RTMP 1.0 §7.1.7). */
  sendPing(): void;
  /** Resets the client's connection. */
  destroy(): void;
}

/** Takes what a published stream brings. */
export interface ReceivedStreamHandler {
  /** Called with each audio, video and data message of the stream. */
  onMessage?(message: ReceivedMessage): void;
  /** Once and last. `clean`: the client unpublished in an orderly way. */
  onEnd?(clean: boolean, error: RtmpError | undefined): void;
}

/** Takes what the clients of a receiver do. */
export interface ReceiverHandlers {
  /** Called when a client begins to publish; the handler that it returns takes the stream. */
  onPublish?(stream: ReceivedStream): ReceivedStreamHandler | undefined;
  /** A connection ended before it published anything, on an error. */
  onConnectionError?(error: RtmpError): void;
}

/** Behaviour of a real server towards its clients, good or bad. For tests and for `cloudpush receive`. */
export interface ReceiverBehaviour {
  /**
   * `auto` (default) answers each client in its own way; `digest` refuses clients without a digest; `silent`
   * never answers.
   */
  readonly handshake?: 'auto' | 'simple' | 'digest' | 'silent';
  /** Decides about `connect`; default: accept. Asked after {@link auth}. */
  readonly onConnect?: (request: ConnectRequest) => Decision;
  /** Decides on `createStream`. */
  readonly onCreateStream?: () => Decision;
  /** Decides on `publish`. */
  readonly onPublish?: (request: PublishRequest) => Decision;
  /**
   * Refuse a name that another connection publishes, with `NetStream.Publish.BadName`, as nginx-rtmp does.
   */
  readonly refusesBusyNames?: boolean;
  /** Demand authentication. */
  readonly auth?: { readonly scheme: 'adobe' | 'llnw'; readonly user: string; readonly password: string };
  /** Default 1. */
  readonly firstMessageStreamId?: number;
  /** Outgoing chunk size, default 4096. */
  readonly chunkSize?: number;
  /** Default 2,500,000. */
  readonly windowAcknowledgementSize?: number;
  /** Default `_result`. */
  readonly releaseStreamAnswer?: '_result' | '_error' | 'never';
  /**
   * `never` sends none; `reset` says 0 over and over; `huge` says numbers above 0xF0000000. Default `normal`.
   */
  readonly acknowledgements?: 'normal' | 'never' | 'reset' | 'huge';
  /**
   * Announce in the answer to `connect` the codecs that are taken (Enhanced RTMP v2): all of them, as any
   * message is handed on as it came. Default true, unless {@link connectInfo} or {@link connectProperties}
   * announce something themselves.
   */
  readonly enhanced?: boolean;
  /**
   * Properties for the answer to `connect`: what a server of another make, or with Enhanced RTMP, would say.
   */
  readonly connectInfo?: AmfObject;
  readonly connectProperties?: AmfObject;
  /**
   * Read no more than this from each connection: the client meets a slow network. 0: stop reading once
   * publishing.
   */
  readonly readBytesPerSecond?: number;
  /** Reset each connection after this many bytes, at the next moment at which a message is half received. */
  readonly dropMidMessageAfter?: number;
  /** Do not answer the client's FIN with ours. */
  readonly neverCloses?: boolean;
  /** Ping each publishing connection this often, in milliseconds. */
  readonly pingInterval?: number;
}

/** Options of {@link RtmpReceiver}. */
export interface ReceiverOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 1935; 0: any free one. */
  readonly port?: number;
  /** PEM certificate and key: serves rtmps. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array };
  /**
   * Default 1,024. When all are taken, one more takes the place of the oldest that publishes nothing; it is
   * refused when all publish.
   */
  readonly maxConnections?: number | undefined;
  /**
   * Bytes of half-received messages and unread answers of all connections together; above, the connection
   * that holds the most is reset. Default 268,435,456.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Number of times that one connection may publish within a minute; one that publishes more often is reset.
   * 0: any. Default 120.
   */
  readonly maxPublishesPerMinute?: number;
  /** Longest time from a connection to its first publish, in milliseconds. Default 20,000. */
  readonly setupTimeout?: number;
  /**
   * A publishing connection that completes no message for this long, and sends less than 16 KiB of a long
   * one, is reset. Milliseconds; 0 (default): never.
   */
  readonly idleTimeout?: number;
  readonly limits?: Partial<TransportLimits>;
  readonly behaviour?: ReceiverBehaviour;
}
