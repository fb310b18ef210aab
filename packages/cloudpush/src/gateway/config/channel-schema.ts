import { Type } from '../schema-builder.js';
import { destinationDefaultsSchema, destinationSchema } from './destination-schema.js';
import { FILE_FORMAT_NAMES, TRIGGER_TYPE_NAMES } from './engine-names.js';
import { choice, duration, optional, retry, secret, strict, text } from './schema-parts.js';

/** Keys of `channelDefaults` and of each channel. */
const handling = {
  rtspTransport: optional(
    choice('How RTP comes from a camera. `auto`: TCP, then UDP. Default tcp.', ['tcp', 'udp', 'auto']),
  ),
  sourceTimeout: optional(
    duration('A source that sends nothing for so long is connected anew. Default 10s.', 100, 3_600_000),
  ),
  videoTimeout: optional(
    duration('The same for one that sends sound and no pictures. Default 10s.', 100, 3_600_000),
  ),
  sourceRetry: optional(retry('Waits between attempts to reach the source. Default 1s to 1m.')),
  audio: optional(
    choice(
      '`auto` (default): as `copy`. `copy`: as it comes. `aac`: G.711 becomes AAC. `silence`: a silent track instead. `none`: no sound.',
      ['auto', 'copy', 'aac', 'silence', 'none'],
    ),
  ),
  offline: optional(
    strict('Continuous mode: what is sent while the source is lost. Default nothing.', {
      file: text('Path of a file, played in a loop; best with the codecs of the source.'),
    }),
  ),
  hevc: optional(
    choice('How H.265 is sent: as Enhanced RTMP, or as codec id 12. Default auto.', [
      'auto',
      'enhanced',
      'legacy',
    ]),
  ),
  mode: optional(
    choice('`continuous` (default): always. `event`: only around events, see triggers.', [
      'continuous',
      'event',
    ]),
  ),
  preRoll: optional(
    duration(
      'Event mode: how much from before the event is sent, from a key frame on. Default 5s.',
      0,
      120_000,
    ),
  ),
  postRoll: optional(
    duration('Event mode: how long recording goes on after the event. Default 10s.', 0, 3_600_000),
  ),
  maxDuration: optional(
    duration('Event mode: the longest recording, pre-roll not counted. Default 1h.', 1000, 86_400_000),
  ),
};

export const channelDefaultsSchema = strict('Defaults of all channels.', {
  ...handling,
  destination: optional(destinationDefaultsSchema),
});

const rtspUrl = { pattern: '^rtsps?://.', 'x-kind': 'rtspUrl', 'x-url': true };

const sourceSchema = Type.Union(
  [
    Type.String({ description: 'rtsp[s]://[user:password@]host[:port]/path', ...rtspUrl }),
    strict('Where media comes from: `url`, `file`, `command` or `module`.', {
      url: optional(Type.String({ description: 'rtsp[s]://host[:port]/path', ...rtspUrl })),
      username: optional(text('Of a camera. Default: the one in the URL.')),
      password: optional(secret('Goes with username.')),
      fingerprint: optional(
        Type.String({
          description: 'SHA-256 of the certificate of an rtsps:// camera, hexadecimal: the only one trusted.',
          pattern: '^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$',
        }),
      ),
      ca: optional(text('File of certificates, PEM, to trust for an rtsps:// camera.')),
      file: optional(
        text(
          'Path of a file, played in real time: .flv, .mp4, .mov, .mkv, .webm, .ts, or an elementary stream.',
        ),
      ),
      loop: optional(Type.Boolean({ description: 'Plays the file again and again. Default false.' })),
      format: optional(
        choice('Of a file or command. Default: by name and content; flv of a command.', FILE_FORMAT_NAMES),
      ),
      frameRate: optional(
        Type.Number({
          description: 'Pictures a second of an elementary stream that does not say.',
          exclusiveMinimum: 0,
          maximum: 1000,
        }),
      ),
      command: optional(
        Type.Array(Type.String(), {
          description:
            'Program and arguments; what it writes to its output is the source. Never run by a shell.',
          minItems: 1,
          maxItems: 1000,
        }),
      ),
      module: optional(text('URL or path of an ES module that yields packets.')),
      options: optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Handed to the module.' })),
    }),
  ],
  { description: 'Where media comes from: the URL of a camera, or an object.' },
);

const encryption = strict('Encrypts media before it leaves the gateway.', {
  video: optional(choice('Which pictures. Default none.', ['none', 'keyFrames', 'allFrames'])),
  audio: optional(choice('Which sound. Default none.', ['none', 'keyFrames', 'allFrames'])),
  key: secret('16 or 32 bytes are an AES key; anything else is stretched to one.'),
});

const onvif = strict('Events of a camera, by ONVIF: as long as one goes on, it is recorded.', {
  url: Type.String({
    description: 'http[s]://host[:port]/onvif/device_service',
    pattern: '^https?://.',
    'x-kind': 'httpUrl',
    'x-url': true,
  }),
  username: optional(text('Of the camera. Its password goes as a digest.')),
  password: optional(secret('Goes with username.')),
  topics: optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      description: 'Parts of the names of events that count. Default [motion].',
      minItems: 1,
      maxItems: 32,
    }),
  ),
});

const trigger = strict('What starts a recording.', {
  http: optional(Type.Boolean({ description: 'POST /v1/channels/<name>/trigger.' })),
  onvif: optional(onvif),
  type: optional(
    choice(
      'The type of an event that says none. Default default; moveDetect of a camera.',
      TRIGGER_TYPE_NAMES,
    ),
  ),
});

/** A channel: one source, and where its stream goes. */
export const channelSchema = strict('One source, and where its stream goes.', {
  enabled: optional(Type.Boolean({ description: 'false: the channel is stopped. Default true.' })),
  labels: optional(
    Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }), Type.String({ maxLength: 128 }), {
      description: 'Words of your own, for filters and metrics.',
      additionalProperties: false,
    }),
  ),
  source: sourceSchema,
  ...handling,
  triggers: optional(
    Type.Array(trigger, { description: 'Event mode: what starts a recording.', maxItems: 16 }),
  ),
  encryption: optional(encryption),
  destinations: Type.Array(destinationSchema, {
    description: 'Where the stream goes, muxed once for all.',
    minItems: 1,
    maxItems: 32,
  }),
});
