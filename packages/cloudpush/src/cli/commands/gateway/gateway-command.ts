import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { ConfigurationFile } from '../../../gateway/config/configuration-file.js';
import { FileWatcher } from '../../../gateway/config/file-watcher.js';
import { faultText, parseConfiguration } from '../../../gateway/config/parse.js';
import { type GatewayStart, RunningGateway } from '../../../gateway/running-gateway.js';
import type { StopOutcome } from '../../../gateway/supervisor/supervisor.js';
import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { GatewayNotes } from './gateway-notes.js';
import { ServiceManager } from './service-manager.js';

/** Reasons why an address cannot be listened on. */
const LISTEN_ERRORS = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND'];

/** Added to the last line, by how the gateway has ended. */
const REMAINDERS: Readonly<Record<StopOutcome, string>> = {
  sent: '',
  unsent: '; some of what was queued was not sent',
  late: '; some streams could not be ended in time',
};

/** The options of `cloudpush gateway`, as the parser gives them. */
export interface GatewayOptions {
  readonly check?: boolean;
}

/** `cloudpush gateway`. SIGINT and SIGTERM are its ordinary end. */
export async function gatewayCommand(
  path: string,
  options: GatewayOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  // Until the gateway runs: the file is about to be read.
  interruption.onHangUp(() => {});
  const file = new ConfigurationFile(resolve(path));
  const text = await readText(file, path);
  const { configuration, faults } = parseConfiguration(text, file.path, process.env, {
    requiresMedia: options.check === true,
  });
  if (configuration === undefined) {
    for (const fault of faults) output.error(faultText(path, fault));
    return ExitCode.usage;
  }
  if (options.check === true) {
    output.result(`${path}: valid, ${plural(configuration.channels.size, 'channel')}`);
    return ExitCode.ok;
  }
  if (interruption.signal.aborted) {
    output.note('gateway was told to end before it began');
    return ExitCode.ok;
  }
  return await runGateway({ file, text, configuration, version: version() }, output, interruption);
}

async function readText(file: ConfigurationFile, path: string): Promise<string> {
  try {
    return await file.read();
  } catch (error) {
    throw usageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function runGateway(start: GatewayStart, output: Output, interruption: Interruption): Promise<number> {
  const { file, configuration } = start;
  const notes = new GatewayNotes(configuration.log, output, file.path);
  let isReloadWanted = false;
  interruption.onHangUp(() => {
    isReloadWanted = true;
  });
  using manager = new ServiceManager(process.env, (message) => notes.note(message));
  const running = await started(start, notes);
  if (running === undefined) return ExitCode.failure;
  const { service } = running;
  const reload = async () => {
    manager.reloading();
    notes.tellReload(await service.reload());
    manager.ready(statusText());
  };
  const statusText = () => plural(service.snapshot().channels.length, 'channel');
  const reloadSafely = () => {
    reload().catch((error: Error) => notes.error(`reload failed: ${error.message}`));
  };
  interruption.onHangUp(reloadSafely);
  const watcher = configuration.watch ? new FileWatcher(file.path, reloadSafely) : undefined;
  await watcher?.ready();
  const { api, metrics } = running.addresses;
  if (api !== undefined) notes.note(`API and dashboard: http://${addressText(api)}/`);
  if (metrics !== undefined) notes.note(`metrics: http://${addressText(metrics)}/metrics`);
  notes.note(`gateway is running ${statusText()}, from ${file.path}`);
  manager.ready(statusText());
  // A signal that came while everything was being started.
  if (isReloadWanted) reloadSafely();
  await interruption.wanted();
  manager.stopping(configuration.stopTimeout);
  await watcher?.close();
  const outcome = await running.stop();
  notes.note(`gateway has ended${REMAINDERS[outcome]}`);
  return outcome === 'sent' ? ExitCode.ok : ExitCode.failure;
}

/** Undefined: an address cannot be listened on, which has been told. */
async function started(start: GatewayStart, notes: GatewayNotes): Promise<RunningGateway | undefined> {
  try {
    return await RunningGateway.start(start);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !LISTEN_ERRORS.includes(code)) throw error;
    notes.error(`${message}: change api.listen or metrics.listen`);
    return undefined;
  }
}

function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../../../../package.json') as { version: string };
  return manifest.version;
}
