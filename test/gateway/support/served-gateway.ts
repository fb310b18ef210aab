import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import {
  type HttpService,
  type HttpServiceOptions,
  startHttp,
} from '../../../packages/cloudpush/dist/gateway/http/start-http.js';
import {
  type Answer,
  ask,
  type RequestOptions,
} from '../../../packages/cloudpush/dist/gateway/http/testing/ask.js';
import { FakeGateway } from '../../../packages/cloudpush/dist/gateway/http/testing/fake-gateway.js';
import type { ChannelState } from '../../../packages/cloudpush/dist/gateway/state.js';

export const TOKEN = '0123456789abcdef-TOKEN';
const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** A busy machine may take so long to start a thread, in ms. */
const START_TIMEOUT = 60_000;
/** Lists are made of a state that may be so old, in ms: the test before must not be seen in it. */
const MAX_STATE_AGE = 200;

/** A gateway without an engine, served by the real HTTP thread. */
export class ServedGateway {
  readonly gateway = new FakeGateway();
  readonly problems: string[] = [];
  readonly #options: Partial<HttpServiceOptions> & { readonly token?: string };
  #service: HttpService | undefined;

  constructor(options: Partial<HttpServiceOptions> & { readonly token?: string } = {}) {
    this.#options = options;
  }

  get service(): HttpService {
    return this.#service!;
  }

  /** Of the API, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.service.addresses.api?.port}`;
  }

  async start(): Promise<void> {
    const { token, ...rest } = this.#options;
    this.#service = await startHttp(this.gateway, {
      api: { listen: LOOPBACK, token },
      onProblem: (message) => this.problems.push(message),
      ...rest,
    });
  }

  /** Begins anew with these channels. */
  async begin(channels: readonly ChannelState[] = []): Promise<void> {
    this.gateway.begin(channels);
    await sleep(MAX_STATE_AGE + 50);
  }

  async close(): Promise<void> {
    await this.#service?.close();
  }

  readonly ask = (method: string, path: string, options?: RequestOptions): Promise<Answer> =>
    ask(method, this.url + path, options);
}

/** One service for all tests of a file: a thread takes a while to start. */
export function serveGateway(options?: ConstructorParameters<typeof ServedGateway>[0]): ServedGateway {
  const served = new ServedGateway(options);
  beforeAll(() => served.start(), START_TIMEOUT);
  afterAll(() => served.close());
  return served;
}
