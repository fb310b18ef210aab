import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ClusterPlan } from './configuration.js';
import { isHttpUrl } from './destination-plan.js';
import type { PlanContext } from './plan-context.js';
import type { GatewayDocument } from './schema.js';
import { parseDuration } from './units.js';

type ClusterDocument = NonNullable<GatewayDocument['cluster']>;

const DEFAULT_PORT = 2379;
const STORE = /^etcd:\/\/([^/?#@]+)\/?$/;
const ENDPOINT = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?$/;
const NOT_IN_NAMES = /[^A-Za-z0-9._-]/g;

/** Settings that a gateway of a cluster is started with. @param listen the address of the API */
export function planCluster(
  document: ClusterDocument,
  api: { readonly host: string; readonly port: number } | undefined,
  environment: NodeJS.ProcessEnv,
  context: PlanContext,
): ClusterPlan {
  const { problems } = context;
  const { name = 'main', ttl = '10s', isolation = 'fence', user, capacity = 1, address } = document;
  const node = document.node ?? hostname().replaceAll(NOT_IN_NAMES, '-').slice(0, 64);
  const password = context.secret(['password'], document.password);
  if ((user === undefined) !== (document.password === undefined)) {
    problems.add([], 'user and password go together: one of them is missing');
  }
  if (address !== undefined && !isPlainHttpUrl(address)) {
    problems.add(['address'], 'the URL is not http[s]://host:port, without user, password and query');
  }
  const stateFolder = environment['STATE_DIRECTORY'] ?? join('.cloudpush', node);
  return {
    name,
    node,
    endpoints: endpointsOf(document.store, context),
    ttl: parseDuration(ttl)!,
    isolation,
    user: user === undefined || password === undefined ? undefined : { name: user, password },
    tls: document.tls && tlsOf(document.tls, context.below('tls')),
    capacity,
    address: address?.replace(/\/$/, '') ?? addressOf(api),
    folder: context.path(document.folder ?? stateFolder),
  };
}

function endpointsOf(store: string, { problems }: PlanContext): string[] {
  const hosts = STORE.exec(store)?.[1]?.split(',') ?? [];
  const endpoints = hosts.map((host) => ENDPOINT.exec(host));
  if (endpoints.length === 0 || endpoints.includes(null)) {
    problems.add(
      ['store'],
      'the store is not etcd://host[:port][,host[:port]…]; user and password are keys of their own',
    );
    return [];
  }
  return endpoints.map((match) => `${match![1]}:${match![2] ?? DEFAULT_PORT}`);
}

function tlsOf(
  { ca, cert, key }: NonNullable<ClusterDocument['tls']>,
  context: PlanContext,
): ClusterPlan['tls'] {
  if ((cert === undefined) !== (key === undefined)) {
    context.problems.add([], 'cert and key go together: one of them is missing');
  }
  return {
    ca: context.certificates(['ca'], ca),
    cert: context.certificates(['cert'], cert),
    key: context.privateKey(['key'], key),
  };
}

/** One that anybody may read: all nodes of the cluster do, and its API shows it. */
function isPlainHttpUrl(text: string): boolean {
  if (!isHttpUrl(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return `${username}${password}${search}${hash}` === '';
}

/** An address that listens everywhere is reached by the name of the machine. */
function addressOf(api: { readonly host: string; readonly port: number } | undefined): string | undefined {
  if (api === undefined) return undefined;
  const host = ['', '0.0.0.0', '::'].includes(api.host) ? hostname() : api.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${api.port}`;
}
