import { errorText } from '../../error-text.js';
import { CommandError, ExitCode } from '../../exit-code.js';

/** A gateway is given so long for an answer, in ms. */
const TIMEOUT = 10_000;

/** Where a gateway is, and what it wants to be shown. */
export interface GatewayAddress {
  readonly url: URL;
  readonly token: string | undefined;
}

/** Asks a gateway. @throws CommandError with what it answers when it refuses */
export async function askGateway<T>(
  { url, token }: GatewayAddress,
  path: string,
  method = 'GET',
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch (error) {
    throw new CommandError(`${url.origin} cannot be reached: ${errorText(error)}`, ExitCode.failure);
  }
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => ({}))) as T & { readonly detail?: string };
  if (response.ok) return answer;
  const hint = response.status === 401 ? ' (--token-file)' : '';
  const reason = answer.detail ?? 'it is no gateway';
  throw new CommandError(
    `${url.origin} answered with status ${response.status}: ${reason}${hint}`,
    ExitCode.failure,
  );
}
