import { Type } from '../schema-builder.js';
import { choice, duration, optional, PROFILES, retry, secret, size, strict, text } from './schema-parts.js';
import { spoolSchema } from './spool-schema.js';

/** Keys of `channelDefaults.destination` and of each destination: how a stream is brought to a server. */
const handling = {
  overflow: optional(
    choice(
      'When the server takes less than comes. `drop` (default): pictures that nothing refers to first, then whole groups. `spool`: it goes to disk, and is sent afterwards.',
      ['drop', 'spool'],
    ),
  ),
  spool: optional(spoolSchema),
  maxQueue: optional(
    strict('The most that waits for the server before media is dropped.', {
      time: optional(duration('Default 4s.', 100, 3_600_000)),
      bytes: optional(size('Default 8MiB.', 65_536, 4_294_967_296)),
    }),
  ),
  stallTimeout: optional(
    duration(
      'A connection that takes nothing for so long is made anew. 0s: never. Default 15s.',
      0,
      3_600_000,
    ),
  ),
  connectTimeout: optional(duration('The longest that connecting may take. Default 10s.', 1, 600_000)),
  closeTimeout: optional(
    duration('The longest that the end waits for queued media to leave. Default 10s.', 1, 600_000),
  ),
  reconnect: optional(retry('Waits between attempts to reconnect. Default 500ms to 30s.')),
  profile: optional(choice('Which server it is; `auto` (default) recognizes most.', PROFILES)),
  tokenPlacement: optional(
    choice('Where the token goes. Default stream-query.', [
      'stream-query',
      'tc-url-query',
      'connect-argument',
    ]),
  ),
  segmentConnection: optional(
    choice('Whether the next event uses the same connection. Default auto.', ['auto', 'same', 'new']),
  ),
  proxy: optional(secret('socks5://[user:password@]host:port or http://…')),
  localAddress: optional(text('Local address to connect from.')),
};

export const destinationDefaultsSchema = strict('Defaults of every destination.', handling);

const device = strict('Asks a token server for the push URL of a device before each connection.', {
  serialNumber: text('The serial number of the device.'),
  token: optional(
    secret('The token that the device holds; without it clientId and clientSecret of tokenServer speak.'),
  ),
  tokenUrl: optional(
    text('The server that is asked; default: that of tokenServer.', ['https://cloud.example/token']),
  ),
  live: optional(
    Type.Boolean({
      description: 'Asks for the live target of the serial number at tokenUrl. Default false.',
    }),
  ),
});

const tls = strict('How the server of an rtmps:// URL is trusted. Verification cannot be turned off.', {
  ca: optional(text('File of certificates, PEM, to trust instead of those of the system.')),
  fingerprints: optional(
    Type.Array(text('SHA-256 of a certificate, hexadecimal.'), {
      description: 'Only certificates with one of these are trusted.',
      minItems: 1,
      maxItems: 16,
    }),
  ),
  servername: optional(text('Name for SNI and verification. Default: the host of the URL.')),
  cert: optional(text('File of the client certificate, PEM.')),
  key: optional(text('File of its key, PEM.')),
});

const rtmpUrl = { pattern: '^rtmps?://.', 'x-kind': 'rtmpUrl', 'x-url': true };

export const destinationSchema = Type.Union(
  [
    Type.String({ description: 'rtmp[s]://host[:port]/app/name', ...rtmpUrl }),
    strict('Where the stream goes: `url` or `device`.', {
      name: optional(
        Type.String({
          description: 'Default: destination-1, -2, … in their order.',
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        }),
      ),
      url: optional(Type.String({ description: 'rtmp[s]://host[:port]/app/name', ...rtmpUrl })),
      token: optional(secret('Sent to the server with the stream.')),
      device: optional(device),
      username: optional(text('For servers that ask for one (authmod=adobe, llnw).')),
      password: optional(secret('Goes with username.')),
      tls: optional(tls),
      ...handling,
    }),
  ],
  { description: 'Where the stream goes: a URL, or an object.' },
);
