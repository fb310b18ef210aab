import type { MessagePort } from 'node:worker_threads';
import { GatewayError } from '../gateway.js';
import type { OperationCall, OperationReply } from './gateway-messages.js';
import { type GatewayPort, GatewayUnavailableError, type Operation, operations } from './gateway-port.js';

/** The gateway's thread is given so long for an answer, in ms. */
const ANSWER_TIMEOUT = 10_000;
/**
 * So many calls may wait for their answers; more are refused at once, so that a hanging gateway costs no
 * memory.
 */
const MAX_WAITING = 256;

interface WaitingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The gateway on the other side of `port`, where `answerCalls` listens. Calls reject with the `GatewayError`
 * that the gateway rejected with, or with {@link GatewayUnavailableError}.
 * @param timeout ms that an answer may take
 */
export function remoteGateway(port: MessagePort, timeout = ANSWER_TIMEOUT): GatewayPort {
  const calls = new RemoteCalls(port, timeout);
  const methods = operations.map((operation) => [
    operation,
    (...args: readonly unknown[]) => calls.make(operation, args),
  ]);
  return Object.fromEntries(methods) as GatewayPort;
}

class RemoteCalls {
  readonly #port: MessagePort;
  readonly #timeout: number;
  readonly #waiting = new Map<number, WaitingCall>();
  #lastId = 0;

  constructor(port: MessagePort, timeout: number) {
    this.#port = port;
    this.#timeout = timeout;
    port.on('message', (reply: OperationReply) => this.#settle(reply));
    port.on('close', () => this.#rejectAll());
  }

  make(operation: Operation, args: readonly unknown[]): Promise<unknown> {
    if (this.#waiting.size >= MAX_WAITING) {
      const detail = `${MAX_WAITING} requests are waiting for the gateway already; try again later`;
      return Promise.reject(new GatewayUnavailableError(detail));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new GatewayUnavailableError(`the gateway did not answer within ${this.#timeout} ms`));
      }, this.#timeout);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#port.postMessage({ id, operation, args } satisfies OperationCall);
    });
  }

  #settle(reply: OperationReply): void {
    const call = this.#waiting.get(reply.id);
    // An answer that came too late.
    if (call === undefined) return;
    this.#waiting.delete(reply.id);
    clearTimeout(call.timer);
    switch (reply.outcome) {
      case 'done':
        call.resolve(reply.result);
        return;
      case 'refused':
        call.reject(new GatewayError(reply.reason, reply.message, reply.faults));
        return;
      case 'failed':
        call.reject(new Error(reply.message));
        return;
      default:
        reply satisfies never;
    }
  }

  #rejectAll(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new GatewayUnavailableError('the gateway is stopping'));
    }
    this.#waiting.clear();
  }
}
