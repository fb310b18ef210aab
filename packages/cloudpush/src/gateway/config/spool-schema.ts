import { Type } from '../schema-builder.js';
import { choice, duration, optional, size, strict, text } from './schema-parts.js';

const MAX_SIZE = 2 ** 50;

/** Where the gateway keeps on disk what servers could not be sent. */
export const spoolStoreSchema = strict('The disk spool, for destinations with `overflow: spool`.', {
  folder: text('The folder, for this gateway alone; it is made where it is missing.', [
    '/var/spool/cloudpush',
  ]),
  maxBytes: optional(
    size('The most that all destinations keep; beyond, the oldest goes. Default 10GiB.', 2 ** 20, MAX_SIZE),
  ),
  maxAge: optional(duration('The longest that anything is kept. Default 7d.', 1000, 366 * 86_400_000)),
  minFree: optional(
    size('What stays free on the volume; below, the oldest goes. Default 1GiB.', 0, MAX_SIZE),
  ),
  sync: optional(
    choice('When the disk is told to make durable what was written. Default second.', [
      'second',
      'segment',
      'none',
    ]),
  ),
  maxGaps: optional(
    Type.Integer({
      description: 'The most gaps that are sent at a time, over all destinations. Default 4.',
      minimum: 1,
      maximum: 1000,
    }),
  ),
});

/** How a destination makes use of it. */
export const spoolSchema = strict('With `overflow: spool`: what goes to disk, and how it is sent.', {
  series: optional(
    text('A name under which it is found again after a restart. Default: channel and destination.'),
  ),
  when: optional(
    choice('`outage` (default): what the server cannot be sent. `always`: everything, first.', [
      'outage',
      'always',
    ]),
  ),
  resume: optional(
    choice(
      '`live` (default): live goes on, gaps are sent beside it. `in-order`: they are sent first, on the stream itself. ' +
        '`keep`: they stay on disk.',
      ['live', 'in-order', 'keep'],
    ),
  ),
  speed: optional(
    Type.Number({
      description: 'How much faster than real time a gap is sent at most. Default 2.',
      minimum: 1,
      maximum: 100,
    }),
  ),
  window: optional(
    Type.String({
      description: 'The hours in which gaps are sent, in the time of the machine. Default: at any time.',
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d$',
      examples: ['01:00-05:00', '22:00-04:30'],
    }),
  ),
  stream: optional(
    Type.String({
      description: 'The name of the stream of a gap; `$start` is its time. Default $stream-gap-$start.',
      pattern: '^[A-Za-z0-9_.$/-]*[$]start[A-Za-z0-9_.$/-]*$',
      maxLength: 128,
    }),
  ),
});
