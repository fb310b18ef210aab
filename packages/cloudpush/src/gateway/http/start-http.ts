import { MessageChannel, Worker } from 'node:worker_threads';
import type { Gateway } from '../gateway.js';
import { answerCalls } from './answer-calls.js';
import type { HttpAddresses, HttpSettings } from './http-settings.js';
import { listenFault } from './listen-fault.js';
import type { HttpThreadInit, HttpThreadOrder, HttpThreadReport } from './thread-messages.js';

/** MiB of JavaScript memory that the HTTP thread may take: if it took more, it alone would end. */
const MAX_HEAP = 512;
/** ms before an HTTP thread that has died is started again. */
const RESTART_DELAY = 1000;
/** ms that open requests may take when the HTTP thread is told to end. */
const CLOSE_TIMEOUT = 5000;

export interface HttpServiceOptions extends HttpSettings {
  /**
   * Told, in one sentence, of what the operator should know: a failed request, a thread that had to be
   * started again.
   */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/** HTTP for a gateway, on a thread of its own. */
export interface HttpService {
  readonly addresses: HttpAddresses;
  /** Requests that come from now on need this token; connections stay. */
  setToken(token: string | undefined): void;
  /** Ends all streams and connections, and the thread. */
  close(): Promise<void>;
}

/**
 * Answers HTTP for `gateway` on a thread of its own, which asks the gateway by messages: no request, however
 * large its answer, holds up the gateway's thread or those that push. A thread that dies is started again on
 * the same addresses.
 * @throws Error when an address is refused (other than loopback, without a token) or cannot be listened on.
 */
export async function startHttp(gateway: Gateway, options: HttpServiceOptions): Promise<HttpService> {
  checkAddresses(options);
  const service = new ThreadedHttpService(gateway, options);
  await service.start();
  return service;
}

function checkAddresses({ api, metrics }: HttpSettings): void {
  const faults = [
    api && listenFault('api', api.listen, api.token),
    metrics && listenFault('metrics', metrics.listen, api?.token),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

class ThreadedHttpService implements HttpService {
  addresses: HttpAddresses = {};
  readonly #gateway: Gateway;
  readonly #onProblem: (message: string) => void;
  #settings: HttpSettings;
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(gateway: Gateway, { api, metrics, onProblem = () => {} }: HttpServiceOptions) {
    this.#gateway = gateway;
    this.#settings = { api, metrics };
    this.#onProblem = onProblem;
  }

  async start(): Promise<void> {
    const { port1: toThread, port2: toGateway } = new MessageChannel();
    answerCalls(toThread, this.#gateway);
    const workerData: HttpThreadInit = { settings: this.#settings, gateway: toGateway };
    const worker = new Worker(new URL('./http-thread.js', import.meta.url), {
      name: 'cloudpush-http',
      workerData,
      transferList: [toGateway],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
    });
    this.#worker = worker;
    worker.once('exit', () => toThread.close());
    this.addresses = await this.#untilListening(worker);
    this.#keepAddresses();
    worker.on('error', (error) => this.#onProblem(`the HTTP thread failed: ${error.message}`));
    worker.on('exit', () => this.#onExit());
  }

  setToken(token: string | undefined): void {
    const { api, metrics } = this.#settings;
    if (api === undefined) return;
    checkAddresses({ api: { ...api, token }, metrics });
    this.#settings = { api: { ...api, token }, metrics };
    this.#order({ type: 'setToken', token });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const timer = setTimeout(() => void worker.terminate(), CLOSE_TIMEOUT);
    this.#order({ type: 'close' });
    await ended;
    clearTimeout(timer);
  }

  #untilListening(worker: Worker): Promise<HttpAddresses> {
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the HTTP thread ended before it listened')));
      worker.on('message', (report: HttpThreadReport) => {
        switch (report.type) {
          case 'listening':
            resolve(report.addresses);
            return;
          case 'refused':
            reject(
              Object.assign(new Error(`HTTP cannot be served: ${report.message}`), { code: report.code }),
            );
            return;
          case 'problem':
            this.#onProblem(report.message);
            return;
          default:
            report satisfies never;
        }
      });
    });
  }

  /** A thread that is started again listens where this one does, also where any free port was wanted. */
  #keepAddresses(): void {
    const { api, metrics } = this.#settings;
    this.#settings = {
      api: api && { ...api, listen: this.addresses.api ?? api.listen },
      metrics: metrics && { listen: this.addresses.metrics ?? metrics.listen },
    };
  }

  #onExit(): void {
    this.#worker = undefined;
    if (this.#isClosing) return;
    this.#onProblem(`the HTTP thread ended; it is started again in ${RESTART_DELAY} ms`);
    this.#startLater();
  }

  #startLater(): void {
    this.#restart = setTimeout(async () => {
      try {
        await this.start();
      } catch (error) {
        this.#onProblem((error as Error).message);
        if (!this.#isClosing) this.#startLater();
      }
    }, RESTART_DELAY);
  }

  #order(order: HttpThreadOrder): void {
    this.#worker?.postMessage(order);
  }
}
