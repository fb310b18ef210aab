import { Type } from '../../schema-builder.js';
import { channelStateSchema, channelStates } from './channel-state.js';
import { byName, count, faultSchema, text, time } from './common.js';

const configurationStateSchema = Type.Object({
  file: text('Where the configuration was read.'),
  revision: text('Changes with the configuration that is in force.'),
  loadedAt: time('When that was read.'),
  lastReload: Type.Object({ at: time('When the file was read last.'), successful: Type.Boolean() }),
  faults: Type.Array(faultSchema, { description: 'Of the file, when the last reload failed.' }),
  restartNeeded: Type.Array(Type.String(), {
    description: 'Changed keys that need a restart of the program.',
  }),
});

const engineStateSchema = Type.Object({
  poolSize: count('Bytes.'),
  poolBytesInUse: count('Bytes.'),
  shards: count('Worker threads that push.'),
  channelsByShard: Type.Array(Type.Integer()),
  maxConnections: count('The most destinations at once.'),
  latency: byName(Type.Number(), 'From a packet’s arrival to the kernel’s acceptance, in ms.'),
});

/** `GET /v1/info`. */
export const infoSchema = Type.Object({
  version: text('Of cloudpush.'),
  nodeVersion: text('Of Node.js.'),
  startedAt: time('When the gateway began.'),
  ready: Type.Boolean({ description: 'False from the moment the gateway was told to end.' }),
  channels: Type.Object(
    Object.fromEntries(channelStates.map((state) => [state, count(`Channels that are ${state}.`)])),
    {
      description: 'How many channels there are, by state.',
    },
  ),
  configuration: configurationStateSchema,
  engine: engineStateSchema,
});

/** A page of `GET /v1/channels`. */
export const channelPageSchema = Type.Object({
  items: Type.Array(channelStateSchema),
  total: count('Channels that the filter lets through, on all pages.'),
  offset: count('Of the first of these.'),
  limit: count('The most on a page.'),
});

/** `POST /v1/config/reload`. */
export const reloadReportSchema = Type.Object({
  successful: Type.Boolean(),
  faults: Type.Array(faultSchema, { description: 'Why not: the configuration before stays in force.' }),
  added: Type.Array(Type.String()),
  changed: Type.Array(Type.String()),
  removed: Type.Array(Type.String()),
  restartNeeded: Type.Array(Type.String()),
});

/** `POST /v1/config/check`. */
export const checkReportSchema = Type.Object({ valid: Type.Boolean(), faults: Type.Array(faultSchema) });
