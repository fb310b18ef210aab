import type { TSchema } from 'typebox';
import { TRIGGER_TYPE_NAMES } from '../../config/engine-names.js';
import { CHANNEL_NAME_PATTERN, channelSchema } from '../../config/schema.js';
import { Type } from '../../schema-builder.js';
import { channelStateSchema, channelStates } from './channel-state.js';
import { count, text } from './common.js';

const nameSchema = Type.String({
  pattern: CHANNEL_NAME_PATTERN,
  description: 'Letters, digits, dot, underscore and hyphen; at most 64.',
});

export const channelParameters = Type.Object({ name: nameSchema });
export const destinationParameters = Type.Object({ name: nameSchema, destination: nameSchema });

/** The `If-Match` header of changes. */
export const changeHeaders = Type.Object({
  'if-match': Type.Optional(text('The ETag that the channel must still have, or *.')),
});
export const replaceHeaders = Type.Object({
  ...changeHeaders.properties,
  'if-none-match': Type.Optional(text('*: the channel must not exist yet.')),
});

/** A channel: configuration and state. */
export const channelResourceSchema = Type.Object({
  name: nameSchema,
  revision: text('The ETag, without quotes.'),
  configuration: channelSchema,
  state: channelStateSchema,
});

/** A channel's configuration, or a patch of one: the gateway looks at what is in it. */
export const documentSchema = Type.Object({});

const strict = { additionalProperties: false };

/** The most channels that one request adds. */
const MAX_NEW_CHANNELS = 1000;

const newChannels = <Channel extends TSchema>(channel: Channel) =>
  Type.Union([channel, Type.Array(channel, { minItems: 1, maxItems: MAX_NEW_CHANNELS })]);

/**
 * Of `POST /v1/channels`. Configurations are checked by the gateway, which tells all that is wrong, as with
 * the file.
 */
export const newChannelsSchema = newChannels(
  Type.Object({ name: nameSchema, configuration: Type.Unknown() }, strict),
);
/** The same, as it is documented. */
export const documentedNewChannels = newChannels(
  Type.Object({ name: nameSchema, configuration: channelSchema }),
);

const local = Type.Optional(
  Type.Boolean({ description: 'Of a cluster, only what this node has. Default false.' }),
);

/** Of `GET /v1/channels`. */
export const channelQuery = Type.Object(
  {
    state: Type.Optional(
      Type.String({
        pattern: `^(${channelStates.join('|')})(,(${channelStates.join('|')}))*$`,
        description: `Only channels in one of these states, separated by commas: ${channelStates.join(', ')}.`,
      }),
    ),
    label: Type.Optional(
      Type.Union(
        [Type.Array(Type.String({ maxLength: 300 }), { maxItems: 16 }), Type.String({ maxLength: 300 })],
        {
          description:
            'Only channels with this label: NAME=VALUE, or NAME for any value. All of them, when repeated.',
        },
      ),
    ),
    local,
    offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  { additionalProperties: false },
);

/** Of `GET /v1/channels/{name}`. */
export const localQuery = Type.Object({ local }, { additionalProperties: false });

/** Of `GET /v1/channels/{name}/events`. */
export const eventQuery = Type.Object(
  {
    after: Type.Optional(count('Only events with a larger id.')),
    limit: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 100,
      description: 'The most, the latest ones.',
    }),
  },
  { additionalProperties: false },
);

/** Of `POST …/trigger`. */
export const triggerSchema = Type.Object(
  {
    type: Type.Optional(
      Type.Union([Type.Enum(TRIGGER_TYPE_NAMES), Type.Integer({ minimum: -1, maximum: 105 })], {
        description: 'What has happened: a name or number of the trigger types. Default: default.',
      }),
    ),
    action: Type.Optional(
      Type.Enum(['pulse', 'start', 'stop'], {
        description: 'pulse (default): just now; start: goes on until stop; stop: it is over.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Of `POST …/move`. */
export const moveSchema = Type.Object(
  {
    url: Type.String({
      pattern: '^rtmps?://',
      maxLength: 4096,
      description: 'rtmp[s]://host[:port]/app/name. It is not written to the configuration, and never shown.',
    }),
    token: Type.Optional(Type.String({ maxLength: 8192, description: 'What the server is shown.' })),
    expiresAt: Type.Optional(
      Type.Number({ description: 'When the token loses its force, in ms since 1970.' }),
    ),
  },
  { additionalProperties: false },
);
