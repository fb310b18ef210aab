import { type MetricFamily, ofDestinations, ofDestinationsBy } from './metric-family.js';

const SECONDS = 1000;
const BITS = 8;

/** Of the disk spools of destinations. */
export const spoolMetrics: readonly MetricFamily[] = [
  ofDestinations({
    name: 'cloudpush_spool_disk_bytes',
    type: 'gauge',
    help: 'Bytes that the disk spool holds; absent where there is none.',
    value: ({ spool }) => spool?.bytes,
  }),
  ofDestinations({
    name: 'cloudpush_spool_gaps',
    type: 'gauge',
    help: 'Gaps on disk.',
    value: ({ spool }) => spool?.gaps,
  }),
  ofDestinations({
    name: 'cloudpush_spool_behind_seconds',
    type: 'gauge',
    help: 'Media on disk that has yet to be sent.',
    value: ({ spool }) => spool && spool.behindMs / SECONDS,
  }),
  ofDestinations({
    name: 'cloudpush_spool_backfill_bytes_per_second',
    type: 'gauge',
    help: 'How fast it is being sent; 0: it is not.',
    value: ({ spool }) => spool && spool.backfillRate / BITS,
  }),
  ofDestinations({
    name: 'cloudpush_spool_failed',
    type: 'gauge',
    help: '1 while the disk cannot be written.',
    value: ({ spool }) => spool && Number(spool.isOff),
  }),
  ofDestinationsBy('outcome', {
    name: 'cloudpush_spool_bytes_total',
    type: 'counter',
    help: 'Bytes that went to disk, were sent from there, were removed unsent, or lost.',
    values: ({ counters }) => ({
      spooled: counters.spooledBytes,
      sent: counters.spoolSentBytes,
      expired: counters.spoolExpiredBytes,
      lost: counters.spoolLostBytes,
    }),
  }),
  ofDestinationsBy('outcome', {
    name: 'cloudpush_spool_seconds_total',
    type: 'counter',
    help: 'The same in media time.',
    values: ({ counters }) => ({
      spooled: counters.spooledMs / SECONDS,
      sent: counters.spoolSentMs / SECONDS,
      expired: counters.spoolExpiredMs / SECONDS,
    }),
  }),
];
