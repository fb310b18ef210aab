import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { SliceSink } from '../../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode, unreadReplies } from '../../errors.js';
import { RECEIVER_LIMITS } from '../../limits.js';
import {
  announceCapabilities,
  CapsEx,
  FourCcInfo,
  readCapabilities,
} from '../../session/common/capabilities.js';
import { RateLimit } from '../../session/common/rate-limit.js';
import { ReceiveSession } from '../../session/receive/receive-session.js';
import type {
  ConnectRequest,
  Decision,
  PublishRequest,
  ReceiveSessionHandler,
  ReceiveSessionOptions,
} from '../../session/receive/requests.js';
import type { ServerAuth } from '../../session/receive/server-auth.js';
import { DeadlineTimer } from '../common/deadline-timer.js';
import { reset } from '../common/reset.js';
import type { BufferBudget, BufferHolder } from './buffer-budget.js';
import { IdleWatch } from './idle-watch.js';
import { nameOf, PublishedStream } from './published-stream.js';
import type {
  ReceiveCounters,
  ReceiverBehaviour,
  ReceiverHandlers,
  ReceiverOptions,
} from './receiver-options.js';

/** The parts that the connections of a receiver share. */
export interface ReceiverContext {
  readonly options: ReceiverOptions;
  readonly behaviour: ReceiverBehaviour;
  readonly handlers: ReceiverHandlers;
  readonly auth: ServerAuth | undefined;
  readonly totals: ReceiveCounters;
  /** The streams that are being published, by app and stream name. */
  readonly liveNames: Set<string>;
  readonly budget: BufferBudget;
  nextStreamId(): number;
}

/** Longest time that a client may take to answer our FIN, in milliseconds. */
const CLOSE_TIMEOUT = 5000;
const ACKNOWLEDGE_EVERY = 2 ** 16;

/** One client of a receiver. */
export class ReceiverConnection implements SliceSink, ReceiveSessionHandler, BufferHolder {
  /** Set by the budget. */
  held = 0;
  readonly #socket: Socket;
  readonly #context: ReceiverContext;
  readonly #session: ReceiveSession;
  readonly #streams = new Map<number, PublishedStream>();
  readonly #publishes: RateLimit | undefined;
  readonly #idle: IdleWatch | undefined;
  #connectRequest: ConnectRequest | undefined;
  #received = 0;
  #misacknowledged = 0;
  #error: RtmpError | undefined;
  readonly #deadline = new DeadlineTimer(() => this.#onDeadline());
  /** Our FIN is on its way, or there; the client's is awaited. */
  #closing = false;
  #throttle: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;

  constructor(socket: Socket, context: ReceiverContext) {
    this.#socket = socket;
    this.#context = context;
    this.#session = new ReceiveSession(sessionOptions(context), this, this);
    this.#deadline.set(this.#session.deadline);
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('error', (cause) => {
      this.#error ??= new RtmpError(RtmpErrorCode.socket, 'publishing', 'the connection broke', { cause });
    });
    socket.once('close', () => this.#onClose());
    const { idleTimeout = 0, maxPublishesPerMinute = 120 } = context.options;
    if (idleTimeout > 0) this.#idle = new IdleWatch(idleTimeout, () => this.#onIdle(idleTimeout));
    if (maxPublishesPerMinute > 0) {
      this.#publishes = new RateLimit(maxPublishesPerMinute / 60, maxPublishesPerMinute, () =>
        performance.now(),
      );
    }
  }

  /** True while the client publishes anything. */
  get publishing(): boolean {
    return this.#streams.size > 0;
  }

  /** Makes room for another client: this one has not come to publish yet. */
  displace(permitted: number): void {
    const text = `the connection published nothing, and made room for another: all ${permitted} (maxConnections) are open`;
    this.#session.fail(new RtmpError(RtmpErrorCode.peerLimit, 'connect', text, { details: { permitted } }));
  }

