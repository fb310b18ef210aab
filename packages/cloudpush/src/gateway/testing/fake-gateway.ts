import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationFile } from '../config/configuration-file.js';
import { parseConfiguration } from '../config/parse.js';
import { ConfigurationManager } from '../configuration-manager.js';
import { EventLog } from '../events/event-log.js';
import { GatewayService } from '../gateway-service.js';
import type { ChannelState } from '../state.js';
import type { ChannelSupervisor } from '../supervisor/channel-supervisor.js';
import { StartQueue } from '../supervisor/start-queue.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { FakeClock, settle } from './fake-clock.js';
import { FakeEngine } from './fake-engine.js';

/** A gateway with a real configuration file, and an engine and a clock that do what the test says. */
export class FakeGateway implements Disposable {
  readonly engine = new FakeEngine();
  readonly clock = new FakeClock();
  readonly events = new EventLog(this.clock.now);
  readonly folder = mkdtempSync(join(tmpdir(), 'cloudpush-gateway-'));
  readonly path = join(this.folder, 'gateway.yaml');
  readonly file = new ConfigurationFile(this.path);
  readonly service: GatewayService;
  readonly #supervisor: Supervisor;

  constructor(text: string, { maxStarting = 100 } = {}) {
    const { clock, events, engine } = this;
    this.write(text);
    const { configuration, faults } = parseConfiguration(text, this.path);
    if (configuration === undefined) throw new Error(JSON.stringify(faults));
    const supervisor = new Supervisor({
      engine,
      clock,
      startQueue: new StartQueue(maxStarting, clock),
      emit: (event) => events.emit(event),
    });
    this.#supervisor = supervisor;
    const { now } = clock;
    const manager = new ConfigurationManager(
      { file: this.file, supervisor, events, environment: {}, now },
      text,
      configuration,
    );
    this.service = new GatewayService({
      version: '1.2.3',
      manager,
      supervisor,
      events,
      now,
      engineState: () => ({
        poolSize: 0,
        poolBytesInUse: 0,
        shards: 1,
        channelsByShard: [],
        maxConnections: 0,
        latency: {},
      }),
    });
  }

  static async start(text: string, options?: { maxStarting?: number }): Promise<FakeGateway> {
    const gateway = new FakeGateway(text, options);
    await gateway.service.start();
    return gateway;
  }

  get text(): string {
    return readFileSync(this.path, 'utf8');
  }

  write(text: string): void {
    writeFileSync(this.path, text);
  }

  async reload(text: string) {
    this.write(text);
    const report = await this.service.reload();
    await settle();
    return report;
  }

  state(name: string): ChannelState {
    const found = this.service.snapshot().channels.find((channel) => channel.name === name);
    if (found === undefined) throw new Error(`there is no channel ${name}`);
    return found;
  }

  /** The supervisor of a channel. */
  channel(name: string): ChannelSupervisor {
    const found = this.#supervisor.channel(name);
    if (found === undefined) throw new Error(`there is no channel ${name}`);
    return found;
  }

  /** Its source streams, and its destinations publish. */
  bringUp(name: string): void {
    const channel = this.engine.channel(name);
    channel.stream();
    for (const destination of channel.open) destination.connect();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
