import { execFile } from 'node:child_process';

/**
 * Parts of the time-out after which the watchdog is told that all is well: a late one must not cost the
 * service.
 */
const WATCHDOG_PART = 3;
/** A notification takes so many ms at the longest: the next ones wait for it. */
const LONGEST = 3000;

/**
 * Tells systemd how the service stands (sd_notify(3)), when it is one of `Type=notify`. Node has no Unix
 * datagram sockets, and a compiled add-on for one line of text would have to be built on every machine:
 * systemd brings the program `systemd-notify`, which speaks for its parent (`NotifyAccess=all` in the unit).
 * Elsewhere it does nothing.
 */
export class ServiceManager implements Disposable {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #onProblem: (message: string) => void;
  #watchdog: NodeJS.Timeout | undefined;
  /** The end of the latest notification: each is a program, and they must not overtake one another. */
  #told: Promise<void> = Promise.resolve();
  /** Notifications that have not ended. */
  #waiting = 0;
  #hasFailed = false;

  /** @param onProblem called once when the service manager cannot be told */
  constructor(environment: NodeJS.ProcessEnv, onProblem: (message: string) => void) {
    this.#environment = environment;
    this.#onProblem = onProblem;
  }

  /** The service is up, or has finished reloading; from now on the watchdog is told that it lives. */
  ready(status: string): void {
    this.#notify('READY=1', `STATUS=${status}`);
    this.#startWatchdog();
  }

  reloading(): void {
    const microseconds = process.hrtime.bigint() / 1000n;
    this.#notify('RELOADING=1', `MONOTONIC_USEC=${microseconds}`);
  }

  /** @param timeout the longest that the end takes, in ms */
  stopping(timeout: number): void {
    this.#notify('STOPPING=1', `EXTEND_TIMEOUT_USEC=${(timeout + 5000) * 1000}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog);
  }

  #startWatchdog(): void {
    const { WATCHDOG_USEC, WATCHDOG_PID } = this.#environment;
    const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
    const microseconds = Number(WATCHDOG_USEC);
    if (this.#watchdog !== undefined || !isOurs || !(microseconds > 0)) return;
    const beat = (): void => {
      // One that hangs is not queued for again and again: what matters more comes behind it.
      if (this.#waiting === 0) this.#notify('WATCHDOG=1');
    };
    this.#watchdog = setInterval(beat, microseconds / 1000 / WATCHDOG_PART);
    this.#watchdog.unref();
  }

  #notify(...assignments: string[]): void {
    if ((this.#environment['NOTIFY_SOCKET'] ?? '') === '') return;
    this.#waiting++;
    this.#told = this.#told.then(() => this.#tell(assignments)).finally(() => void this.#waiting--);
  }

  #tell(assignments: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const options = { env: this.#environment, timeout: LONGEST };
      execFile('systemd-notify', assignments, options, (error) => {
        if (error !== null && !this.#hasFailed) {
          this.#hasFailed = true;
          this.#onProblem(`systemd cannot be notified (${error.code ?? error.message})`);
        }
        resolve();
      });
    });
  }
}
