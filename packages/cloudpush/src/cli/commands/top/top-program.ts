import { Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { topCommand } from './top-command.js';

/** Where a gateway answers unless something else is said. */
export const DEFAULT_URL = 'http://127.0.0.1:9997';

/** The options and the help of `cloudpush top`. */
export function topProgram({ output, interruption, done }: CommandContext): Command {
  return new Command('top')
    .description('show the channels of a running gateway, those with faults first')
    .option('--url <url>', 'where the gateway answers HTTP', gatewayUrl, new URL(DEFAULT_URL))
    .option('--token-file <file>', 'a file that holds the token of the API, if it has one')
    .option('--once', 'show it once and exit')
    .option('--json', 'write JSON to stdout, one object a second')
    .addHelpText('after', HELP)
    .action(async (options) => done(await topCommand(options, output, interruption)));
}

/** @throws InvalidArgumentError */
export function gatewayUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return url;
  throw new InvalidArgumentError(`A URL such as ${DEFAULT_URL} is needed, without a password.`);
}

const HELP = `
On a terminal the view is renewed each second; into a file or pipe a table is written every ten seconds. A gateway that does not
answer is asked again until it does. SIGINT and SIGTERM end it with exit code 0.

Examples:
  cloudpush top
  cloudpush top --url https://nvr.example --token-file /run/secrets/api-token
  cloudpush top --once --json | jq '.rows[] | select(.state == "offline") | .name'
`;
