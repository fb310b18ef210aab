import { type HttpService, startHttp } from '../../../packages/cloudpush/dist/gateway/http/start-http.js';
import { StagedGateway } from './staged-gateway.js';

/** A staged gateway, served by the real HTTP thread. */
export class StagedService implements AsyncDisposable {
  readonly gateway: StagedGateway;
  readonly #http: HttpService;

  private constructor(gateway: StagedGateway, http: HttpService) {
    this.gateway = gateway;
    this.#http = http;
  }

  /** @param count how many channels there are */
  static async start(count: number, token?: string): Promise<StagedService> {
    const gateway = new StagedGateway(count);
    const http = await startHttp(gateway, { api: { listen: { host: '127.0.0.1', port: 0 }, token } });
    return new StagedService(gateway, http);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#http.addresses.api?.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close();
  }
}