  /** Called by the budget. */
  overBudget(held: number, permitted: number): void {
    const text = `unfinished messages and unread answers of all clients take ${held} bytes, permitted: ${permitted} (maxBufferedBytes); this connection holds the most`;
    const details = { actual: held, permitted };
    this.#session.fail(new RtmpError(RtmpErrorCode.peerLimit, 'publishing', text, { details }));
  }

  /** Sink of the session. */
  push(slice: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(slice);
  }

  destroy(): void {
    reset(this.#socket);
  }

  onConnect(request: ConnectRequest): Decision {
    this.#connectRequest = request;
    const { auth, behaviour } = this.#context;
    const demand = auth?.check(request.app);
    if (demand !== undefined) return { code: 'NetConnection.Connect.Rejected', description: demand };
    return behaviour.onConnect?.(request) ?? 'accept';
  }

  onCreateStream(): Decision {
    return this.#context.behaviour.onCreateStream?.() ?? 'accept';
  }

  onPublish(request: PublishRequest): Decision {
    const { behaviour, liveNames } = this.#context;
    if (this.#publishes?.take(1) === false) return this.#tooManyPublishes();
    if (behaviour.refusesBusyNames && liveNames.has(nameOf(request))) return BUSY;
    return behaviour.onPublish?.(request) ?? 'accept';
  }

  onPublished(request: PublishRequest): void {
    const stream = new PublishedStream(this.#context.nextStreamId(), {
      request,
      connectRequest: this.#connectRequest!,
      socket: this.#socket,
      session: this.#session,
      totals: this.#context.totals,
    });
    this.#streams.set(request.messageStreamId, stream);
    this.#context.liveNames.add(stream.path);
    stream.begin(this.#context.handlers.onPublish?.(stream));
    this.#deadline.set(this.#session.deadline);
    this.#idle?.start();
    const { pingInterval, readBytesPerSecond } = this.#context.behaviour;
    if (pingInterval !== undefined) this.#ping ??= setInterval(() => stream.sendPing(), pingInterval);
    if (readBytesPerSecond === 0) this.#socket.pause();
  }

  onMessage(messageStreamId: number, type: number, timestamp: number, payload: Uint8Array): void {
    this.#idle?.message();
    this.#streams.get(messageStreamId)?.receive(type, timestamp, payload);
  }

  onUnpublish(messageStreamId: number): void {
    const stream = this.#streams.get(messageStreamId);
    this.#streams.delete(messageStreamId);
    if (stream !== undefined) this.#endStream(stream, true);
    this.#deadline.set(this.#session.deadline);
  }

  onCommand(_name: string, _args: AmfValue[]): void {
    // Clients have nothing else to say that a receiver needs.
  }

  onFailure(error: RtmpError | undefined): void {
    this.#error = error;
    if (error === undefined) this.#close();
    else reset(this.#socket);
  }

  #close(): void {
    this.#closing = true;
    this.#socket.end();
    const { setupTimeout = CLOSE_TIMEOUT } = this.#context.options;
    this.#deadline.set(performance.now() + Math.min(setupTimeout, CLOSE_TIMEOUT));
  }

  #onDeadline(): void {
    if (this.#closing) reset(this.#socket);
    else this.#session.expire();
  }

  #onData(bytes: Buffer): void {
    const { behaviour } = this.#context;
    if (behaviour.handshake === 'silent') return;
    this.#session.receive(bytes);
    this.#received += bytes.length;
    this.#idle?.received(bytes.length);
    this.#boundReplies();
    this.#tellBudget();
    if (behaviour.acknowledgements !== undefined) this.#misacknowledge(behaviour.acknowledgements);
    const dropAfter = behaviour.dropMidMessageAfter;
    if (dropAfter !== undefined && this.#received >= dropAfter && this.#session.channel.assemblyBytes > 0) {
      reset(this.#socket);
    }
    if (behaviour.readBytesPerSecond) this.#slowDown(bytes.length, behaviour.readBytesPerSecond);
  }

  #boundReplies(): void {
    const permitted =
      this.#context.options.limits?.maxUnreadReplyBytes ?? RECEIVER_LIMITS.maxUnreadReplyBytes;
    const actual = this.#socket.writableLength;
    if (actual > permitted) this.#session.fail(unreadReplies(actual, permitted));
  }

  #tellBudget(): void {
    const held = this.#socket.destroyed
      ? 0
      : this.#session.channel.assemblyBytes + this.#socket.writableLength;
    this.#context.budget.update(this, held);
  }

