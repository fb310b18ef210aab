import type { AmfValue } from '../amf/value.js';
import type { SliceSink } from '../bits/slice-sink.js';
import { ChunkReader } from '../chunk/reader.js';
import { ChunkWriter } from '../chunk/writer.js';
import type { RtmpError } from '../errors.js';
import { PUBLISHER_LIMITS, RECEIVER_LIMITS } from '../limits.js';
import { type Command, decodeCommand, encodeCommand } from '../message/command.js';
import { MessageType } from '../message/type.js';
import type { RtmpStatus } from '../session/client/status.js';
import { PublishSession } from '../session/publish/publish-session.js';
import type {
  PublishSessionHandler,
  PublishSessionOptions,
  ReconnectRequest,
} from '../session/publish/publish-state.js';
import { ByteSink, pattern } from './bytes.js';

/** A clock that stands still until it is moved. */
export class TestClock {
  time = 1000;
  readonly now = (): number => this.time;
}

export const TIMEOUTS = { handshake: 100, connect: 200, createStream: 300, publish: 400 };

export function publishOptions(
  clock: TestClock,
  more: Partial<PublishSessionOptions> = {},
): PublishSessionOptions {
  return {
    connectObject: { app: 'live', tcUrl: 'rtmp://h/live' },
    connectArguments: [],
    streamName: 'camera',
    publishType: 'live',
    handshake: 'simple',
    digestScheme: 1,
    profile: 'auto',
    chunkSize: undefined,
    timeouts: TIMEOUTS,
    limits: PUBLISHER_LIMITS,
    random: (target) => target.set(pattern(target.length)),
    now: clock.now,
    ...more,
  };
}

/** Notes what a session reports. */
class Recorder implements PublishSessionHandler {
  published = 0;
  readonly statuses: string[] = [];
  readonly commands: [string, AmfValue[]][] = [];
  readonly reconnects: ReconnectRequest[] = [];
  readonly failures: RtmpError[] = [];
  readonly warnings: string[] = [];

  onPublishing(): void {
    this.published++;
  }
  onStatus(status: RtmpStatus): void {
    this.statuses.push(status.code);
  }
  onCommand(name: string, args: AmfValue[]): void {
    this.commands.push([name, args]);
  }
  onReconnectRequest(request: ReconnectRequest): void {
    this.reconnects.push(request);
  }
  onWarning(message: string): void {
    this.warnings.push(message);
  }
  onFailure(error: RtmpError): void {
    this.failures.push(error);
  }
}

export interface SentMessage {
  type: number;
  messageStreamId: number;
  payload: Buffer;
}

/** The client's side of a connection. */
interface ClientSession {
  start(): void;
  receive(bytes: Uint8Array): void;
}

/** A client's session with a hand-made server around it: reads what it sends, says what the test wants. */
export class ScriptedPeer<Session extends ClientSession> {
  readonly clock = new TestClock();
  readonly session: Session;
  /** All that the session has sent since the handshake. */
  readonly sent: SentMessage[] = [];
  readonly #fromSession = new ByteSink();
  readonly #toSession = new ByteSink();
  readonly #writer = new ChunkWriter(this.#toSession);
  readonly #reader = new ChunkReader(
    {
      onMessage: (type, messageStreamId, _timestamp, payload) => {
        this.sent.push({ type, messageStreamId, payload: Buffer.from(payload) });
      },
    },
    RECEIVER_LIMITS,
  );

  constructor(
    make: (clock: TestClock, sink: SliceSink) => Session,
    tap: (slice: Uint8Array) => void = () => undefined,
  ) {
    this.session = make(this.clock, {
      push: (slice) => {
        tap(slice);
        this.#fromSession.push(slice);
      },
    });
  }

  /** Runs the handshake; the session has sent `connect` then. */
  shakeHands(): this {
    this.session.start();
    return this.answerHandshake();
  }

  /** The server's side of the handshake, once the session has started it. */
  answerHandshake(): this {
    const hello = this.#fromSession.take();
    this.session.receive(Buffer.concat([Buffer.from([3]), pattern(1536), hello.subarray(1)]));
    this.#reader.push(this.#fromSession.take().subarray(1536));
    return this;
  }

  say(type: number, payload: Uint8Array, messageStreamId = 0): this {
    this.#writer.write(3, type, messageStreamId, 0, payload);
    this.session.receive(this.#toSession.take());
    this.#reader.push(this.#fromSession.take());
    return this;
  }

  command(name: string, transactionId: number, ...args: AmfValue[]): this {
    return this.say(MessageType.commandAmf0, encodeCommand(name, transactionId, ...args));
  }

  status(code: string, level = 'status', description = ''): this {
    return this.command('onStatus', 0, null, { level, code, description });
  }

  /** Takes in what the session has sent by itself. */
  listen(): this {
    this.#reader.push(this.#fromSession.take());
    return this;
  }

  acceptConnect(...more: AmfValue[]): this {
    return this.command(
      '_result',
      1,
      {},
      { level: 'status', code: 'NetConnection.Connect.Success' },
      ...more,
    );
  }

  /** The commands sent, in order. */
  get commands(): Command[] {
    return this.sent
      .filter(({ type }) => type === MessageType.commandAmf0)
      .map(({ type, payload }) => decodeCommand(type, payload, RECEIVER_LIMITS));
  }

  last(name: string): Command {
    const found = this.commands.findLast((command) => command.name === name);
    if (found === undefined) throw new Error(`the session did not send ${name}`);
    return found;
  }
}

/** A publish session with a hand-made server around it. */
export class ScriptedServer extends ScriptedPeer<PublishSession> {
  readonly recorder: Recorder;

  constructor(more: Partial<PublishSessionOptions> = {}, tap?: (slice: Uint8Array) => void) {
    const recorder = new Recorder();
    super((clock, sink) => new PublishSession(publishOptions(clock, more), sink, recorder), tap);
    this.recorder = recorder;
  }

  /** Everything until the session publishes. */
  accept(messageStreamId = 1): this {
    this.shakeHands().acceptConnect();
    return this.command('_result', this.last('createStream').transactionId, null, messageStreamId).status(
      'NetStream.Publish.Start',
    );
  }

  /** The one failure that must have happened. */
  get failure(): RtmpError {
    const [error, ...others] = this.recorder.failures;
    if (error === undefined || others.length > 0)
      throw new Error(`${this.recorder.failures.length} failures`);
    return error;
  }
}
