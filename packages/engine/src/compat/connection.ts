import { monotonicNow } from '../base/clock.js';
import { CloudPushError } from '../base/errors.js';
import { ProblemLimiter } from '../base/problem-limiter.js';
import type { Channel } from '../engine/channel/channel.js';
import type { CloseReport } from '../engine/close-report.js';
import type { ServerCommand } from '../engine/destination/destination.js';
import type { PacketProblem } from '../engine/events.js';
import { callBack, type EventCallback } from './callback.js';
import type { CompatLog } from './compat-log.js';
import { type ErrorEvent, endEvent, refusalEvent } from './error-event.js';
import { E_SV_EVENT_TYPE } from './event-type.js';
import { type MetadataParameter, streamMetadata } from './metadata.js';
import { type Packet, sendPacket } from './packet.js';

/** Commands of a server that are events. */
const EVENT_OF_COMMAND: Readonly<Record<string, E_SV_EVENT_TYPE>> = {
  onLiveOpen: E_SV_EVENT_TYPE.ECHOSHOW_NOTIFY_LIVE_OPEN,
  onLiveClose: E_SV_EVENT_TYPE.ECHOSHOW_NOTIFY_LIVE_CLOSE,
};

/** The surroundings of a connection. */
export interface ConnectionHost {
  readonly log: CompatLog;
  /** `CONNECT_CLOSE` is about to be raised. */
  onEnded(connection: Connection): void;
}

/**
 * A channel of the native door as the C interface sees it: an id, return values, and a callback for its
 * events.
 */
export class Connection {
  /** Unique for the life of the process. */
  readonly id: number;
  readonly #host: ConnectionHost;
  readonly #callback: EventCallback | undefined;
  /** Undefined when it could not even be opened. */
  readonly #channel: Channel | undefined;
  readonly #refusals = new ProblemLimiter();
  #over = false;

  /** @param opened the channel, or why there is none: told by events as any other end */
  constructor(
    id: number,
    opened: Channel | CloudPushError,
    callback: EventCallback | undefined,
    host: ConnectionHost,
  ) {
    this.id = id;
    this.#host = host;
    this.#callback = callback;
    if (opened instanceof CloudPushError) {
      // The caller does not know the id yet.
      process.nextTick(() => this.#onClose({ clean: false, error: opened }));
      return;
    }
    this.#channel = opened;
    this.#listen(opened);
  }

  get isConnected(): boolean {
    return this.#channel?.state === 'publishing';
  }

  /** False when the packet was not taken; an event tells why, or a pause has. */
  sendPacket(packet: Packet): boolean {
    if (this.#channel === undefined) return false;
    try {
      return sendPacket(this.#channel, packet);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** False when it was not taken; an event tells why, or a pause has. */
  sendMetadata(metadataType: number, wParam: MetadataParameter, lParam: MetadataParameter): boolean {
    if (this.#channel === undefined) return false;
    try {
      return this.#channel.sendMetadata(streamMetadata(metadataType, wParam, lParam));
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Sends what was accepted, and ends. */
  close(): void {
    void this.#channel?.close();
  }

  #listen(channel: Channel): void {
    channel.on('connect', () => this.#raise(E_SV_EVENT_TYPE.RTMP_CONNECT_SUCCESS));
    channel.on('pause', () => this.#raise(E_SV_EVENT_TYPE.RTMP_PAUSE_MEDIA_PUSH));
    channel.on('resume', () => this.#raise(E_SV_EVENT_TYPE.RTMP_RESUME_MEDIA_PUSH));
    channel.on('segmentEnd', () => this.#raise(E_SV_EVENT_TYPE.PUSH_SEGMENT_END));
    channel.on('problem', ({ error }: PacketProblem) => this.#onProblem(error));
    channel.on('command', ({ name }: ServerCommand) => this.#onCommand(name));
    channel.on('close', (report: CloseReport) => this.#onClose(report));
  }

  /**
   * A `keyflag` that is wrong is in the log: the sample program of the C SDK has one, and takes 0x50 for the
   * end of its connection.
   */
  #onProblem(error: CloudPushError): void {
    if (error.code !== 'ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT') this.#raiseError(refusalEvent(error));
  }

  #onCommand(name: string): void {
    const event = Object.hasOwn(EVENT_OF_COMMAND, name) ? EVENT_OF_COMMAND[name] : undefined;
    if (event !== undefined) this.#raise(event);
  }

  #onClose({ error }: CloseReport): void {
    const event = error === undefined ? undefined : endEvent(error);
    if (event !== undefined) this.#raiseError(event);
    this.#host.onEnded(this);
    this.#raise(E_SV_EVENT_TYPE.RTMP_CONNECT_CLOSE);
    this.#over = true;
  }

  /**
   * Reports wrong arguments of a function: as often as a bad packet, and not before the function has
   * returned.
   */
  #refuse(error: unknown): false {
    const refusal = CloudPushError.wrap(error);
    // Another parameter is another fault, though its number is the same.
    const kind = `${refusal.code} ${refusal.details['parameter']}`;
    const repeats = this.#refusals.admit(kind, monotonicNow());
    if (repeats !== undefined) {
      const { code, message: reason } = refusal;
      this.#host.log.logger.warn({ lcid: this.id, code, reason, repeats }, 'arguments refused');
      process.nextTick(() => this.#raiseError(refusalEvent(refusal)));
    }
    return false;
  }

  #raiseError({ type, wparam }: ErrorEvent): void {
    this.#raise(type, wparam);
  }

  #raise(type: E_SV_EVENT_TYPE, wparam = 0): void {
    if (this.#over || this.#callback === undefined) return;
    const event = { lcid: this.id, eventType: type, wparam };
    callBack(this.#callback, event, (error) => this.#host.log.callbackFailed(this.id, error));
  }
}
