import { isDeepStrictEqual } from 'node:util';
import { loggerTo } from '@cloudpush/engine';
import type { GatewayConfiguration } from '../../../gateway/config/configuration.js';
import { faultText } from '../../../gateway/config/parse.js';
import type { ReloadReport } from '../../../gateway/gateway.js';
import type { ConfigurationFault } from '../../../gateway/state.js';
import type { Output } from '../../terminal/output.js';

/** Words of the command beside the log of its gateway: plain lines, or lines of JSON as those of the log. */
export class GatewayNotes {
  readonly #output: Pick<Output, 'note' | 'error'>;
  readonly #file: string;
  readonly #isLogSilent: boolean;
  /** Faults of the latest reload. */
  #faults: readonly ConfigurationFault[] = [];

  /** @param file the configuration file, by its path */
  constructor({ level, format }: GatewayConfiguration['log'], output: Output, file: string) {
    this.#file = file;
    this.#isLogSilent = level === 'silent';
    if (format === 'text') this.#output = output;
    else {
      // They are said whatever the level of the log is, as plain ones are.
      const logger = loggerTo(output.notes, 'main');
      this.#output = { note: (text) => logger.main(text), error: (text) => logger.error(text) };
    }
  }

  note(text: string): void {
    this.#output.note(text);
  }

  error(text: string): void {
    this.#output.error(text);
  }

  /** Tells what a reload has found, but for what the log has told of it already: the first of new faults. */
  tellReload({ faults, restartNeeded }: ReloadReport): void {
    const isNews = !isDeepStrictEqual(faults, this.#faults);
    this.#faults = faults;
    for (const fault of isNews && !this.#isLogSilent ? faults.slice(1) : faults)
      this.error(faultText(this.#file, fault));
    const keys = restartNeeded.join(', ');
    if (keys !== '') this.note(`changed, and in force only after a restart: ${keys}`);
  }
}
