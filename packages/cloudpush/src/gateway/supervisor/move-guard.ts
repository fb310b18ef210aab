import type { PushTarget } from '@cloudpush/engine';
import type { DestinationPlan } from '../config/configuration.js';

/** True when a move would show another server the secrets that the destination was given for its own. */
export function betraysSecrets({ options }: DestinationPlan, { url, token }: PushTarget): boolean {
  const { connection = {} } = options;
  const isShown =
    connection.credentials !== undefined || (connection.token !== undefined && token === undefined);
  return isShown && serverOf(url) !== serverOf(options.url ?? '');
}

/** Scheme, host and port as they are written. */
function serverOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`.toLowerCase();
}
