import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../../../gateway/gateway.js';
import type { GatewayEvent } from '../../../gateway/gateway-event.js';

/** Something that goes wrong, and how it ends. */
export interface Fault {
  /** One line for people: what goes wrong, and what to look at. */
  readonly story: string;
  /** Channels that suffer from it. */
  readonly channels: readonly string[];
  begin(): void;
  /** Takes the cause away. Left out: the gateway finds a way out itself. */
  end?(): Promise<void> | void;
}

/** Events by which a gateway tells that something is wrong. */
const troubles: ReadonlySet<GatewayEvent['type']> = new Set([
  'sourceLost',
  'sourceStalled',
  'destinationLost',
  'destinationRefused',
]);

/** Time between two looks at the states, in ms. */
const POLL = 100;

export interface StoryOptions {
  readonly gateway: Pick<Gateway, 'snapshot' | 'subscribe'>;
  readonly faults: readonly Fault[];
  /** ms that all is well before each fault, and that each lasts once it has been seen. */
  readonly pace: number;
  readonly tell: (line: string) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Lets one fault after the other happen, again and again, each until it has been seen and mended; rejects
 * when it is aborted.
 */
export async function tellStory(options: StoryOptions): Promise<never> {
  const { faults, pace, signal } = options;
  await untilWell(options, undefined);
  for (let index = 0; ; index = (index + 1) % faults.length) {
    await sleep(pace, undefined, { signal });
    await tellFault(faults[index]!, options);
  }
}

async function tellFault(fault: Fault, options: StoryOptions): Promise<void> {
  const { gateway, pace, tell, now, signal } = options;
  const { channels } = fault;
  const seen = nextTrouble(gateway, channels, signal);
  tell(fault.story);
  fault.begin();
  let mended = now();
  await seen;
  if (fault.end !== undefined) {
    await sleep(pace, undefined, { signal });
    mended = now();
    await fault.end();
  }
  await untilWell(options, channels);
  const since = fault.end === undefined ? 'after it was sent away' : 'after the cause was gone';
  tell(`${channels.join(', ')}: online again, ${((now() - mended) / 1000).toFixed(1)} s ${since}`);
}

/** Resolves when the gateway tells of trouble with one of the channels. */
async function nextTrouble(
  gateway: Pick<Gateway, 'subscribe'>,
  channels: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const end = gateway.subscribe(({ type, channel }) => {
      if (channel === undefined || !channels.includes(channel) || !troubles.has(type)) return;
      end();
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Waits until these channels, or all that are wanted, are online. Somebody at the page may have stopped or
 * removed one.
 */
async function untilWell(
  { gateway, signal }: StoryOptions,
  names: readonly string[] | undefined,
): Promise<void> {
  const isWell = () =>
    gateway
      .snapshot()
      .channels.filter(({ name }) => names === undefined || names.includes(name))
      .every(({ state }) => state === 'online' || state === 'disabled');
  while (!isWell()) await sleep(POLL, undefined, { signal });
}
