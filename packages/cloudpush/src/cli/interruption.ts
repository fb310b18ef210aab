import { constants } from 'node:os';
import { SIGNALS, takeEarlySignals } from './early-signals.js';
import { ExitCode } from './exit-code.js';

/**
 * The user's wish to end. The first signal asks for an orderly end; the second one ends the process at once.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  #exitCode: number | undefined;
  #onHangUp: (() => void) | undefined;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal);
    const early = takeEarlySignals();
    // First the command says what a hang-up means to it.
    setImmediate(() => early.forEach(this.#onSignal));
  }

  /** Aborted when the end is wanted. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 128 + the number of the signal that came, if one came. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** SIGHUP means no end from now on, but what services take it for: to read their configuration again. */
  onHangUp(reload: () => void): void {
    this.#onHangUp = reload;
  }

  /** Resolves when the end is wanted. */
  async wanted(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
  }

  /** Nobody reads what the command writes: it ends in an orderly way, as if by SIGPIPE. */
  readerGone(): void {
    this.#exitCode ??= ExitCode.readerGone;
    this.#controller.abort();
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGHUP' && this.#onHangUp !== undefined) {
      this.#onHangUp();
      return;
    }
    const code = 128 + constants.signals[name];
    if (this.#exitCode !== undefined) process.exit(code);
    this.#exitCode = code;
    this.#controller.abort();
  };
}
