import { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { gatewayCommand } from './gateway-command.js';

/** `cloudpush gateway`, its options and its help. */
export function gatewayProgram({ output, interruption, done }: CommandContext): Command {
  return new Command('gateway')
    .description('push many cameras, as a configuration file says')
    .argument('<file>', 'the configuration, such as gateway.yaml')
    .option('--check', 'check the configuration, list all its faults, and exit')
    .addHelpText('after', HELP)
    .action(async (file: string, options) => {
      done(await gatewayCommand(file, options, output, interruption));
    });
}

const HELP = `
The smallest configuration:
  version: 1
  channels:
    gate:
      source: rtsp://viewer:\${GATE_PASSWORD}@camera-1.example/Streaming/Channels/101
      destinations: [ rtmp://cloud.example/live/gate ]

SIGHUP, or a change of the file, puts the file in force again: channels that it does not change go on undisturbed, and a
file at fault changes nothing. SIGINT and SIGTERM end all streams cleanly; a second one ends at once.

Exit code 0: it was ended, or the configuration is valid; 1: streams could not be ended cleanly in time, or something
failed at the start; 2: the configuration is at fault.

The guide, and a JSON Schema for editors: docs/gateway.md and docs/gateway.schema.json of the package cloudpush.
`;
