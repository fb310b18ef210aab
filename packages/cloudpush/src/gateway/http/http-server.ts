import type { FastifyInstance } from 'fastify';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { Access } from './access.js';
import { EventStreams } from './event-stream.js';
import type { GatewayPort } from './gateway-port.js';
import { createApiApp, createMetricsApp, type HttpAppOptions } from './http-app.js';
import type { HttpContext } from './http-context.js';
import type { HttpAddresses, HttpSettings } from './http-settings.js';
import type { ListenAddress } from './listen-fault.js';
import { SnapshotCache } from './snapshot-cache.js';
import { StateFeed } from './state-feed.js';
import type { StaticFile } from './static-files.js';

/** Metrics are made of a state that is at most so old, in ms. */
const MAX_SCRAPE_AGE = 500;

export interface HttpServerOptions extends HttpSettings {
  readonly files?: readonly StaticFile[];
  /** Told of failures that were not foreseen. */
  readonly onInternal?: (message: string) => void;
}

/** Answers HTTP for a gateway, on one or two addresses. */
export class HttpServer {
  readonly addresses: HttpAddresses;
  readonly #apps: readonly FastifyInstance[];
  readonly #access: Access;

  private constructor(addresses: HttpAddresses, apps: readonly FastifyInstance[], access: Access) {
    this.addresses = addresses;
    this.#apps = apps;
    this.#access = access;
  }

  /** Rejects when an address cannot be listened on; then nothing listens. */
  static async listen(gateway: GatewayPort, options: HttpServerOptions): Promise<HttpServer> {
    const { api, metrics, files = [], onInternal = () => {} } = options;
    const access = new Access(api?.token, api?.allowedHosts);
    const context = contextFor(gateway);
    const appOptions: HttpAppOptions = { access, onInternal };
    const apps: FastifyInstance[] = [];
    const addresses: { -readonly [Name in keyof HttpAddresses]: HttpAddresses[Name] } = {};
    try {
      if (api !== undefined) {
        apps.push(await createApiApp(context, files, appOptions));
        addresses.api = await listenOn(apps.at(-1)!, api.listen);
      }
      if (metrics !== undefined) {
        apps.push(await createMetricsApp(context, appOptions));
        addresses.metrics = await listenOn(apps.at(-1)!, metrics.listen);
      }
    } catch (error) {
      await Promise.all(apps.map((app) => app.close()));
      throw error;
    }
    return new HttpServer(addresses, apps, access);
  }

  /** Requests that come from now on need this token. */
  setToken(token: string | undefined): void {
    this.#access.setToken(token);
  }

  /** Ends all streams and connections. */
  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
  }
}

function contextFor(gateway: GatewayPort): HttpContext {
  const views = new SnapshotCache({ snapshot: () => gateway.clusterSnapshot() });
  const snapshots = new SnapshotCache(gateway, undefined, views);
  return {
    gateway,
    snapshots,
    views,
    streams: new EventStreams(new StateFeed(gateway, views)),
    metrics: new MetricsRegistry(() => snapshots.get(MAX_SCRAPE_AGE)),
  };
}

async function listenOn(app: FastifyInstance, { host, port }: ListenAddress): Promise<ListenAddress> {
  await app.listen({ host, port });
  const { port: taken } = app.server.address() as { readonly port: number };
  return { host, port: taken };
}
