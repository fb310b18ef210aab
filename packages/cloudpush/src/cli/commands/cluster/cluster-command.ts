import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exportChannels, importChannels, secretFaults } from '../../../gateway/cluster/transfer.js';
import type { ClusterPlan } from '../../../gateway/config/configuration.js';
import { ConfigurationDocument } from '../../../gateway/config/document.js';
import { faultText, parseConfiguration } from '../../../gateway/config/parse.js';
import type { ChannelState, ClusterState } from '../../../gateway/state.js';
import { CommandError, ExitCode, usageError } from '../../exit-code.js';
import { facts, plural, table } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { readToken } from '../top/gateway-events.js';
import { askGateway, type GatewayAddress } from './gateway-api.js';

/** The options of commands that ask a gateway, as the parser gives them. */
interface AskOptions {
  readonly url: URL;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** Channels of one answer. */
const PAGE = 1000;

function addressOf({ url, tokenFile }: AskOptions): GatewayAddress {
  return { url, token: tokenFile === undefined ? undefined : readToken(tokenFile) };
}

/** `cloudpush cluster status` */
export async function statusCommand(options: AskOptions, output: Output): Promise<number> {
  const cluster = await askGateway<ClusterState>(addressOf(options), '/v1/cluster');
  if (options.json === true) {
    output.json(cluster);
    return ExitCode.ok;
  }
  const { name, node, state, leaseRemaining, storeLatency, slots, nodes } = cluster;
  const rows: [string, string][] = [
    ['cluster', `${name}, as ${node} sees it (${state})`],
    ['lease', `${(leaseRemaining / 1000).toFixed(1)} s; the store takes ${storeLatency.toFixed(1)} ms`],
    ['slots', `${slots.total}, ${slots.unclaimed} of them nobody's`],
  ];
  output.result(facts(rows, output.columns));
  const cells = nodes.map((one) => [one.id, one.state, one.slots, one.version, one.address ?? '']);
  output.result(
    table(['node', 'state', 'slots', 'version', 'API'], cells, output.columns, ['version', 'slots']),
  );
  return ExitCode.ok;
}

/** `cloudpush cluster channels` */
export async function channelsCommand(options: AskOptions, output: Output): Promise<number> {
  const address = addressOf(options);
  const channels: ChannelState[] = [];
  for (;;) {
    const path = `/v1/channels?limit=${PAGE}&offset=${channels.length}`;
    const page = await askGateway<{ items: ChannelState[]; total: number }>(address, path);
    channels.push(...page.items);
    if (page.items.length === 0 || channels.length >= page.total) break;
  }
  if (options.json === true) {
    output.json(channels);
    return ExitCode.ok;
  }
  const cells = channels.map(({ name, node = '', state, lastError }) => [
    name,
    node,
    state,
    lastError?.message ?? '',
  ]);
  output.result(table(['channel', 'node', 'state', 'last error'], cells, output.columns, ['node']));
  return ExitCode.ok;
}

/** `cloudpush cluster drain NODE` */
export async function drainCommand(
  node: string,
  options: AskOptions & { readonly undo?: boolean },
  output: Output,
): Promise<number> {
  const action = options.undo === true ? 'resume' : 'drain';
  await askGateway(addressOf(options), `/v1/cluster/nodes/${encodeURIComponent(node)}/${action}`, 'POST');
  output.note(options.undo === true ? `${node} takes its share again` : `${node} gives its channels away`);
  return ExitCode.ok;
}

/** `cloudpush cluster import FILE` */
export async function importCommand(path: string, output: Output): Promise<number> {
  const text = await textOf(path);
  const { configuration, faults } = parseConfiguration(text, resolve(path), process.env, {
    isImported: true,
  });
  const { channels = {} } = (faults.length === 0 ? new ConfigurationDocument(text).value() : {}) as {
    channels?: Record<string, unknown>;
  };
  const all = faults.length > 0 ? faults : secretFaults(channels);
  if (configuration === undefined || all.length > 0) {
    for (const fault of all) output.error(faultText(path, fault));
    return ExitCode.usage;
  }
  const plan = clusterOf(configuration.cluster, path);
  const { added, changed, unchanged } = await stored(() => importChannels(plan, channels));
  output.note(`${plural(added, 'channel')} added, ${changed} changed, ${unchanged} as they were`);
  return ExitCode.ok;
}

/** `cloudpush cluster export` */
export async function exportCommand(path: string, output: Output): Promise<number> {
  const text = await textOf(path);
  const { configuration, faults } = parseConfiguration(text, resolve(path), process.env, {
    isImported: true,
  });
  if (configuration === undefined) {
    for (const fault of faults) output.error(faultText(path, fault));
    return ExitCode.usage;
  }
  const plan = clusterOf(configuration.cluster, path);
  const { text: exported, faults: omitted } = await stored(() => exportChannels(plan));
  output.result(exported.trimEnd());
  for (const fault of omitted) output.error(`left out: ${fault}`);
  return omitted.length === 0 ? ExitCode.ok : ExitCode.failure;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw usageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function clusterOf(plan: ClusterPlan | undefined, path: string): ClusterPlan {
  if (plan === undefined)
    throw usageError(`${path} says nothing of a cluster: give it "cluster: { store: etcd://… }"`);
  return plan;
}

async function stored<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new CommandError((error as Error).message, ExitCode.failure);
  }
}
