import { Command } from 'commander';
import { integerBetween, positive } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { MAX_SECONDS } from '../../engine-options.js';
import { gatewayDemoCommand } from './gateway-demo-command.js';

/** Of the gateway, unless told otherwise. */
const DEFAULT_PORT = 9997;
/** s */
const DEFAULT_PACE = 15;

/** The options and the help of `cloudpush gateway-demo`. */
export function gatewayDemoProgram({ output, interruption, done }: CommandContext, version: string): Command {
  return new Command('gateway-demo')
    .description(
      'show the gateway and its dashboard with eight synthetic cameras, and what it does about faults',
    )
    .option(
      '--port <n>',
      'of the dashboard on this machine; 0: any free one',
      integerBetween(0, 65_535),
      DEFAULT_PORT,
    )
    .option('--duration <seconds>', 'how long (default: until it is ended)', positive(MAX_SECONDS))
    .option(
      '--pace <seconds>',
      'how long all is well before each fault, and how long it lasts',
      positive(3600),
      DEFAULT_PACE,
    )
    .option('--no-open', 'do not open the page in a browser')
    .addHelpText('after', HELP)
    .action(async (options) => done(await gatewayDemoCommand(options, version, output, interruption)));
}

const HELP = `
Cameras, server and gateway all run in this process, and nothing is written but a folder of temporary files. The page is
the gateway's own: channels may be added, stopped and changed there while it runs. SIGINT and SIGTERM end it.
`;
