import { type MetricFamily, ofChannels, ofChannelsBy } from './metric-family.js';

const SECONDS = 1000;

/** Of the sources of channels. */
export const sourceMetrics: readonly MetricFamily[] = [
  ofChannels({
    name: 'cloudpush_source_up',
    type: 'gauge',
    help: '1 while the source streams.',
    value: ({ source }) => Number(source.state === 'streaming'),
  }),
  ofChannels({
    name: 'cloudpush_source_received_bytes_total',
    type: 'counter',
    help: 'Bytes that the source has sent.',
    value: ({ source }) => source.counters.bytesReceived,
  }),
  ofChannelsBy('kind', {
    name: 'cloudpush_source_frames_total',
    type: 'counter',
    help: 'Frames that the source has sent.',
    values: ({ source: { counters } }) => ({ video: counters.videoFrames, audio: counters.audioFrames }),
  }),
  ofChannels({
    name: 'cloudpush_source_reconnects_total',
    type: 'counter',
    help: 'How often the source was connected again.',
    value: ({ source }) => source.counters.reconnects,
  }),
  ofChannels({
    name: 'cloudpush_source_rtp_packets_total',
    type: 'counter',
    help: 'RTP packets received.',
    value: ({ source }) => source.counters.rtpPackets,
  }),
  ofChannels({
    name: 'cloudpush_source_rtp_lost_total',
    type: 'counter',
    help: 'RTP packets that never came.',
    value: ({ source }) => source.counters.rtpLost,
  }),
  ofChannels({
    name: 'cloudpush_source_rtp_reordered_total',
    type: 'counter',
    help: 'RTP packets that came in another order than they were sent, and were put right.',
    value: ({ source }) => source.counters.rtpReordered,
  }),
  ofChannels({
    name: 'cloudpush_source_rtp_duplicates_total',
    type: 'counter',
    help: 'RTP packets that came more than once.',
    value: ({ source }) => source.counters.rtpDuplicates,
  }),
  ofChannels({
    name: 'cloudpush_source_damaged_pictures_total',
    type: 'counter',
    help: 'Pictures dropped, each with the rest of its group, as parts of them never came.',
    value: ({ source }) => source.counters.damagedPictures,
  }),
  ofChannels({
    name: 'cloudpush_source_jitter_seconds',
    type: 'gauge',
    help: 'Interarrival jitter of RTP (RFC 3550); absent where there is no RTP.',
    value: ({ source: { jitter } }) => (jitter === undefined ? undefined : jitter / SECONDS),
  }),
  ofChannels({
    name: 'cloudpush_source_last_frame_timestamp_seconds',
    type: 'gauge',
    help: 'When the last frame came, in seconds since 1970; absent before the first.',
    value: ({ source: { lastFrameAt } }) => (lastFrameAt === undefined ? undefined : lastFrameAt / SECONDS),
  }),
  ofChannels({
    name: 'cloudpush_source_failed_attempts',
    type: 'gauge',
    help: 'Attempts to connect that have failed in a row; 0 while all is well.',
    value: ({ source }) => source.attempt,
  }),
];
