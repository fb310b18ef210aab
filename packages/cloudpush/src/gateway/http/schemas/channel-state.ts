import type { TProperties } from 'typebox';
import { Type } from '../../schema-builder.js';
import { byName, choice, count, text, time } from './common.js';

/** The states of channels, as `state.ts` has them. */

const errorSchema = Type.Object(
  { code: text('ERR_CLOUDPUSH_…'), message: text('Without secrets.'), at: time('When it came up.') },
  { description: 'The latest error; it stays after the trouble is over.' },
);

/** Of whatever can fail and is tried again. */
function standing<Properties extends TProperties>(states: string[], properties: Properties) {
  return {
    ...properties,
    state: choice('How it stands.', states),
    since: time('Since when.'),
    lastError: Type.Optional(errorSchema),
    attempt: count('How many attempts in a row have failed; 0 while all is well.'),
    nextRetryAt: Type.Optional(time('When the next attempt is made; absent when none is waited for.')),
  };
}

const sourceStates = ['idle', 'connecting', 'streaming', 'stalled', 'retrying', 'ended', 'failed'];

const sourceSchema = Type.Object(
  standing(sourceStates, {
    kind: choice('What it is.', ['rtsp', 'file', 'command', 'module']),
    place: text('URL, path or program, without secrets.'),
    counters: byName(Type.Number(), 'What is counted since the gateway began; numbers only grow.'),
    jitter: Type.Optional(Type.Number({ description: 'Of RTP packets, in ms.' })),
    tracks: Type.Optional(byName(Type.Unknown(), 'Codecs and their parameters.')),
    fallback: Type.Optional(
      Type.Boolean({ description: 'true: what `offline` names is sent in its place.' }),
    ),
    warnings: Type.Optional(
      Type.Array(Type.String(), { description: 'Notes since it connected, one sentence each.' }),
    ),
    lastFrameAt: Type.Optional(time('When the last frame came.')),
  }),
);

const destinationStates = [
  'idle',
  'connecting',
  'publishing',
  'paused',
  'retrying',
  'refused',
  'spooling',
  'backfilling',
  'closed',
];

export const destinationStateSchema = Type.Object(
  standing(destinationStates, {
    name: text('Of the destination.'),
    place: text('Where it pushes to, without secrets.'),
    host: Type.Optional(text('Of the server, without port.')),
    counters: byName(
      Type.Union([Type.Number(), byName(Type.Number(), 'Counts by class.')]),
      'What is counted since the gateway began; numbers only grow.',
    ),
    bitRate: Type.Number({ description: 'Bits a second that the kernel accepts.' }),
    queuedBytes: count('Bytes that wait.'),
    queuedMs: Type.Number({ description: 'How long they have been coming in, in ms.' }),
    unacknowledgedBytes: Type.Optional(
      Type.Number({ description: 'Sent, and not acknowledged by the server.' }),
    ),
    spool: Type.Optional(
      Type.Object(
        {
          behindMs: count('Media on disk that has yet to be sent, in ms.'),
          doneInMs: Type.Optional(
            Type.Number({ description: 'Until it has been sent, in ms, at this rate.' }),
          ),
          bytes: count('Bytes on disk.'),
          gaps: count('Gaps on disk.'),
          backfillRate: Type.Number({ description: 'Bits a second at which they are being sent.' }),
          isOff: Type.Boolean({ description: 'The disk has failed.' }),
        },
        { description: 'Of its disk spool; absent where it has none.' },
      ),
    ),
    timings: Type.Optional(byName(Type.Number(), 'How long each stage of the latest connect took, in ms.')),
  }),
);

const recordingSchema = Type.Object(
  {
    trigger: Type.Union([Type.String(), Type.Number()], { description: 'What the recording is for now.' }),
    since: time('When the event began.'),
    endsAt: Type.Optional(time('When it ends if nothing else happens.')),
  },
  { description: 'What an event-mode channel is recording; absent when it is not.' },
);

export const channelStates = ['starting', 'online', 'degraded', 'offline', 'disabled'] as const;

export const channelStateSchema = Type.Object({
  name: text('Of the channel.'),
  labels: byName(Type.String(), 'From the configuration.'),
  mode: choice('Pushes always, or on events only.', ['continuous', 'event']),
  state: choice('How the channel stands.', [...channelStates]),
  since: time('Since when.'),
  lastError: Type.Optional(errorSchema),
  revision: text('Changes with the configuration of the channel.'),
  source: sourceSchema,
  destinations: Type.Array(destinationStateSchema),
  event: Type.Optional(recordingSchema),
  events: count('Events recorded since the gateway began.'),
  paused: Type.Boolean(),
  pauses: count('How often the channel was paused.'),
  pausedMs: Type.Number({ description: 'How long it was paused, in ms.' }),
});
