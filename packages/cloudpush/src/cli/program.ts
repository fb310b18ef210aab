import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { version } from './version.js';

/** Makes a command, once its module is loaded. */
type CommandLoader = (context: CommandContext) => Promise<Command>;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, CommandLoader>> = {
  push: async (context) => (await import('./commands/push/push-program.js')).pushProgram(context),
  receive: async (context) => (await import('./commands/receive/receive-program.js')).receiveProgram(context),
  inspect: async (context) => (await import('./commands/inspect/inspect-program.js')).inspectProgram(context),
  decrypt: async (context) => (await import('./commands/decrypt/decrypt-program.js')).decryptProgram(context),
  spool: async (context) => (await import('./commands/spool/spool-program.js')).spoolProgram(context),
  bench: async (context) => (await import('./commands/bench/bench-program.js')).benchProgram(context),
  demo: async (context) => (await import('./commands/demo/demo-program.js')).demoProgram(context),
  'token-server': async (context) =>
    (await import('./commands/token-server/token-server-program.js')).tokenServerProgram(context),
  top: async (context) => (await import('./commands/top/top-program.js')).topProgram(context),
  gateway: async (context) => (await import('./commands/gateway/gateway-program.js')).gatewayProgram(context),
  cluster: async (context) => (await import('./commands/cluster/cluster-program.js')).clusterProgram(context),
  'gateway-demo': async (context) =>
    (await import('./commands/gateway-demo/gateway-demo-program.js')).gatewayDemoProgram(context, version()),
};

/**
 * The command line: commands, options, help.
 * @param words the arguments: when the first one names a command, only that one is loaded
 */
export async function createProgram(context: CommandContext, words: readonly string[]): Promise<Command> {
  const program = new Command('cloudpush')
    .description('Push live camera media over RTMP, on many connections at once.')
    .version(version(), '-V, --version')
    .helpCommand(true)
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .addHelpText('after', EXIT_CODES);
  const [name = ''] = words;
  const named = Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : Object.values(COMMANDS);
  for (const command of await Promise.all(named.map((load) => load(context)))) program.addCommand(command);
  return program;
}

const EXIT_CODES = `
Exit codes:
  0  all went well (push, demo: every frame was accepted to the end; bench: every channel was published to the end;
     receive: it was ended, whatever publishers did)
  1  something went wrong on the way (inspect: the file is damaged)
  2  the arguments make no sense, or name a file that is not there
  129, 130, 143  push, bench and demo were ended by SIGHUP, SIGINT or SIGTERM (streams are ended cleanly; a second signal
     ends at once); receive and token-server end that way with 0, or with 1 when a recording failed
  141  nobody read what was written to stdout any more
`;
