import type { GatewayErrorReason } from '../gateway.js';
import type { ConfigurationFault } from '../state.js';
import type { Operation } from './gateway-port.js';

/** From the HTTP thread to the gateway's: please do this. */
export interface OperationCall {
  readonly id: number;
  readonly operation: Operation;
  readonly args: readonly unknown[];
}

/**
 * Back: what came of it. A reason stands for a `GatewayError`; without one, something unforeseen happened.
 */
export type OperationReply =
  | { readonly id: number; readonly outcome: 'done'; readonly result: unknown }
  | {
      readonly id: number;
      readonly outcome: 'refused';
      readonly reason: GatewayErrorReason;
      readonly message: string;
      readonly faults: readonly ConfigurationFault[];
    }
  | { readonly id: number; readonly outcome: 'failed'; readonly message: string };
