import { isDeepStrictEqual } from 'node:util';
import { revisionOf } from './config/channel-plan.js';
import type { GatewayConfiguration } from './config/configuration.js';
import type { ConfigurationFile } from './config/configuration-file.js';
import { ConfigurationDocument, pathText } from './config/document.js';
import { type ChannelEdits, editChannels } from './config/edit.js';
import { maskedText, requestFaults, unmasked } from './config/masking.js';
import { faultText, type ParseResult, parseConfiguration } from './config/parse.js';
import type { EventLog } from './events/event-log.js';
import { type ConfigurationText, GatewayError, type ReloadReport } from './gateway.js';
import { restartNeeded } from './restart-needed.js';
import type { ConfigurationFault, ConfigurationState } from './state.js';
import type { AppliedChanges, Supervisor } from './supervisor/supervisor.js';

/** Parts that the configuration of a gateway is kept with. */
export interface ConfigurationParts {
  readonly file: ConfigurationFile;
  readonly supervisor: Pick<Supervisor, 'apply'>;
  readonly events: EventLog;
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** A configuration has been put in force. */
  readonly onConfiguration?: ((configuration: GatewayConfiguration) => void) | undefined;
}

/** A configuration in force, and the text that it was read from. */
interface Loaded {
  readonly text: string;
  readonly configuration: GatewayConfiguration;
  /** The channels as they are written. */
  readonly channels: Readonly<Record<string, unknown>>;
  readonly at: number;
}

/** Keeps file and running channels in step: reads the file again, and writes changes of channels to it. */
export class ConfigurationManager {
  readonly #parts: ConfigurationParts;
  readonly #first: GatewayConfiguration;
  #loaded: Loaded;
  #lastReload: ConfigurationState['lastReload'];
  #faults: readonly ConfigurationFault[] = [];

  /** @param configuration what `text` says */
  constructor(parts: ConfigurationParts, text: string, configuration: GatewayConfiguration) {
    this.#parts = parts;
    this.#first = configuration;
    this.#loaded = this.#load(text, configuration);
    this.#lastReload = { at: parts.now(), successful: true };
  }

  /** The configuration that is in force. */
  get configuration(): GatewayConfiguration {
    return this.#loaded.configuration;
  }

  /** As it is written, with its secrets: never to be shown. */
  get currentText(): string {
    return this.#loaded.text;
  }

