import {
  MessageType,
  type ReceivedMessage,
  type ReceivedStream,
  type ReceivedStreamHandler,
  type RtmpError,
} from '@cloudpush/transport';
import { monotonicNow } from '../base/clock.js';
import { CloudPushError } from '../base/errors.js';
import { FlvRecording, type RecordingPlace } from './flv-recording.js';
import type { IncomingStream, StreamEnd } from './incoming-stream.js';
import { bringsMedia } from './media-message.js';

/** One stream on its way into its recording. */
export class RecordedInput implements IncomingStream, ReceivedStreamHandler {
  readonly startedAt = new Date();
  readonly app: string;
  readonly finished: Promise<void>;
  pictures = 0;
  audioFrames = 0;
  readonly #stream: ReceivedStream;
  readonly #recording: FlvRecording | undefined;
  readonly #onEnded: (end: StreamEnd) => void;
  readonly #began = monotonicNow();
  #ended: number | undefined;
  #error: CloudPushError | undefined;
  #isRecorded = true;
  #finish!: () => void;

  constructor(stream: ReceivedStream, place: RecordingPlace | undefined, onEnded: (end: StreamEnd) => void) {
    this.#stream = stream;
    this.#onEnded = onEnded;
    // A token may stand behind the question mark.
    this.app = stream.app.split('?', 1)[0]!;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#recording = place === undefined ? undefined : this.#record(place);
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
    return this.#isRecorded ? this.#recording?.path : undefined;
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
    this.#count(message);
    this.#recording?.write(message);
    if (this.#recording?.error !== undefined) this.#stream.destroy();
  }

  onEnd(clean: boolean, error: RtmpError | undefined): void {
    this.#ended = monotonicNow();
    void this.#end(clean, error);
  }

  #count({ type, payload }: ReceivedMessage): void {
    if (type === MessageType.video) this.pictures += bringsMedia(type, payload) ? 1 : 0;
    else if (type === MessageType.audio) this.audioFrames += bringsMedia(type, payload) ? 1 : 0;
  }

  #record(place: RecordingPlace): FlvRecording | undefined {
    const { app, name: streamName, startedAt, id, from } = this;
    try {
      return new FlvRecording(place, { app, streamName, startedAt, id, from });
    } catch (error) {
      this.#error = CloudPushError.wrap(error);
      this.#stream.destroy();
      return undefined;
    }
  }

  async #end(clean: boolean, error: RtmpError | undefined): Promise<void> {
    this.#isRecorded = (await this.#recording?.finish()) !== false;
    const failure = this.#error ?? this.#recording?.error ?? error;
    this.#onEnded({ clean: clean && failure === undefined, error: failure });
    this.#finish();
  }
}
