import type { Socket } from 'node:net';
import type { AmfValue } from '../../amf/value.js';
import type { RtmpError } from '../../errors.js';
import { MessageType } from '../../message/type.js';
import type { ReceiveSession } from '../../session/receive/receive-session.js';
import type { ConnectRequest, PublishRequest } from '../../session/receive/requests.js';
import { reset } from '../common/reset.js';
import type { ReceiveCounters, ReceivedStream, ReceivedStreamHandler } from './receiver-options.js';

export function newCounters(): ReceiveCounters {
  return { messages: 0, bytes: 0, audioMessages: 0, videoMessages: 0, dataMessages: 0 };
}

/** App and stream name, without their queries. */
export function nameOf({ app, streamName }: PublishRequest): string {
  return `${app.split('?', 1)[0]}/${streamName.split('?', 1)[0]}`;
}

/** Origin of a published stream, and the counters that it is counted in. */
export interface PublishedStreamSource {
  readonly request: PublishRequest;
  readonly connectRequest: ConnectRequest;
  readonly socket: Socket;
  readonly session: ReceiveSession;
  readonly totals: ReceiveCounters;
}

/** A stream that comes in on a {@link ReceiverConnection}. */
export class PublishedStream implements ReceivedStream {
  readonly id: number;
  /** Tells it from other streams that are published at the same time. */
  readonly path: string;
  readonly app: string;
  readonly streamName: string;
  readonly query: string;
  readonly publishType: string;
  readonly remoteAddress: string;
  readonly connectRequest: ConnectRequest;
  readonly counters = newCounters();
  readonly #totals: ReceiveCounters;
  readonly #socket: Socket;
  readonly #session: ReceiveSession;
  readonly #messageStreamId: number;
  #handler: ReceivedStreamHandler | undefined;

  constructor(id: number, { request, connectRequest, socket, session, totals }: PublishedStreamSource) {
    this.id = id;
    this.path = nameOf(request);
    this.app = request.app;
    const question = request.streamName.indexOf('?');
    this.streamName = question < 0 ? request.streamName : request.streamName.slice(0, question);
    this.query = question < 0 ? '' : request.streamName.slice(question + 1);
    this.publishType = request.publishType;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.connectRequest = connectRequest;
    this.#messageStreamId = request.messageStreamId;
    this.#socket = socket;
    this.#session = session;
    this.#totals = totals;
  }

  begin(handler: ReceivedStreamHandler | undefined): void {
    this.#handler = handler;
  }

  receive(type: number, timestamp: number, payload: Uint8Array): void {
    count(this.counters, type, payload.length);
    count(this.#totals, type, payload.length);
    this.#handler?.onMessage?.({ type, timestamp, payload });
  }

  end(clean: boolean, error: RtmpError | undefined): void {
    this.#handler?.onEnd?.(clean, error);
  }

  sendStatus(level: 'status' | 'warning' | 'error', code: string, description: string): void {
    this.#session.sendStatus(this.#messageStreamId, { level, code, description });
  }

  sendCommand(name: string, ...args: AmfValue[]): void {
    this.#session.sendCommand(0, name, null, ...args);
  }

  requestReconnect(tcUrl?: string): void {
    this.#session.sendStatus(0, {
      level: 'status',
      code: 'NetConnection.Connect.ReconnectRequest',
      description: 'The streaming server is undergoing updates.',
      ...(tcUrl !== undefined && { tcUrl }),
    });
  }

  sendPing(): void {
    this.#session.sendPing(Math.floor(performance.now()));
  }

  destroy(): void {
    reset(this.#socket);
  }
}

function count(counters: ReceiveCounters, type: number, bytes: number): void {
  counters.messages++;
  counters.bytes += bytes;
  if (type === MessageType.audio) counters.audioMessages++;
  else if (type === MessageType.video) counters.videoMessages++;
  else counters.dataMessages++;
}
