import type { RtmpError } from '@cloudpush/transport';
import type { CloudPushError } from '../errors.js';

/** A stream that comes in, or has come in. */
export interface IncomingStream {
  /** From 1, in the order in which they began. */
  readonly id: number;
  readonly app: string;
  readonly name: string;
  /** Address of the publisher. */
  readonly from: string;
  /** The recording. */
  readonly file: string | undefined;
  readonly startedAt: Date;
  readonly videoMessages: number;
  readonly audioMessages: number;
  /** Bytes of messages. */
  readonly bytes: number;
  /** ms so far, or in all. */
  readonly elapsed: number;
}

/** How a stream ended. */
export interface StreamEnd {
  /** The publisher ended it in an orderly way, and the recording is whole. */
  readonly clean: boolean;
  readonly error: RtmpError | CloudPushError | undefined;
}
