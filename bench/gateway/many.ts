import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { markdownTable, shown } from '../support/markdown.js';
import { cpuSeconds, residentBytes } from '../support/process-usage.js';
import { median } from '../support/statistics.js';
import type { CameraOrder } from './cameras.js';
import { GatewayProcess } from './gateway-process.js';
import { HelperProcess } from './helper-process.js';
import type { ReceivedCounts, ReceiverOrder } from './receivers.js';

/**
 * Many cameras through one gateway, each to several servers, while cameras freeze and hang up, servers reset
 * connections and the configuration is read anew. In the end no channel may be stuck, memory must not have
 * grown, and the gateway's metrics must be what the servers have counted. Beside it, in the same run, ffmpeg
 * brings some of the cameras to one server each.
 */
const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '200' },
    destinations: { type: 'string', default: '2' },
    minutes: { type: 'string', default: '10' },
    ffmpegs: { type: 'string', default: '20' },
    shards: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const channels = Number(values.cameras);
const destinations = Number(values.destinations);
const minutes = Number(values.minutes);
const ffmpegs = Number(values.ffmpegs);
const shards = values.shards === undefined ? undefined : Number(values.shards);

/** Without faults: what is compared with ffmpeg. */
const QUIET_SECONDS = 20;
const FAULT_INTERVAL = 2_000;
/** Longer than the time-out and the longest wait of the configuration: who is not back then is stuck. */
const RECOVERY = 15_000;
const FREEZE = 5_000;

