/** A server that takes RTMP streams and records them. */

export type {
  ErrorClass,
  RtmpError,
  RtmpErrorDetails,
  RtmpErrorOptions,
  RtmpStage,
} from '@cloudpush/transport';
export type { IncomingStream, StreamEnd } from './incoming-stream.js';
export { makeRecordingFolder } from './recording-folder.js';
export {
  DEFAULT_RECORDING_NAME,
  RECORDING_PLACEHOLDERS,
  type RecordedStream,
  templateFault,
} from './recording-name.js';
export { StreamReceiver, type StreamReceiverEvents, type StreamReceiverOptions } from './stream-receiver.js';
