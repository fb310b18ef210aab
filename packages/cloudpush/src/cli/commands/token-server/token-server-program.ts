import { Command, Option } from 'commander';
import { collect, integer, listenAddress, positive } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { tokenServerCommand } from './token-server-command.js';

const DEFAULT_ADDRESS = '127.0.0.1:8080';
const DEFAULT_PORT = 8080;
const DEFAULT_URL = 'rtmp://localhost/$appname/$streamname/$time';
/** Seconds that a timer can still count: 24 days. */
const MAX_SECONDS = 2_000_000;

/** The options and the help of `cloudpush token-server`. */
export function tokenServerProgram({ output, interruption, done }: CommandContext): Command {
  const address = listenAddress(DEFAULT_PORT);
  return new Command('token-server')
    .description('give out push targets and tokens: for tests and trying things out, not for production')
    .addOption(
      new Option('--listen <host:port>', 'where to listen; port 0 takes any free one')
        .argParser(address)
        .default(address(DEFAULT_ADDRESS), DEFAULT_ADDRESS),
    )
    .option('--url <template>', 'the push URL to give out', DEFAULT_URL)
    .option('--ttl <seconds>', 'life of a token', integer(1), 3600)
    .option('--client <id:secret>', 'a client that may ask; without one, anyone may (repeatable)', collect)
    .option(
      '--device <sn[=token]>',
      'a device, with its token if it has one; without one, any (repeatable)',
      collect,
    )
    .option('--duration <seconds>', 'end after this time', positive(MAX_SECONDS))
    .option('--json', 'write events to stdout, one JSON object a line')
    .addHelpText('after', HELP)
    .action(async (options) => done(await tokenServerCommand(options, output, interruption)));
}

const HELP = `
Requests and answers are JSON, by HTTP POST:
  /connection/token/get  {"clientid", "client_secret", "deviceSN"} or {"device_token"}
  /live/token/get        {"deviceSN"}
  {"code": 0, "data": {"url", "token", "expires_in"}}, or {"code": 1, "message"} with another code than 0
The publisher fills in $appname, $streamname and $time in the URL.

It is made for tests and for trying things out, not for production: tokens live in memory only, nothing limits how often
anyone asks, and secrets on a command line can be read by others on the same machine. Secrets are never written out.
SIGINT and SIGTERM end it with exit code 0.

Example:
  cloudpush token-server --url 'rtmp://localhost/live/$streamname' --client me:hush --device SN-1 --ttl 60
`;
