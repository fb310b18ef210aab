import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FlvWriter, TagType } from '@cloudpush/muxer';
import { encodeAmf0, MessageType, type ReceivedMessage } from '@cloudpush/transport';
import { CloudPushError } from '../errors.js';
import { OrderedFile } from './ordered-file.js';
import { recordingName } from './recording-name.js';

/** How often a name is varied when there is a file of that name already. */
const MAX_ATTEMPTS = 99;

/** TypeFlags stand in the fifth byte of an FLV file (FLV E.2). */
const FLAGS_OFFSET = 4;

/** Tells a server to keep the values behind it; a file holds those values alone. */
const SET_DATA_FRAME = encodeAmf0('@setDataFrame');

/** Facts that name a recording. */
export interface RecordedStream {
  readonly app: string;
  readonly streamName: string;
  readonly startedAt: Date;
}

/** The messages of one stream in an FLV file of its own: bodies and timestamps as they came. */
export class FlvRecording {
  readonly path: string;
  readonly #file: OrderedFile;
  readonly #writer = new FlvWriter();
  #hasAudio = false;
  #hasVideo = false;

  /**
   * Starts a file in `folder`. An existing file is never written over.
   * @throws CloudPushError `ERR_CLOUDPUSH_RECORDING_FAILED`.
   */
  constructor(folder: string, { app, streamName, startedAt }: RecordedStream) {
    const { path, file } = createFile(join(folder, recordingName(app, streamName, startedAt)));
    this.path = path;
    this.#file = file;
    this.#file.append(this.#writer.header());
  }

  /** Why the recording is not whole, if it is not. */
  get error(): CloudPushError | undefined {
    const { error } = this.#file;
    return error === undefined ? undefined : recordingError(this.path, error);
  }

  /** Bytes of the file so far. */
  get size(): number {
    return this.#file.size;
  }

  write(message: ReceivedMessage): void {
    const body = bodyOf(message);
    this.#hasAudio ||= message.type === MessageType.audio;
    this.#hasVideo ||= message.type === MessageType.video;
    if (body !== undefined) {
      this.#file.append(
        ...this.#writer.tag({
          type: body.type,
          timestamp: message.timestamp,
          parts: [body.data],
          size: body.data.length,
        }),
      );
    }
  }

  /** Writes what is left, and which tracks there were. A file that took nothing in is taken away. */
  async finish(): Promise<void> {
    const header = this.#writer.header({ hasAudio: this.#hasAudio, hasVideo: this.#hasVideo });
    await this.#file.finish(header.subarray(FLAGS_OFFSET, FLAGS_OFFSET + 1), FLAGS_OFFSET);
    if (this.#file.error !== undefined) {
      await removeIfEmpty(this.path);
    }
  }
}

async function removeIfEmpty(path: string): Promise<void> {
  try {
    if ((await stat(path)).size === 0) {
      await unlink(path);
    }
  } catch {
    // The recording has failed, and that is what is told: see `error`.
  }
}

function createFile(stem: string): { path: string; file: OrderedFile } {
  for (let attempt = 1; ; attempt++) {
    const path = `${stem}${attempt === 1 ? '' : `-${attempt}`}.flv`;
    try {
      return { path, file: OrderedFile.create(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === MAX_ATTEMPTS) {
        throw recordingError(path, error);
      }
    }
  }
}

/** The tag that a message becomes; undefined for messages that a file has no tag for. */
function bodyOf({ type, payload }: ReceivedMessage): { type: TagType; data: Uint8Array } | undefined {
  switch (type) {
    case MessageType.audio:
      return { type: TagType.audio, data: payload };
    case MessageType.video:
      return { type: TagType.video, data: payload };
    case MessageType.dataAmf0:
      return { type: TagType.scriptData, data: withoutSetDataFrame(payload) };
    case MessageType.dataAmf3:
      // A zero byte, then AMF0 (RTMP 1.0 §7.1.1).
      return { type: TagType.scriptData, data: withoutSetDataFrame(payload.subarray(1)) };
    default:
      return undefined;
  }
}

function withoutSetDataFrame(payload: Uint8Array): Uint8Array {
  const start = payload.subarray(0, SET_DATA_FRAME.length);
  return SET_DATA_FRAME.equals(start) ? payload.subarray(SET_DATA_FRAME.length) : payload;
}

function recordingError(path: string, cause: unknown): CloudPushError {
  const why =
    (cause as NodeJS.ErrnoException).code ?? (cause instanceof Error ? cause.message : String(cause));
  const message = `the recording ${path} cannot be written (${why})`;
  return new CloudPushError('ERR_CLOUDPUSH_RECORDING_FAILED', message, {
    class: 'fatal',
    details: { path },
    cause,
  });
}
