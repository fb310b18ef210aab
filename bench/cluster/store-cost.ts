// Cost of the store: 10,000 channels (specifications only) on three gateways and three etcd, while they start,
// at rest, and while 2,000 of them change at once.
// node bench/dist/cluster/store-cost.js [CHANNELS] [SECONDS]

import { markdownTable } from '../support/markdown.js';
import { cpuSeconds, residentBytes } from '../support/process-usage.js';
import { ClusterProcesses, until } from './processes.js';

const CHANNELS = Number(process.argv[2] ?? 10_000);
const SECONDS = Number(process.argv[3] ?? 60);
const EDITS = Math.min(2000, CHANNELS);
/** Requests under way at a time, over all gateways. */
const AT_A_TIME = 50;
const GATEWAYS = 3;
const MIB = 2 ** 20;

const names = Array.from({ length: CHANNELS }, (_, index) => `camera-${index}`);
const channels = Object.fromEntries(
  names.map((name) => [
    name,
    {
      enabled: false,
      source: `rtsp://camera.example/${name}`,
      destinations: [`rtmp://cloud.example/live/${name}`],
    },
  ]),
);

interface Used {
  readonly etcd: number;
  readonly gateways: number;
  readonly sent: number;
  readonly received: number;
  /** Requests, and messages on the streams of a stream's method, by method. */
  readonly requests: ReadonlyMap<string, number>;
}

async function used(of: ClusterProcesses): Promise<Used> {
  return {
    etcd: cpuSeconds(of.etcdPids),
    gateways: cpuSeconds(of.gatewayPids),
    sent: await of.etcdMetric('etcd_network_client_grpc_sent_bytes_total'),
    received: await of.etcdMetric('etcd_network_client_grpc_received_bytes_total'),
    requests: await of.etcdMetricBy('grpc_server_msg_received_total', 'grpc_method'),
  };
}

/** What was asked meanwhile, in words. */
function asked(before: Used, after: Used): string {
  const counts = [...after.requests].map(
    ([method, count]) => [method, count - (before.requests.get(method) ?? 0)] as const,
  );
  const some = counts.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  return some.map(([method, count]) => `${method} ${count}`).join(', ');
}

function row(what: string, before: Used, after: Used, seconds: number): string[] {
  const core = (name: 'etcd' | 'gateways'): string => ((after[name] - before[name]) / seconds).toFixed(3);
  const rate = (name: 'sent' | 'received'): string =>
    ((after[name] - before[name]) / seconds / 1024).toFixed(1);
  return [what, core('etcd'), core('gateways'), rate('sent'), rate('received'), asked(before, after)];
}

/** Changes a label of each, through one gateway after the other. */
async function edit(of: ClusterProcesses, value: string): Promise<void> {
  const left = names.slice(0, EDITS).entries();
  const worker = async (): Promise<void> => {
    for (const [index, name] of left) {
      const answer = await of.ask(index % GATEWAYS, `/v1/channels/${name}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ labels: { value } }),
      });
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

/** Channels with that label, as a gateway lists them; all channels without one. */
async function seen(of: ClusterProcesses, gateway: number, value?: string): Promise<number> {
  const label = value === undefined ? '' : `label=${encodeURIComponent(`value=${value}`)}&`;
  const answer = await of.ask(gateway, `/v1/channels?${label}limit=1`);
  return ((await answer.json()) as { readonly total: number }).total;
}

/** Whether all gateways list so many channels with that label. */
async function allSee(of: ClusterProcesses, count: number, value?: string): Promise<boolean> {
  const counts = await Promise.all([0, 1, 2].map((gateway) => seen(of, gateway, value)));
  return counts.every((one) => one === count);
}

const NOTHING: Used = { etcd: 0, gateways: 0, sent: 0, received: 0, requests: new Map() };
/** Watches of thousands of slots are still being made when the channels are listed already, for so many ms. */
const SETTLED = 10_000;

const begun = performance.now();
const cluster = await ClusterProcesses.start(GATEWAYS, channels);
try {
  // A node that has its slots may not have read what is in them.
  await until(async () => (await allSee(cluster, CHANNELS)) && (await cluster.isShared(GATEWAYS)));
  const ready = (performance.now() - begun) / 1000;
  const rows: string[][] = [];
  await new Promise((resolve) => setTimeout(resolve, SETTLED));
  let before = await used(cluster);
  rows.push(row('import and start', NOTHING, before, ready + SETTLED / 1000));
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  rows.push(row('at rest', before, await used(cluster), SECONDS));
  before = await used(cluster);
  const start = performance.now();
  await edit(cluster, 'changed');
  const edited = performance.now();
  await until(() => allSee(cluster, EDITS, 'changed'));
  const agreed = performance.now();
  rows.push(row(`${EDITS} changes`, before, await used(cluster), (agreed - start) / 1000));
  const head = ['', 'etcd × 3, cores', 'gateways × 3, cores', 'etcd sends, KiB/s', 'etcd receives, KiB/s'];
  head.push('asked of etcd');
  console.log(markdownTable(head, rows));
  const size = (await cluster.etcdMetric('etcd_mvcc_db_total_size_in_bytes')) / 3;
  console.log(
    `\n${CHANNELS} channels, ready after ${ready.toFixed(1)} s; database ${(size / MIB).toFixed(1)} MiB; ` +
      `an etcd has ${(residentBytes(cluster.etcdPids) / 3 / MIB).toFixed(0)} MiB resident, a gateway ` +
      `${(residentBytes(cluster.gatewayPids) / 3 / MIB).toFixed(0)} MiB; ${EDITS} changes answered in ` +
      `${((edited - start) / 1000).toFixed(1)} s, all gateways agreed ${Math.round(agreed - edited)} ms later`,
  );
} finally {
  await cluster.stop();
}
