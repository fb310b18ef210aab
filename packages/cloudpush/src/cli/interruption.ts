import { constants } from 'node:os';
import { ExitCode } from './exit-code.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The user's wish to end. The first signal asks for an orderly end; the second one ends the process at once.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  #exitCode: number | undefined;

  constructor() {
    for (const name of SIGNALS) {
      process.on(name, this.#onSignal);
    }
  }

  /** Aborted when the end is wanted. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 128 + the number of the signal that came, if one came. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Nobody reads what the command writes: it ends in an orderly way, as if by SIGPIPE. */
  readerGone(): void {
    this.#exitCode ??= ExitCode.readerGone;
    this.#controller.abort();
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) {
      process.off(name, this.#onSignal);
    }
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const code = 128 + constants.signals[name];
    if (this.#exitCode !== undefined) {
      process.exit(code);
    }
    this.#exitCode = code;
    this.#controller.abort();
  };
}
