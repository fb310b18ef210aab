import type { RtmpError } from '@cloudpush/transport';
import type { CloudPushError } from '../base/errors.js';

/** A stream that comes in, or has come in. */
export interface IncomingStream {
  /** From 1, in the order in which they began. */
  readonly id: number;
  readonly app: string;
  readonly name: string;
  /** Address of the publisher. */
  readonly from: string;
  /** The recording; undefined where nothing is recorded, and at the end when there was nothing to record. */
  readonly file: string | undefined;
  readonly startedAt: Date;
  readonly videoMessages: number;
  readonly audioMessages: number;
  /** Messages with a picture: not those with a configuration. */
  readonly pictures: number;
  /** Messages with sound. */
  readonly audioFrames: number;
  /** Bytes of messages. */
  readonly bytes: number;
  /** ms so far, or in all. */
  readonly elapsed: number;
}

/** End of a stream. */
export interface StreamEnd {
  /** The publisher ended it in an orderly way, and the recording is whole. */
  readonly clean: boolean;
  readonly error: RtmpError | CloudPushError | undefined;
}
