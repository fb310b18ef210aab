import { createRequire } from 'node:module';
import { Command } from 'commander';
import { positive } from './argument-types.js';
import type { CommandContext } from './command-context.js';
import { benchProgram } from './commands/bench/bench-program.js';
import { clusterProgram } from './commands/cluster/cluster-program.js';
import { decryptProgram } from './commands/decrypt/decrypt-program.js';
import { DEFAULT_FOLDER, demoCommand } from './commands/demo/demo-command.js';
import { gatewayProgram } from './commands/gateway/gateway-program.js';
import { gatewayDemoProgram } from './commands/gateway-demo/gateway-demo-program.js';
import { inspectProgram } from './commands/inspect/inspect-program.js';
import { pushProgram } from './commands/push/push-program.js';
import { receiveProgram } from './commands/receive/receive-program.js';
import { spoolProgram } from './commands/spool/spool-program.js';
import { tokenServerProgram } from './commands/token-server/token-server-program.js';
import { topProgram } from './commands/top/top-program.js';
import { addEngineOptions, channelCount, MAX_SECONDS } from './engine-options.js';

/** The command line as a whole: commands, options, help. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('cloudpush')
    .description('Push live camera media over RTMP, on many connections at once.')
    .version(version(), '-V, --version')
    .helpCommand(true)
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .addHelpText('after', EXIT_CODES);
  program
    .addCommand(pushProgram(context))
    .addCommand(receiveProgram(context))
    .addCommand(inspectProgram(context))
    .addCommand(decryptProgram(context))
    .addCommand(spoolProgram(context))
    .addCommand(benchProgram(context))
    .addCommand(demo(context))
    .addCommand(tokenServerProgram(context))
    .addCommand(topProgram(context))
    .addCommand(gatewayProgram(context))
    .addCommand(clusterProgram(context))
    .addCommand(gatewayDemoProgram(context, version()));
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

function demo({ output, interruption, done }: CommandContext): Command {
  const command = new Command('demo')
    .description(
      'push the bundled clip on several channels into a receiver of its own, and compare every frame',
    )
    .argument('[url]', 'push to this server instead, without comparison')
    .option('--channels <n>', 'how many connections', channelCount, 8)
    .option('--duration <seconds>', 'how long to push', positive(MAX_SECONDS), 10)
    .option('--record <dir>', `where to put the recordings (default: "${DEFAULT_FOLDER}")`);
  return addEngineOptions(command)
    .option('--json', 'write the verdict to stdout as JSON')
    .addHelpText('after', DEMO_HELP)
    .action(async (url: string | undefined, options) => {
      done(await demoCommand(url, options, output, interruption));
    });
}

const DEMO_HELP = `
With a URL, {i} in it is the number of each channel; without {i}, -1, -2, … is put behind the stream name:
  cloudpush demo rtmp://localhost/live/cam    publishes cam-1 to cam-8
`;

function version(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };
  return manifest.version;
}
