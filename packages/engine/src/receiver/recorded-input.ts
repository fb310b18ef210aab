import type { ReceivedMessage, ReceivedStream, ReceivedStreamHandler, RtmpError } from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { CloudPushError } from '../errors.js';
import { FlvRecording } from './flv-recording.js';
import type { IncomingStream, StreamEnd } from './incoming-stream.js';

/** One stream on its way into its recording. */
export class RecordedInput implements IncomingStream, ReceivedStreamHandler {
  readonly startedAt = new Date();
  readonly app: string;
  readonly finished: Promise<void>;
  readonly #stream: ReceivedStream;
  readonly #recording: FlvRecording | undefined;
  readonly #onEnded: (end: StreamEnd) => void;
  readonly #began = monotonicNow();
  #ended: number | undefined;
  #error: CloudPushError | undefined;
  #finish!: () => void;

  constructor(stream: ReceivedStream, folder: string | undefined, onEnded: (end: StreamEnd) => void) {
    this.#stream = stream;
    this.#onEnded = onEnded;
    // A token may stand behind the question mark.
    this.app = stream.app.split('?', 1)[0]!;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#recording = folder === undefined ? undefined : this.#record(folder);
  }

  get id(): number {
    return this.#stream.id;
  }

  get name(): string {
    return this.#stream.streamName;
  }

  get from(): string {
    return this.#stream.remoteAddress;
  }

  get file(): string | undefined {
    return this.#recording?.path;
  }

  get videoMessages(): number {
    return this.#stream.counters.videoMessages;
  }

  get audioMessages(): number {
    return this.#stream.counters.audioMessages;
  }

  get bytes(): number {
    return this.#stream.counters.bytes;
  }

  get elapsed(): number {
    return (this.#ended ?? monotonicNow()) - this.#began;
  }

  onMessage(message: ReceivedMessage): void {
    this.#recording?.write(message);
    if (this.#recording?.error !== undefined) {
      this.#stream.destroy();
    }
  }

  onEnd(clean: boolean, error: RtmpError | undefined): void {
    this.#ended = monotonicNow();
    void this.#end(clean, error);
  }

  #record(folder: string): FlvRecording | undefined {
    try {
      return new FlvRecording(folder, { app: this.app, streamName: this.name, startedAt: this.startedAt });
    } catch (error) {
      this.#error = CloudPushError.wrap(error);
      this.#stream.destroy();
      return undefined;
    }
  }

  async #end(clean: boolean, error: RtmpError | undefined): Promise<void> {
    await this.#recording?.finish();
    const failure = this.#error ?? this.#recording?.error ?? error;
    this.#onEnded({ clean: clean && failure === undefined, error: failure });
    this.#finish();
  }
}
