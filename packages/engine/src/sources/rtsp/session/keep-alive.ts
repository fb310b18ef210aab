/** Milliseconds between two signs of life, however short a camera says that its sessions are. */
const MIN_INTERVAL = 500;

/** Tells the camera in time that the session is still wanted (RFC 2326 §10.8 and §12.37). */
export class KeepAlive {
  #method: 'GET_PARAMETER' | 'OPTIONS' = 'OPTIONS';
  #interval = 30_000;
  #next = Number.POSITIVE_INFINITY;

  /** GET_PARAMETER where the camera knows it, which some cameras alone count as a sign of life. */
  get method(): 'GET_PARAMETER' | 'OPTIONS' {
    return this.#method;
  }

  /** Time at which the next one is due, in milliseconds on the caller's clock. */
  get next(): number {
    return this.#next;
  }

  /** Takes the methods of a Public header field. */
  learn(publicMethods: string | undefined): void {
    const methods = publicMethods?.toUpperCase().split(/[\s,]+/);
    this.#method = methods?.includes('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS';
  }

  /** Uses OPTIONS from now on: the camera has refused GET_PARAMETER. */
  refused(): void {
    this.#method = 'OPTIONS';
  }

  /** @param timeout seconds after which the camera ends a silent session */
  start(timeout: number, now: number): void {
    this.#interval = Math.max(MIN_INTERVAL, timeout * 500);
    this.#next = now + this.#interval;
  }

  sent(now: number): void {
    this.#next = now + this.#interval;
  }

  stop(): void {
    this.#next = Number.POSITIVE_INFINITY;
  }
}