  /** A channel as it is written. */
  document(name: string): unknown {
    return Object.hasOwn(this.#loaded.channels, name) ? this.#loaded.channels[name] : undefined;
  }

  text(): ConfigurationText {
    const { text } = this.#loaded;
    return { text: maskedText(text), revision: revisionOf(text) };
  }

  state(): ConfigurationState {
    return {
      file: this.#parts.file.path,
      revision: revisionOf(this.#loaded.text),
      loadedAt: this.#loaded.at,
      lastReload: this.#lastReload,
      faults: this.#faults,
      restartNeeded: this.#restartNeeded(),
    };
  }

  parse(text: string): ParseResult {
    return parseConfiguration(text, this.#parts.file.path, this.#parts.environment);
  }

  /** Reads the file again. Never rejects for what is in it. */
  async reload(): Promise<ReloadReport> {
    let text: string;
    try {
      text = await this.#parts.file.read();
    } catch (error) {
      return this.#reject([{ path: '', message: `the file cannot be read (${codeOf(error)})` }]);
    }
    const { configuration, faults } = this.parse(text);
    if (configuration === undefined) return this.#reject(faults);
    return this.#accept(await this.#putInForce(text, configuration));
  }

  #reject(faults: readonly ConfigurationFault[]): ReloadReport {
    const isNews = !isDeepStrictEqual(faults, this.#faults);
    this.#faults = faults;
    this.#lastReload = { at: this.#parts.now(), successful: false };
    const fault = faults[0] === undefined ? '' : faultText(this.#parts.file.path, faults[0]);
    const message = `the new configuration is at fault, and the one before stays in force: ${fault}`;
    if (isNews) this.#parts.events.emit({ type: 'configurationRejected', level: 'error', message });
    return { successful: false, faults, added: [], changed: [], removed: [], restartNeeded: [] };
  }

  #accept(changes: AppliedChanges): ReloadReport {
    this.#faults = [];
    this.#lastReload = { at: this.#parts.now(), successful: true };
    return { successful: true, faults: [], ...changes, restartNeeded: this.#restartNeeded() };
  }

  async #putInForce(text: string, configuration: GatewayConfiguration): Promise<AppliedChanges> {
    if (text !== this.#loaded.text) this.#loaded = this.#load(text, configuration);
    // Secrets in files may have changed though the text has not.
    const changes = await this.#parts.supervisor.apply(configuration);
    this.#parts.onConfiguration?.(configuration);
    const { events } = this.#parts;
    for (const channel of changes.added) {
      events.emit({ type: 'channelAdded', level: 'info', channel, message: `${channel} is added` });
    }
    for (const channel of changes.changed) {
      events.emit({ type: 'channelChanged', level: 'info', channel, message: `${channel} is changed` });
    }
    for (const channel of changes.removed) {
      events.forget(channel);
      events.emit({ type: 'channelRemoved', level: 'info', message: `${channel} is removed` });
    }
    const { added, changed, removed } = changes;
    const message = `the configuration is in force: ${added.length} channels added, ${changed.length} changed, ${removed.length} removed`;
    // One that is mended to what it was before changes nothing, and ends what was told of its faults.
    const isMended = this.#faults.length > 0;
    if (isMended || added.length + changed.length + removed.length > 0) {
      events.emit({ type: 'configurationLoaded', level: 'info', message });
    }
    return changes;
  }

  /**
   * Changes channels in the file, and puts that in force.
   * @param check throws when the channel may not be changed
   */
  async change(edits: ChannelEdits, check: (name: string) => void): Promise<void> {
    const base = await this.#textToChange();
    for (const name of edits.keys()) check(name);
    const values = new Map<string, unknown>();
    for (const [name, given] of edits) values.set(name, this.#permitted(name, given));
    const text = editChannels(base, values);
    const { configuration, faults } = this.parse(text);
    if (configuration === undefined) {
      const message = `the configuration would be at fault: ${faults[0]?.path}: ${faults[0]?.message}`;
      // Lines would be those of a text that is not there.
      throw new GatewayError(
        'invalid',
        message,
        faults.map(({ path, message: what }) => ({ path, message: what })),
      );
    }
    requireSame(values, this.#load(text, configuration).channels);
    try {
      await this.#parts.file.write(text);
    } catch (error) {
      const reason = codeOf(error);
      throw new GatewayError(
        'notWritable',
        `the configuration file cannot be written (${reason}): nothing is changed`,
      );
    }
    this.#accept(await this.#putInForce(text, configuration));
  }

  /** Reads the file anew before a change: somebody may have changed it, and nothing of that may be lost. */
  async #textToChange(): Promise<string> {
    const report = await this.reload();
    if (report.successful) return this.#loaded.text;
    throw new GatewayError('conflict', 'the configuration file is at fault: correct it first', report.faults);
  }

  #permitted(name: string, given: unknown): unknown {
    if (given === undefined) return undefined;
    const before = this.document(name);
    const value = unmasked(given, before);
    const faults = requestFaults(value, before).map(({ path, message }) => ({
      path: pathText(['channels', name, ...path]),
      message,
    }));
    if (faults.length === 0) return value;
    throw new GatewayError('invalid', `${faults[0]!.path}: ${faults[0]!.message}`, faults);
  }

  #restartNeeded(): readonly string[] {
    return restartNeeded(this.#first, this.#loaded.configuration);
  }

  #load(text: string, configuration: GatewayConfiguration): Loaded {
    const document = new ConfigurationDocument(text).value() as { channels: Record<string, unknown> };
    return { text, configuration, channels: document.channels, at: this.#parts.now() };
  }
}

/**
 * Refuses values that YAML would read back differently: only the values as they were given have been checked.
 * @throws GatewayError
 */
function requireSame(wanted: ReadonlyMap<string, unknown>, written: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of wanted) {
    const actual = Object.hasOwn(written, name) ? written[name] : undefined;
    if (isDeepStrictEqual(actual, value)) continue;
    throw new GatewayError('invalid', `what is given for channel ${name} cannot be written as YAML`);
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
