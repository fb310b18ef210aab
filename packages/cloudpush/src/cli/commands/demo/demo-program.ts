import { Command } from 'commander';
import { positive } from '../../argument-types.js';
import type { CommandContext } from '../../command-context.js';
import { addEngineOptions, channelCount, MAX_SECONDS } from '../../engine-options.js';
import { DEFAULT_FOLDER, demoCommand } from './demo-command.js';

/** `cloudpush demo`, its options and its help. */
export function demoProgram({ output, interruption, done }: CommandContext): Command {
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
