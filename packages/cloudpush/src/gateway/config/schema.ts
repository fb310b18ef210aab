import type { Static } from 'typebox';
import { Type } from '../schema-builder.js';
import { channelDefaultsSchema, channelSchema } from './channel-schema.js';
import { clusterSchema } from './cluster-schema.js';
import { address, choice, duration, optional, secret, size, strict, text } from './schema-parts.js';
import { spoolStoreSchema } from './spool-schema.js';

/**
 * The one definition of the configuration: of the file, of the HTTP interface, and of what editors are told.
 */

/** Names of channels are parts of paths and labels of metrics. */
export const CHANNEL_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

const log = strict('The log of the gateway, on its standard error.', {
  level: optional(
    choice('Default main: milestones, warnings and errors.', [
      'verbose',
      'info',
      'main',
      'warn',
      'error',
      'silent',
    ]),
  ),
  format: optional(choice('Lines for people, or JSON. Default text.', ['text', 'json'])),
});

const engine = strict('Memory and threads. Changes take effect when the gateway is started again.', {
  poolSize: optional(size('All media that waits. Default 256MiB.', 65_536, 4_294_967_232)),
  maxConnections: optional(
    Type.Integer({
      description: 'The most destinations at once. Default 1024.',
      minimum: 1,
      maximum: 65_535,
    }),
  ),
  shards: optional(
    Type.Integer({
      description: 'Worker threads. Default: one for every 256 destinations, at most one a processor.',
      minimum: 1,
      maximum: 64,
    }),
  ),
  maxConnecting: optional(
    Type.Integer({
      description: 'The most connections made at a time. Default 256.',
      minimum: 1,
      maximum: 65_535,
    }),
  ),
  maxBatchDelay: optional(
    duration(
      'The longest that packets wait for others to leave together, at a tick that all have. Default 0ms; 40ms spares much with many channels.',
      0,
      1000,
    ),
  ),
  maxAudioDelay: optional(
    duration(
      'The longest that sound waits for a picture to leave with. Default 40ms; 0ms: not at all.',
      0,
      1000,
    ),
  ),
  maxStarting: optional(
    Type.Integer({
      description: 'The most channels that start at a time. Default 32.',
      minimum: 1,
      maximum: 1000,
    }),
  ),
});

const api = strict('The HTTP interface and the dashboard. Left out: there are none.', {
  listen: optional(address('Default 127.0.0.1:9997. Any other than loopback needs a token.')),
  token: optional(
    secret('A client that shows it as a bearer token may do everything. At least 16 characters.'),
  ),
  tokenFile: optional(text('A file that holds the token.')),
  allowedHosts: optional(
    Type.Array(text('A host name.', ['nvr.example']), {
      description:
        'Names, beside localhost, IP addresses and the name of the machine, by which browsers may reach the API: a guard against DNS rebinding.',
      maxItems: 100,
    }),
  ),
});

const tokenServer = strict('Gives out push URLs and tokens to destinations with `device`.', {
  url: text('http[s]://host[:port]/path', ['https://cloud.example/connection/token/get']),
  clientId: optional(text('The client that asks.')),
  clientSecret: optional(secret('Goes with clientId.')),
  ca: optional(text('File of certificates, PEM, to trust instead of those of the system.')),
});

/** The configuration as a whole. */
export const gatewaySchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'Of this format: 1.' }),
    log: optional(log),
    engine: optional(engine),
    api: optional(api),
    metrics: optional(
      strict('Where Prometheus reads, if not at the API.', { listen: address('Such as 127.0.0.1:9998.') }),
    ),
    tokenServer: optional(tokenServer),
    spool: optional(spoolStoreSchema),
    stopTimeout: optional(
      duration('The longest that the end waits for queued media to leave. Default 10s.', 100, 600_000),
    ),
    watch: optional(Type.Boolean({ description: 'Reads the file again when it has changed. Default true.' })),
    cluster: optional(clusterSchema),
    channelDefaults: optional(channelDefaultsSchema),
    channels: Type.Record(Type.String({ pattern: CHANNEL_NAME_PATTERN }), channelSchema, {
      description: 'By name: letters, digits, dot, underscore and hyphen, at most 64.',
      additionalProperties: false,
    }),
  },
  {
    title: 'Configuration of cloudpush gateway',
    description: 'See the guide: docs/gateway.md of the package cloudpush.',
    additionalProperties: false,
  },
);

/** Content of a valid file. */
export type GatewayDocument = Static<typeof gatewaySchema>;
export type ChannelDocument = Static<typeof channelSchema>;
export { channelSchema };