let state = Number(values.seed) >>> 0;
/** Below `limit`; the same for the same seed. */
function random(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

interface Usage {
  readonly cores: number;
  readonly rss: number;
}

async function usage(pids: readonly number[], seconds: number): Promise<Usage> {
  const before = cpuSeconds(pids);
  const begin = performance.now();
  await sleep(seconds * 1000);
  return {
    cores: (cpuSeconds(pids) - before) / ((performance.now() - begin) / 1000),
    rss: residentBytes(pids),
  };
}

async function online(gateway: GatewayProcess): Promise<number> {
  const up = await gateway.metric('cloudpush_channel_up');
  return up.filter(({ value }) => value === 1).length;
}

async function waitForAll(gateway: GatewayProcess, timeout: number): Promise<number> {
  const begin = performance.now();
  while (performance.now() - begin < timeout) {
    if ((await online(gateway).catch(() => 0)) === channels) return (performance.now() - begin) / 1000;
    await sleep(200);
  }
  throw new Error(
    `${await online(gateway)} of ${channels} channels are online after ${timeout} ms:\n${gateway.log.slice(-2000)}`,
  );
}

/** One fault, or a reload. @returns its name */
async function disturb(
  gateway: GatewayProcess,
  cameras: HelperProcess<CameraOrder>,
  receivers: HelperProcess<ReceiverOrder>,
  turn: number,
): Promise<string> {
  const some = Array.from({ length: 1 + random(5) }, () => random(channels));
  switch (turn % 4) {
    case 0:
      cameras.order({ type: 'freeze', cameras: some, frozen: true });
      setTimeout(() => cameras.order({ type: 'freeze', cameras: some, frozen: false }), FREEZE);
      return 'cameras frozen';
    case 1:
      cameras.order({ type: 'hangUp', cameras: some });
      return 'cameras hung up';
    case 2:
      receivers.order({ type: 'drop', streams: some.map((camera) => `c${camera}-d${random(destinations)}`) });
      return 'connections reset by the server';
    default:
      await gateway.reload(turn);
      return 'reloads';
  }
}

/** ffmpeg, a process a camera, with so many outputs each; what all cameras would cost. */
async function beside(cameraPort: number, receiverPort: number, outputs: number): Promise<Usage> {
  const children = Array.from({ length: ffmpegs }, (_, i) => {
    const targets = Array.from({ length: outputs }, (_output, o) => [
      ...['-map', '0', '-c', 'copy', '-f', 'flv'],
      `rtmp://127.0.0.1:${receiverPort}/live/ffmpeg-${outputs}-${i}-${o}`,
    ]);
    const input = ['-rtsp_transport', 'tcp', '-i', `rtsp://127.0.0.1:${cameraPort}/${i}`];
    const args = ['-v', 'error', '-nostdin', ...input, ...targets.flat()];
    return spawn('ffmpeg', args, { stdio: 'ignore' });
  });
  await sleep(8_000);
  const alive = children.filter(({ exitCode }) => exitCode === null);
  if (alive.length < ffmpegs) throw new Error(`${ffmpegs - alive.length} of ${ffmpegs} ffmpegs have ended`);
  const used = await usage(
    alive.map(({ pid }) => pid!),
    QUIET_SECONDS,
  );
  for (const child of children) child.kill('SIGKILL');
  return { cores: (used.cores / ffmpegs) * channels, rss: (used.rss / ffmpegs) * channels };
}

/** The gateway's count of what it has sent, beside what was received: by stream, where they differ. */
async function differences(
  gateway: GatewayProcess,
  receivers: HelperProcess<ReceiverOrder>,
): Promise<string[]> {
  const counted = (await receivers.ask({ type: 'count' })) as ReceivedCounts;
  const sent = await gateway.metric('cloudpush_destination_frames_total');
  return sent
    .filter(({ labels }) => labels['kind'] === 'video')
    .filter(({ labels, value }) => counted[`${labels['channel']}-${labels['destination']}`] !== value)
    .map(({ labels, value }) => {
      const name = `${labels['channel']}-${labels['destination']}`;
      return `${name}: ${value} sent, ${counted[name] ?? 0} received`;
    });
}

async function run(): Promise<void> {
  const cameras = await HelperProcess.start<CameraOrder>('./cameras.js');
  const receivers = await HelperProcess.start<ReceiverOrder>('./receivers.js');
  const setup = { cameraPort: cameras.port, receiverPort: receivers.port, channels, destinations, shards };
  const gateway = await GatewayProcess.start(setup);
  console.error(`${channels} cameras, ${destinations} destinations each`);
  const startSeconds = await waitForAll(gateway, 60_000);
  await sleep(3_000);
  const quiet = await usage([gateway.pid], QUIET_SECONDS);
  console.error(`all online after ${startSeconds.toFixed(1)} s; ${quiet.cores.toFixed(2)} cores`);

  // Before anybody is disturbed, everything must have arrived.
  const everyone = Array.from({ length: channels }, (_, i) => i);
  cameras.order({ type: 'freeze', cameras: everyone, frozen: true });
  await sleep(1_500);
  const undisturbed = await differences(gateway, receivers);
  cameras.order({ type: 'freeze', cameras: everyone, frozen: false });

  const faults = new Map<string, number>();
  const memory: number[] = [];
  const begin = performance.now();
  for (let turn = 0; performance.now() - begin < minutes * 60_000; turn++) {
    const name = await disturb(gateway, cameras, receivers, turn);
    faults.set(name, (faults.get(name) ?? 0) + 1);
    await sleep(FAULT_INTERVAL);
    memory.push(residentBytes([gateway.pid]));
    if (turn % 15 === 14)
      console.error(
        `${Math.round((performance.now() - begin) / 1000)} s: ${await online(gateway)} online, RSS ${shown(memory.at(-1)! / 2 ** 20)} MiB`,
      );
  }
  const recovery = await waitForAll(gateway, FREEZE + RECOVERY);
  const single = await beside(cameras.port, receivers.port, 1);
  const same = await beside(cameras.port, receivers.port, destinations);
  const busy = await usage([gateway.pid], QUIET_SECONDS);
  const code = await gateway.stop();
  await cameras.stop();
  await receivers.stop();

  const third = Math.max(1, Math.floor(memory.length / 3));
  const growth = (median(memory.slice(-third)) - median(memory.slice(0, third))) / 2 ** 20;
  const row = (name: string, pick: (used: Usage) => number, decimals: number): string[] => {
    const [ours, one, all] = [quiet, single, same].map(pick) as [number, number, number];
    const theirs = [one, all].flatMap((used) => [shown(used, decimals), shown(ours / used, 2)]);
    return [name, shown(ours, decimals), shown(pick(busy), decimals), ...theirs];
  };
  const header = [
    `${channels} cameras`,
    `gateway, ${destinations} outputs`,
    'after the faults',
    'ffmpeg, 1 output',
    'ratio',
    `ffmpeg, ${destinations} outputs`,
    'ratio',
  ];
  const rows = [row('cores', ({ cores }) => cores, 2), row('RSS, MiB', ({ rss }) => rss / 2 ** 20, 0)];
  console.log(markdownTable(header, rows));
  console.log(`ffmpeg: ${ffmpegs} processes measured`);
  console.log(
    `\nall online after ${startSeconds.toFixed(1)} s; back after the last fault within ${recovery.toFixed(1)} s; exit code ${code}`,
  );
  console.log(`faults: ${[...faults].map(([name, count]) => `${count} ${name}`).join(', ')}`);
  console.log(`RSS: ${growth.toFixed(1)} MiB more in the last third than in the first`);
  console.log(
    `streams whose counts differ from the server's without faults: ${undisturbed.length}${undisturbed
      .slice(0, 5)
      .map((text) => `\n  ${text}`)
      .join('')}`,
  );
}

await run();
