/** Time that each stage on the way to a published stream took, in milliseconds with fractions. */
export interface ConnectTimings {
  /** Name resolution; left out where the host is an address. Through a proxy: of the proxy's name. */
  readonly dns?: number;
  /** TCP connect, all addresses that were tried; through a proxy: to the proxy. */
  readonly tcp: number;
  /** Until the proxy had opened the tunnel. */
  readonly proxy?: number;
  /** TLS handshake; rtmps only. */
  readonly tls?: number;
  /** RTMP handshake: from our C0 to the server's S2. */
  readonly handshake: number;
  /** Until the answer to `connect`. */
  readonly connect: number;
  /** Until the answer to `createStream`, with what is sent before it (`releaseStream`, `FCPublish`). */
  readonly createStream: number;
  /** Until `NetStream.Publish.Start`. */
  readonly publish: number;
}

/** Measures the stages of one attempt, each from its beginning to that of the next. */
export class StageTimer {
  readonly #now: () => number;
  readonly #timings: { -readonly [Stage in keyof ConnectTimings]: ConnectTimings[Stage] } = {
    tcp: 0,
    handshake: 0,
    connect: 0,
    createStream: 0,
    publish: 0,
  };
  #stage: keyof ConnectTimings | undefined;
  #since = 0;

  /** @param now milliseconds, from any origin, never going back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of a stage that came more than once, the last time; 0 for one that has not ended yet. */
  get timings(): ConnectTimings {
    return { ...this.#timings };
  }

  /** Ends the stage that runs, if any, and begins another; undefined: nothing to be measured. */
  begin(stage: keyof ConnectTimings | undefined): void {
    const now = this.#now();
    if (this.#stage !== undefined) this.#timings[this.#stage] = now - this.#since;
    this.#stage = stage;
    this.#since = now;
  }
}
