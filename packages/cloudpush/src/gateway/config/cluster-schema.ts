import { Type } from '../schema-builder.js';
import { choice, duration, optional, secret, strict, text } from './schema-parts.js';

/** Names of clusters and nodes are parts of keys in the store. */
const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

function name(description: string) {
  return Type.String({ description, pattern: NAME_PATTERN });
}

const tls = strict('TLS to the store. Left out: none.', {
  ca: optional(text('File of certificates, PEM, to trust instead of those of the system.')),
  cert: optional(text('File of the certificate, PEM, that the node shows; goes with key.')),
  key: optional(text('File of its private key, PEM.')),
});

/** A gateway that shares its channels with others. */
export const clusterSchema = strict(
  'Shares the channels of a store with other gateways. Left out: the channels are those of this file.',
  {
    store: text('etcd://host[:port][,host[:port]…]; the port is 2379 unless it is given.', [
      'etcd://10.0.0.1,10.0.0.2,10.0.0.3',
    ]),
    name: optional(name('Of the cluster: its keys in the store begin with cloudpush/NAME/. Default main.')),
    node: optional(name('Of this gateway, other than that of any other. Default: the name of the machine.')),
    ttl: optional(
      duration('Without the store for so long a gateway gives its channels up. Default 10s.', 6000, 600_000),
    ),
    isolation: optional(
      choice('While the store is away: resets all connections, or lets them go on. Default fence.', [
        'fence',
        'continue',
      ]),
    ),
    user: optional(text('Of the store; goes with password.')),
    password: optional(secret('Of user.')),
    tls: optional(tls),
    capacity: optional(
      Type.Number({
        description: 'The share of the channels, beside that of the others. Default 1.',
        minimum: 0.01,
        maximum: 1000,
      }),
    ),
    address: optional(
      text('http[s]://host:port by which the other gateways reach the API of this one.', [
        'http://10.0.0.11:9997',
      ]),
    ),
    folder: optional(
      text(
        'Of this node alone; a restart is quick by it. Default: STATE_DIRECTORY, or .cloudpush/NODE here.',
      ),
    ),
  },
);
