import { setTimeout as sleep } from 'node:timers/promises';
import { channelRows } from '../../../gateway/view/channel-rows.js';
import { GatewayView } from '../../../gateway/view/gateway-view.js';
import { errorText } from '../../error-text.js';
import { CommandError, ExitCode } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import type { Output } from '../../terminal/output.js';
import { gatewayEvents, isRefusal, readToken } from './gateway-events.js';
import { openDisplay, type TopDisplay } from './top-display.js';

/** The options of `cloudpush top`, as the parser gives them. */
export interface TopOptions {
  readonly url: URL;
  readonly tokenFile?: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** ms between two attempts to reach the gateway. */
const RETRY_DELAY = 2000;
/** `--once` waits for so many messages: the first rates are between two of them. */
const MESSAGES_ONCE = 3;

/** `cloudpush top`. SIGINT and SIGTERM are its ordinary end: the exit code is 0. */
export async function topCommand(
  options: TopOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const token = options.tokenFile === undefined ? undefined : readToken(options.tokenFile);
  if (options.once === true) return showOnce(options, token, output, interruption.signal);
  using display = openDisplay(output, options.json === true);
  while (!interruption.signal.aborted) await follow(options.url, token, display, interruption.signal);
  return ExitCode.ok;
}

/** Shows what one connection tells, then waits a little. */
async function follow(
  url: URL,
  token: string | undefined,
  display: TopDisplay,
  signal: AbortSignal,
): Promise<void> {
  const view = new GatewayView();
  try {
    for await (const event of gatewayEvents(url, token, signal)) {
      view.take(event);
      display.show(view);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (isRefusal(error)) throw error;
    display.lost(
      `${url.origin} cannot be reached: ${errorText(error)}; trying again every ${RETRY_DELAY / 1000} s`,
    );
  }
  await sleep(RETRY_DELAY, undefined, { signal }).catch(() => {});
}

async function showOnce(
  { url, json }: TopOptions,
  token: string | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const view = new GatewayView();
  try {
    let taken = 0;
    for await (const event of gatewayEvents(url, token, signal)) {
      view.take(event);
      if (++taken === MESSAGES_ONCE) break;
    }
  } catch (error) {
    if (signal.aborted) return ExitCode.ok;
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${url.origin} cannot be reached: ${errorText(error)}`, ExitCode.failure);
  }
  if (json === true) output.json({ ...view.state, rows: channelRows(view) });
  else openDisplay(output, false).show(view);
  return ExitCode.ok;
}
