import type { MessagePort } from 'node:worker_threads';
import { type Gateway, GatewayError } from '../gateway.js';
import type { OperationCall, OperationReply } from './gateway-messages.js';
import { operations } from './gateway-port.js';

/** Answers, in the gateway's thread, what the HTTP thread asks for over `port`, until the port closes. */
export function answerCalls(port: MessagePort, gateway: Gateway): void {
  port.on('message', async (call: OperationCall) => {
    const reply = await replyTo(call, gateway);
    try {
      port.postMessage(reply);
    } catch (error) {
      port.postMessage({
        id: call.id,
        outcome: 'failed',
        message: messageOf(error),
      } satisfies OperationReply);
    }
  });
}

async function replyTo({ id, operation, args }: OperationCall, gateway: Gateway): Promise<OperationReply> {
  try {
    if (!operations.includes(operation)) throw new TypeError(`the gateway has no operation ${operation}`);
    const method = gateway[operation] as (...values: readonly unknown[]) => unknown;
    return { id, outcome: 'done', result: await method.apply(gateway, [...args]) };
  } catch (error) {
    if (!(error instanceof GatewayError)) return { id, outcome: 'failed', message: messageOf(error) };
    const { reason, message, faults } = error;
    return { id, outcome: 'refused', reason, message, faults };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
