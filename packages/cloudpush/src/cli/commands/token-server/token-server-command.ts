import { ReferenceTokenServer, type TokenRequestReport } from '@cloudpush/engine';
import { parseRtmpUrl } from '@cloudpush/transport';
import type { ListenAddress } from '../../argument-types.js';
import { errorText } from '../../error-text.js';
import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import type { Output } from '../../terminal/output.js';
import { untilEnd } from '../../until-end.js';
import { JsonTokenLog, TextTokenLog, type TokenLog } from './token-log.js';

/** The options of `cloudpush token-server`, as the parser gives them. */
export interface TokenServerCommandOptions {
  readonly listen: ListenAddress;
  readonly url: string;
  /** s */
  readonly ttl: number;
  readonly client?: readonly string[];
  readonly device?: readonly string[];
  /** s */
  readonly duration?: number;
  readonly json?: boolean;
}

/** `cloudpush token-server`. SIGINT and SIGTERM are its ordinary end: the exit code is 0. */
export async function tokenServerCommand(
  options: TokenServerCommandOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const { listen, url, ttl, client = [], device = [] } = options;
  checkTemplate(url);
  const clients = new Map(client.map(parseClient));
  const devices = new Map(device.map(parseDevice));
  const log: TokenLog = options.json === true ? new JsonTokenLog(output) : new TextTokenLog(output);
  const onRequest = (report: TokenRequestReport) => log.request(report);
  const server = await ReferenceTokenServer.listen({ ...listen, url, ttl, clients, devices, onRequest });
  log.listening(server);
  await untilEnd(interruption.signal, options.duration);
  await server.close();
  log.summary();
  return ExitCode.ok;
}

function checkTemplate(url: string): void {
  try {
    parseRtmpUrl(url);
  } catch (error) {
    throw usageError(`--url: ${errorText(error)}`);
  }
}

/** Splits `ID:SECRET`; the error does not show the value, which may be the secret. */
function parseClient(text: string): [id: string, secret: string] {
  const colon = text.indexOf(':');
  if (colon > 0 && colon < text.length - 1) return [text.slice(0, colon), text.slice(colon + 1)];
  throw usageError('--client: an id and a secret are needed, with a colon in between: ID:SECRET');
}

function parseDevice(text: string): [serialNumber: string, token: string | undefined] {
  const equals = text.indexOf('=');
  if (text !== '' && equals < 0) return [text, undefined];
  if (equals > 0 && equals < text.length - 1) return [text.slice(0, equals), text.slice(equals + 1)];
  throw usageError('--device: a serial number is needed, and a token if there is one: SN or SN=TOKEN');
}
