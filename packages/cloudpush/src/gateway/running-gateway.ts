import { createLogger, type EngineLogger, Fence, loggerTo, PushEngine } from '@cloudpush/engine';
import { systemClock } from './clock.js';
import type { StartedCluster } from './cluster/start-cluster.js';
import type { ApiPlan, GatewayConfiguration } from './config/configuration.js';
import type { ConfigurationFile } from './config/configuration-file.js';
import { ConfigurationManager } from './configuration-manager.js';
import { engineLogger } from './events/engine-log.js';
import { EventLog } from './events/event-log.js';
import { logEvents } from './events/log-events.js';
import type { Gateway } from './gateway.js';
import { GatewayService } from './gateway-service.js';
import { type HttpService, startHttp } from './http/start-http.js';
import type { EngineState } from './state.js';
import { StartQueue } from './supervisor/start-queue.js';
import { type StopOutcome, Supervisor } from './supervisor/supervisor.js';

/** Parts that a gateway is started with. */
export interface GatewayStart {
  readonly file: ConfigurationFile;
  /** The text of the file. */
  readonly text: string;
  /** The configuration in the text. */
  readonly configuration: GatewayConfiguration;
  readonly version: string;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/** Log that engine and gateway write their lines to. */
interface GatewayLog {
  readonly logger: EngineLogger;
  close(): Promise<void>;
}

/** Parts that the service of a gateway is built from. */
interface Foundations {
  readonly engine: PushEngine;
  readonly log: GatewayLog;
  readonly events: EventLog;
  readonly supervisor: Supervisor;
  readonly cluster: StartedCluster | undefined;
}

/** A gateway with its engine and its log. */
export class RunningGateway {
  readonly service: GatewayService;
  /** The service, or the node of a cluster that it is a part of: what HTTP asks. */
  readonly #gateway: Gateway & { stop(): Promise<StopOutcome> };
  readonly #cluster: StartedCluster | undefined;
  readonly #engine: PushEngine;
  readonly #log: GatewayLog;
  #http: HttpService | undefined;

  /**
   * @throws CloudPushError (rejection) as `PushEngine.create`; Error when another process runs as the same
   *   node of a cluster
   */
  static async start(start: GatewayStart): Promise<RunningGateway> {
    const { configuration } = start;
    const log = openLog(configuration);
    try {
      const fence = configuration.cluster && new Fence();
      const logger = engineLogger(log.logger);
      const engine = await PushEngine.create({ ...configuration.engine, fence, logger });
      try {
        const running = new RunningGateway(start, await layFoundations(start, { engine, log, fence }));
        await running.#start(configuration, log.logger);
        return running;
      } catch (error) {
        await engine.close();
        throw error;
      }
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  private constructor(
    { file, text, configuration, version, environment = process.env }: GatewayStart,
    { engine, log, events, supervisor, cluster }: Foundations,
  ) {
    this.#engine = engine;
    this.#log = log;
    this.#cluster = cluster;
    const { now } = systemClock;
    const runner = cluster?.runner;
    const manager: ConfigurationManager = new ConfigurationManager(
      {
        file,
        // The channels of a cluster stand elsewhere; what stands around them is here.
        supervisor: runner === undefined ? supervisor : { apply: () => runner.replan(manager.currentText) },
        events,
        environment,
        now,
        onConfiguration: ({ api }) => this.#followToken(api, log.logger),
      },
      text,
      configuration,
    );
    const maxConnections = configuration.engine.maxConnections ?? 0;
    const engineState = () => engineStateOf(engine, maxConnections);
    const document = cluster && ((name: string) => cluster.document(name));
    this.service = new GatewayService({ version, manager, supervisor, events, engineState, now, document });
    this.#gateway = cluster?.gateway(this.service, () => manager.configuration) ?? this.service;
  }

  /** Addresses at which HTTP is answered; undefined: none. */
  get addresses(): HttpService['addresses'] {
    return this.#http?.addresses ?? {};
  }

  async #start({ api, metrics }: GatewayConfiguration, logger: EngineLogger): Promise<void> {
    try {
      if (api !== undefined || metrics !== undefined) {
        const onProblem = (message: string) => logger.error(message);
        this.#http = await startHttp(this.#gateway, { api, metrics, onProblem });
      }
      await this.service.start();
      this.#cluster?.join();
    } catch (error) {
      await this.#http?.close();
      throw error;
    }
  }

  /**
   * Addresses stay until the next start: on them, a token that is left out with its address, or is needed
   * there, stays too.
   */
  #followToken(api: ApiPlan | undefined, logger: EngineLogger): void {
    if (api === undefined) return;
    try {
      this.#http?.setToken(api.token);
    } catch (error) {
      logger.error(`the API keeps the token that it has: ${(error as Error).message}`);
    }
  }

  /** Ends all streams cleanly, then the engine. */
  async stop(): Promise<StopOutcome> {
    const outcome = await this.#gateway.stop();
    await this.#cluster?.close();
    await this.#http?.close();
    await this.#engine.close({ signal: outcome === 'late' ? AbortSignal.abort() : undefined });
    await this.#log.close();
    return outcome;
  }
}

/** Parts of a gateway that exist before its service. */
async function layFoundations(
  { file, text, configuration, version, environment = process.env }: GatewayStart,
  {
    engine,
    log,
    fence,
  }: { readonly engine: PushEngine; readonly log: GatewayLog; readonly fence: Fence | undefined },
): Promise<Foundations> {
  const events = new EventLog(systemClock.now);
  logEvents(events, log.logger);
  const supervisor = new Supervisor({
    engine,
    clock: systemClock,
    startQueue: new StartQueue(configuration.maxStarting, systemClock),
    emit: (event) => events.emit(event),
  });
  const plan = configuration.cluster;
  if (plan === undefined || fence === undefined)
    return { engine, log, events, supervisor, cluster: undefined };
  // With gRPC and all: most gateways are alone.
  const { startCluster } = await import('./cluster/start-cluster.js');
  const around = { plan, fence, version, file: file.path, text, environment };
  return { engine, log, events, supervisor, cluster: await startCluster({ ...around, supervisor, events }) };
}

function engineStateOf(engine: PushEngine, maxConnections: number): EngineState {
  const { poolSize, poolBytesInUse, shards, channelsByShard, latency } = engine.stats();
  return { poolSize, poolBytesInUse, shards, channelsByShard, maxConnections, latency: { ...latency } };
}

function openLog({ log: { level, format } }: GatewayConfiguration): GatewayLog {
  if (format === 'text') return createLogger({ level, console: true });
  return { logger: loggerTo(process.stderr, level), close: async () => {} };
}
