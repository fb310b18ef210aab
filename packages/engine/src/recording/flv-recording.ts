import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FlvWriter, TagType } from '@cloudpush/muxer';
import { encodeAmf0, MessageType, type ReceivedMessage } from '@cloudpush/transport';
import { CloudPushError } from '../base/errors.js';
import { OrderedFile, type WriteBacklog } from './ordered-file.js';
import { type RecordedStream, recordingName } from './recording-name.js';

/**
 * Number of times that a number is put behind a name that a file has already; then the name becomes one that
 * no file has.
 */
const MAX_NUMBER = 20;

/** TypeFlags stand in the fifth byte of an FLV file (FLV E.2). */
const FLAGS_OFFSET = 4;

/** Tells a server to keep the values behind it; a file holds those values alone. */
const SET_DATA_FRAME = encodeAmf0('@setDataFrame');

/** Folder of recordings, their naming, and what they share. */
export interface RecordingPlace {
  readonly folder: string;
  /** See `recordingName`; undefined: the usual one. */
  readonly template: string | undefined;
  readonly backlog: WriteBacklog;
}

/** The messages of one stream in an FLV file of its own: bodies and timestamps as they came. */
export class FlvRecording {
  readonly path: string;
  readonly #file: OrderedFile;
  readonly #writer = new FlvWriter();
  #hasAudio = false;
  #hasVideo = false;
  #isEmpty = true;

  /**
   * Starts a file. An existing file is never written over.
   * @throws CloudPushError `ERR_CLOUDPUSH_RECORDING_FAILED`.
   */
  constructor({ folder, template, backlog }: RecordingPlace, stream: RecordedStream) {
    const { path, file } = createFile(folder, recordingName(stream, template), backlog);
    this.path = path;
    this.#file = file;
    this.#file.append(this.#writer.header());
  }

  /** Reason why the recording is not whole, if it is not. */
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
      this.#isEmpty = false;
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

  /**
   * Writes what is left, and which tracks there were. A recording of nothing is taken away, and `finish`
   * returns false.
   */
  async finish(): Promise<boolean> {
    const header = this.#writer.header({ hasAudio: this.#hasAudio, hasVideo: this.#hasVideo });
    await this.#file.finish(header.subarray(FLAGS_OFFSET, FLAGS_OFFSET + 1), FLAGS_OFFSET);
    if (this.#isEmpty || (this.#file.error !== undefined && (await isEmptyFile(this.path)))) {
      // Where that fails as well, the recording has failed, and that is what is told: see `error`.
      await unlink(this.path).catch(() => {});
    }
    return !this.#isEmpty;
  }
}

async function isEmptyFile(path: string): Promise<boolean> {
  return await stat(path).then(
    ({ size }) => size === 0,
    () => false,
  );
}

function createFile(
  folder: string,
  name: string,
  backlog: WriteBacklog,
): { path: string; file: OrderedFile } {
  for (let number = 1; ; number++) {
    const suffix = number > MAX_NUMBER ? `-${randomUUID().slice(0, 8)}` : number > 1 ? `-${number}` : '';
    const path = join(folder, `${name}${suffix}.flv`);
    try {
      makeFolders(folder, dirname(name));
      return { path, file: OrderedFile.create(path, backlog) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number > 2 * MAX_NUMBER) {
        throw recordingError(path, error);
      }
    }
  }
}

/** The folders that a template names, below the one that is there. */
function makeFolders(folder: string, below: string): void {
  if (below === '.') return;
  let path = folder;
  for (const part of below.split('/')) {
    path = join(path, part);
    try {
      mkdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
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
