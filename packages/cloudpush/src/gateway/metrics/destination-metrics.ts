import type { DestinationStatus } from '../state.js';
import { type MetricFamily, ofDestinations, ofDestinationsBy } from './metric-family.js';
import { spoolMetrics } from './spool-metrics.js';

const SECONDS = 1000;

/** States in which the server takes the stream. */
const upStates: ReadonlySet<DestinationStatus> = new Set(['publishing', 'paused', 'backfilling']);

/** Of the destinations of channels. */
export const destinationMetrics: readonly MetricFamily[] = [
  ofDestinations({
    name: 'cloudpush_destination_up',
    type: 'gauge',
    help: '1 while the server takes the stream.',
    value: ({ state }) => Number(upStates.has(state)),
  }),
  ofDestinations({
    name: 'cloudpush_destination_sent_bytes_total',
    type: 'counter',
    help: 'Bytes that the kernel has accepted, protocol included.',
    value: ({ counters }) => counters.bytesSent,
  }),
  ofDestinationsBy('kind', {
    name: 'cloudpush_destination_frames_total',
    type: 'counter',
    help: 'Frames and data messages handed to the connection.',
    values: ({ counters }) => ({
      video: counters.videoFrames,
      audio: counters.audioFrames,
      data: counters.dataMessages,
    }),
  }),
  ofDestinationsBy('cause', {
    name: 'cloudpush_destination_dropped_frames_total',
    type: 'counter',
    help: 'Frames that were not sent, by cause: see the table of causes.',
    values: ({ counters }) => ({
      disposable: counters.droppedDisposable,
      picture: counters.droppedPictures,
      undecodable: counters.droppedUndecodable,
      audio: counters.droppedAudio,
      lost_video: counters.lostPictures,
      lost_audio: counters.lostAudio,
    }),
  }),
  ofDestinations({
    name: 'cloudpush_destination_reconnects_total',
    type: 'counter',
    help: 'How often the connection was made again.',
    value: ({ counters }) => counters.reconnects,
  }),
  ofDestinationsBy('class', {
    name: 'cloudpush_destination_connect_errors_total',
    type: 'counter',
    help: 'Failed attempts and lost connections, by the class of their error.',
    values: ({ counters }) => counters.connectErrors,
  }),
  ofDestinations({
    name: 'cloudpush_destination_failed_attempts',
    type: 'gauge',
    help: 'Attempts to connect that have failed in a row; 0 while all is well.',
    value: ({ attempt }) => attempt,
  }),
  ofDestinations({
    name: 'cloudpush_destination_moves_total',
    type: 'counter',
    help: 'How often the stream has moved to another connection without a gap.',
    value: ({ counters }) => counters.moves,
  }),
  ofDestinations({
    name: 'cloudpush_destination_queue_bytes',
    type: 'gauge',
    help: 'Bytes of media that wait for the server.',
    value: ({ queuedBytes }) => queuedBytes,
  }),
  ofDestinations({
    name: 'cloudpush_destination_queue_seconds',
    type: 'gauge',
    help: 'How long the media that waits has been coming in.',
    value: ({ queuedMs }) => queuedMs / SECONDS,
  }),
  ofDestinations({
    name: 'cloudpush_destination_unacknowledged_bytes',
    type: 'gauge',
    help: 'Bytes sent that the server has not acknowledged; absent before its first acknowledgement.',
    value: ({ unacknowledgedBytes }) => unacknowledgedBytes,
  }),
  ofDestinationsBy('stage', {
    name: 'cloudpush_destination_connect_duration_seconds',
    type: 'gauge',
    help: 'How long each stage of the latest connect took.',
    values: ({ timings = {} }) =>
      Object.fromEntries(
        Object.entries(timings)
          .filter(([, ms]) => ms !== undefined)
          .map(([stage, ms]) => [stage, ms / SECONDS]),
      ),
  }),
  ...spoolMetrics,
];