  /** Asking on and on costs a stranger nothing and us a file each: the connection ends. */
  #tooManyPublishes(): Decision {
    const { maxPublishesPerMinute: permitted = 120 } = this.#context.options;
    const text = `the client published more than ${permitted} times within a minute (maxPublishesPerMinute)`;
    this.#session.fail(new RtmpError(RtmpErrorCode.peerLimit, 'publish', text, { details: { permitted } }));
    return 'ignore';
  }

  /** Waits as long as the bytes just read should have taken. */
  #slowDown(bytes: number, perSecond: number): void {
    this.#socket.pause();
    this.#throttle = setTimeout(() => this.#socket.resume(), (bytes * 1000) / perSecond);
  }

  #misacknowledge(how: 'normal' | 'never' | 'reset' | 'huge'): void {
    if (how === 'normal' || how === 'never' || !this.#session.publishing) return;
    if (this.#received - this.#misacknowledged < ACKNOWLEDGE_EVERY) return;
    this.#misacknowledged = this.#received;
    this.#session.channel.acknowledge(how === 'reset' ? 0 : 0xf0000000 + this.#received);
  }

  #endStream(stream: PublishedStream, clean: boolean): void {
    this.#context.liveNames.delete(stream.path);
    stream.end(clean, clean ? undefined : this.#error);
  }

  #onIdle(idle: number): void {
    if (!this.#session.publishing) return;
    const text = `the client sent no whole message for ${idle} ms (idleTimeout)`;
    this.#session.fail(new RtmpError(RtmpErrorCode.timeout, 'publishing', text));
  }

  #onClose(): void {
    this.#deadline.clear();
    this.#idle?.stop();
    this.#context.budget.update(this, 0);
    clearTimeout(this.#throttle);
    clearInterval(this.#ping);
    const published = this.#streams.size > 0;
    for (const stream of this.#streams.values()) this.#endStream(stream, false);
    this.#streams.clear();
    if (!published && this.#error !== undefined) this.#context.handlers.onConnectionError?.(this.#error);
  }
}

const BUSY: Decision = { code: 'NetStream.Publish.BadName', description: 'Already publishing' };

const ANNOUNCEMENT = announceCapabilities(FourCcInfo.canForward, CapsEx.reconnect);

/** A behaviour that announces something itself says all that there is to announce. */
function announcementOf({ enhanced, connectInfo, connectProperties }: ReceiverBehaviour): AmfObject {
  const given = readCapabilities([connectInfo, connectProperties]);
  return enhanced === false || given.enhanced ? {} : ANNOUNCEMENT;
}

function sessionOptions({ options, behaviour }: ReceiverContext): ReceiveSessionOptions {
  return {
    handshake: behaviour.handshake === 'silent' ? 'auto' : (behaviour.handshake ?? 'auto'),
    chunkSize: behaviour.chunkSize ?? 4096,
    windowAcknowledgementSize: behaviour.windowAcknowledgementSize ?? 2_500_000,
    firstMessageStreamId: behaviour.firstMessageStreamId ?? 1,
    releaseStreamAnswer: behaviour.releaseStreamAnswer ?? '_result',
    connectInfo: { ...announcementOf(behaviour), ...behaviour.connectInfo },
    connectProperties: behaviour.connectProperties ?? {},
    acknowledges: (behaviour.acknowledgements ?? 'normal') === 'normal',
    setupTimeout: options.setupTimeout ?? 20_000,
    limits: { ...RECEIVER_LIMITS, ...options.limits },
    random: randomFillSync,
    now: () => performance.now(),
  };
}
