import type {
  ChannelSettings,
  DestinationOptions,
  LogLevel,
  PushEngineOptions,
  SourceOptions,
  TriggerType,
} from '@cloudpush/engine';
import type { SourceKind } from '../state.js';

/** Content of a configuration file: secrets found, defaults filled in, units turned into ms and bytes. */
export interface GatewayConfiguration {
  readonly log: { readonly level: LogLevel; readonly format: 'text' | 'json' };
  readonly engine: Pick<
    PushEngineOptions,
    | 'poolSize'
    | 'maxConnections'
    | 'shards'
    | 'maxConnecting'
    | 'maxBatchDelay'
    | 'maxAudioDelay'
    | 'tokenServer'
    | 'spool'
  >;
  /** The most channels that start at a time. */
  readonly maxStarting: number;
  readonly api: ApiPlan | undefined;
  readonly metrics: { readonly listen: ListenAddress } | undefined;
  /** ms */
  readonly stopTimeout: number;
  readonly watch: boolean;
  /** Undefined: the gateway stands by itself. */
  readonly cluster: ClusterPlan | undefined;
  /** In the order of the file. */
  readonly channels: ReadonlyMap<string, ChannelPlan>;
}

/** The cluster that a gateway is a node of. It holds secrets: never to be logged or shown. */
export interface ClusterPlan {
  readonly name: string;
  readonly node: string;
  /** `host:port` each. */
  readonly endpoints: readonly string[];
  /** ms */
  readonly ttl: number;
  readonly isolation: 'fence' | 'continue';
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** Contents in PEM; undefined: without TLS. */
  readonly tls:
    | {
        readonly ca: string | undefined;
        readonly cert: string | undefined;
        readonly key: string | undefined;
      }
    | undefined;
  readonly capacity: number;
  /** Where others reach the API of this node; undefined: it has none. */
  readonly address: string | undefined;
  readonly folder: string;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ApiPlan {
  readonly listen: ListenAddress;
  /** Undefined: loopback without a token. */
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[];
}

/** Plan of a channel. It holds secrets: never to be logged or shown. */
export interface ChannelPlan {
  readonly name: string;
  readonly enabled: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Of what the file says of the channel, defaults included. */
  readonly revision: string;
  readonly source: SourcePlan;
  /** Undefined: the stream goes on all the time. */
  readonly event: EventPlan | undefined;
  readonly stream: Pick<ChannelSettings, 'hevc' | 'encryption'>;
  readonly destinations: readonly DestinationPlan[];
}

export interface SourcePlan {
  readonly kind: SourceKind;
  /** For people, without secrets. */
  readonly place: string;
  readonly options: SourceOptions;
}

/** Times of recording events; all in ms. */
export interface EventPlan {
  readonly preRoll: number;
  readonly postRoll: number;
  readonly maxDuration: number;
  /** Type of a trigger by HTTP that names none; undefined: there are no triggers by HTTP. */
  readonly httpTrigger: TriggerType | undefined;
  readonly onvifTriggers: readonly OnvifTrigger[];
}

/** The events of a camera that start recordings. It may hold a password: never to be shown. */
export interface OnvifTrigger {
  readonly url: string;
  /** For people, without secrets. */
  readonly place: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Parts of the topics that matter. */
  readonly topics: readonly string[];
  readonly type: TriggerType;
}

export interface DestinationPlan {
  readonly name: string;
  /** For people, without secrets. */
  readonly place: string;
  readonly host: string | undefined;
  readonly options: DestinationOptions;
}
