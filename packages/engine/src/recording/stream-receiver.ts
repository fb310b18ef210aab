import {
  type Decision,
  RECEIVER_LIMITS,
  type ReceivedStream,
  type ReceivedStreamHandler,
  RtmpReceiver,
  type TransportLimits,
} from '@cloudpush/transport';
import { invalidParameter, invalidType, requireObject, requireText } from '../base/validation.js';
import type { RecordingPlace } from './flv-recording.js';
import type { IncomingStream, StreamEnd } from './incoming-stream.js';
import { WriteBacklog } from './ordered-file.js';
import { RecordedInput } from './recorded-input.js';
import { makeRecordingFolder } from './recording-folder.js';

/** Options of {@link StreamReceiver}. */
export interface StreamReceiverOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Folder for recordings; made if it is not there. Left out: nothing is recorded. */
  readonly folder?: string | undefined;
  /** Names of recordings: see `recordingName`. Left out: `{app}_{name}_{time}`. */
  readonly template?: string | undefined;
  /** Most streams at once; more are refused. Default 1,024. */
  readonly maxStreams?: number | undefined;
  /** Most connections at once. Default 1,024. */
  readonly maxConnections?: number | undefined;
  /** Bytes of half-received messages of all publishers together. Default 256 MiB. */
  readonly maxMemory?: number | undefined;
  /**
   * Bytes of the longest message that is taken, a picture with its head: 65,536 to 16,777,215, which is what
   * RTMP allows (§5.3.1.2). The connection of a longer one is closed. A publisher may hold two such messages
   * that are half received, at least 16 MiB, all of them `maxMemory`. Default 8 MiB.
   */
  readonly maxMessageBytes?: number | undefined;
  /** A publisher that completes no message for so many ms is sent away; 0: never. Default 20,000. */
  readonly idleTimeout?: number | undefined;
}

const DEFAULT_MAX_STREAMS = 1024;
const DEFAULT_IDLE_TIMEOUT = 20_000;
const MESSAGE_BYTES = { least: 2 ** 16, most: 2 ** 24 - 1 } as const;
/** Publishers have little to say beside media: what strangers say is kept small. */
const LIMITS = { maxUnreadReplyBytes: 1 << 16, maxCommandBytes: 1 << 16, maxAmfValues: 1 << 10 } as const;

/** Takes what a receiver has to tell. */
export interface StreamReceiverEvents {
  /** A stream has begun. */
  onPublish(stream: IncomingStream): void;
  /** A stream has ended, and its recording is complete on disk. */
  onEnd(stream: IncomingStream, end: StreamEnd): void;
  /** A client was sent away, or broke off, before it published anything. */
  onRefused(error: Error): void;
}

/** Takes streams in over RTMP and records each to a file of its own. */
export class StreamReceiver {
  readonly #options: StreamReceiverOptions;
  readonly #events: StreamReceiverEvents;
  readonly #streams = new Set<RecordedInput>();
  readonly #place: RecordingPlace | undefined;
  readonly #maxStreams: number;
  #receiver!: RtmpReceiver;

  /**
   * @throws CloudPushError `ERR_CLOUDPUSH_RECORDING_FAILED` when the folder cannot be made,
   *   `ERR_CLOUDPUSH_SOCKET` when the address cannot be had, `ERR_CLOUDPUSH_INVALID_PARAMETER`.
   */
  static async listen(options: StreamReceiverOptions, events: StreamReceiverEvents): Promise<StreamReceiver> {
    const receiver = new StreamReceiver(options, events);
    await receiver.#listen();
    return receiver;
  }

  private constructor(options: StreamReceiverOptions, events: StreamReceiverEvents) {
    requireObject('options', options);
    requireObject('events', events);
    for (const name of ['onPublish', 'onEnd', 'onRefused'] as const)
      if (typeof events[name] !== 'function') throw invalidType(name, events[name], 'a function');
    if (options.folder !== undefined) requireText('folder', options.folder);
    if (options.template !== undefined) requireText('template', options.template);
    requireMessageBytes(options.maxMessageBytes);
    this.#options = options;
    this.#events = events;
    this.#maxStreams = options.maxStreams ?? DEFAULT_MAX_STREAMS;
    const { folder, template } = options;
    this.#place = folder === undefined ? undefined : { folder, template, backlog: new WriteBacklog() };
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#receiver.address;
  }

  /** Streams that come in now. */
  get streams(): readonly IncomingStream[] {
    return [...this.#streams];
  }

  /** Bytes of messages of all streams since the beginning. */
  get bytes(): number {
    return this.#receiver.counters.bytes;
  }

  /** Stops, resets what is connected, and resolves when every recording has been written. */
  async close(): Promise<void> {
    await this.#receiver.close();
    await Promise.all([...this.#streams].map((stream) => stream.finished));
  }

  async #listen(): Promise<void> {
    const { host, port, folder, maxConnections, maxMemory, idleTimeout } = this.#options;
    if (folder !== undefined) await makeRecordingFolder(folder);
    this.#receiver = await RtmpReceiver.listen(
      {
        host,
        port,
        maxConnections,
        maxBufferedBytes: maxMemory,
        idleTimeout: idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
        limits: { ...LIMITS, ...messageLimits(this.#options.maxMessageBytes) },
        behaviour: { onPublish: () => this.#decide() },
      },
      {
        onPublish: (stream) => this.#onPublish(stream),
        onConnectionError: (error) => this.#events.onRefused(error),
      },
    );
  }

  #decide(): Decision {
    const maxStreams = this.#maxStreams;
    if (this.#streams.size < maxStreams) return 'accept';
    this.#events.onRefused(
      new Error(`no more than ${maxStreams} streams are taken at once: one more was refused`),
    );
    return { code: 'NetStream.Publish.Denied', description: `No more than ${maxStreams} streams are taken.` };
  }

  #onPublish(stream: ReceivedStream): ReceivedStreamHandler {
    const input = new RecordedInput(stream, this.#place, (end) => {
      this.#streams.delete(input);
      this.#events.onEnd(input, end);
    });
    this.#streams.add(input);
    this.#events.onPublish(input);
    return input;
  }
}

function requireMessageBytes(bytes: number | undefined): void {
  if (bytes === undefined) return;
  const { least, most } = MESSAGE_BYTES;
  if (!Number.isSafeInteger(bytes) || bytes < least || bytes > most)
    throw invalidParameter('maxMessageBytes', bytes, `an integer from ${least} to ${most}`);
}

/** Messages of a picture and of sound may be under way at a time. */
function messageLimits(bytes: number | undefined): Partial<TransportLimits> {
  if (bytes === undefined) return {};
  return { maxMessageBytes: bytes, maxAssemblyBytes: Math.max(RECEIVER_LIMITS.maxAssemblyBytes, 2 * bytes) };
}
