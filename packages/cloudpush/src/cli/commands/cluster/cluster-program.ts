import { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { DEFAULT_URL, gatewayUrl } from '../top/top-program.js';
import {
  channelsCommand,
  drainCommand,
  exportCommand,
  importCommand,
  statusCommand,
} from './cluster-command.js';

/** `cloudpush cluster`, its commands and their help. */
export function clusterProgram({ output, done }: CommandContext): Command {
  const cluster = new Command('cluster').description('manage gateways that share one list of channels');
  cluster
    .addCommand(
      asking('status', 'show the nodes, and the share of each')
        .option('--json', 'write JSON to stdout')
        .action(async (options) => done(await statusCommand(options, output))),
    )
    .addCommand(
      asking('channels', 'list the channels of all nodes')
        .option('--json', 'write JSON to stdout')
        .action(async (options) => done(await channelsCommand(options, output))),
    )
    .addCommand(
      asking('drain', 'move all channels of a node to the others, one slot after the other')
        .argument('<node>', 'name of the node')
        .option('--undo', 'let the node take its share again')
        .action(async (node: string, options) => done(await drainCommand(node, options, output))),
    )
    .addCommand(
      new Command('import')
        .description('put the channels of a file into the store of its cluster')
        .argument('<file>', 'a configuration with channels and cluster, such as gateway.yaml')
        .action(async (file: string) => done(await importCommand(file, output))),
    )
    .addCommand(
      new Command('export')
        .description('write the channels of a cluster to stdout, as a configuration')
        .argument('<file>', 'a configuration with the cluster, such as gateway.yaml')
        .action(async (file: string) => done(await exportCommand(file, output))),
    );
  return cluster;
}

function asking(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--url <url>', 'where any gateway of the cluster answers HTTP', gatewayUrl, new URL(DEFAULT_URL))
    .option('--token-file <file>', 'a file that holds the token of the API, if it has one');
}
