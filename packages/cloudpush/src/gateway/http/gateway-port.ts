import type { Gateway } from '../gateway.js';

/** Operations that the HTTP thread may ask of the gateway. */
export const operations = [
  'snapshot',
  'clusterSnapshot',
  'drainNode',
  'channel',
  'events',
  'addChannels',
  'replaceChannel',
  'patchChannel',
  'removeChannel',
  'startChannel',
  'stopChannel',
  'restartChannel',
  'triggerChannel',
  'retryDestination',
  'moveDestination',
  'configuration',
  'checkConfiguration',
  'reload',
  'channelPlace',
  'openPreview',
  'closePreview',
] as const satisfies readonly (keyof Gateway)[];

export type Operation = (typeof operations)[number];

/** The gateway as another thread sees it: the same operations, each answered later. */
export type GatewayPort = {
  readonly [Name in Operation]: (
    ...args: Parameters<Gateway[Name]>
  ) => Promise<Awaited<ReturnType<Gateway[Name]>>>;
};

/** The gateway's thread gave no answer: it is overloaded, or hangs. */
export class GatewayUnavailableError extends Error {
  override readonly name = 'GatewayUnavailableError';
}
