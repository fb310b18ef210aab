import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { MessageType, RtmpReceiver } from '@cloudpush/transport';

/**
 * An outage of the server with a disk spool: whether each picture arrives, when live goes on, and how long the backlog
 * takes. Every picture bears its channel and number.
 */

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '50' },
    /** Of media before, in and after the outage. */
    seconds: { type: 'string', default: '10' },
    outage: { type: 'string', default: '60' },
    speed: { type: 'string', default: '10' },
    resume: { type: 'string', default: 'live' },
    when: { type: 'string', default: 'outage' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const count = Number(values.channels);
const around = Number(values.seconds) * 1000;
const outage = Number(values.outage) * 1000;
const spool = {
  speed: Number(values.speed),
  resume: values.resume as 'live' | 'in-order',
  when: values.when as 'outage' | 'always',
};
/** 25 pictures a second at 4 Mbit/s, a key frame each two seconds. */
const FRAME_MS = 40;
const GROUP = 50;
const BYTES = 20_000;
const START = '00000001';
const SETS = Buffer.from(
  `${START}6764000aacd9457b011000000300100000030320f1225960${START}68ebe3cb22c0`,
  'hex',
);

/** Pictures that have arrived of each channel, in any stream of its. */
const arrived = Array.from({ length: count }, () => new Set<number>());
let messages = 0;
/** When pictures came again on a live stream, by channel. */
const resumedAt = new Map<number, number>();
let recoveredAt = Number.POSITIVE_INFINITY;

async function listen(at: number): Promise<RtmpReceiver> {
  return await RtmpReceiver.listen(
    { port: at },
    {
      onPublish: ({ streamName }) => {
        const index = Number(/^s(\d+)/.exec(streamName)![1]);
        const isLive = !streamName.includes('-gap-');
        return {
          onMessage: ({ type, payload }) => {
            if (type !== MessageType.video || payload[1] !== 1) return;
            messages++;
            const digits = Buffer.from(payload.buffer, payload.byteOffset + payload.length - 8, 8);
            arrived[index]!.add(Number.parseInt(digits.toString('latin1'), 10));
            if (isLive && performance.now() > recoveredAt && !resumedAt.has(index))
              resumedAt.set(index, performance.now() - recoveredAt);
          },
          onEnd: () => {},
        };
      },
    },
  );
}

let receiver: RtmpReceiver | undefined = await listen(0);
const { port } = receiver.address;
const folder = await mkdtemp(join(values.folder, 'cloudpush-outage-'));
const engine = await PushEngine.create({
  maxConnections: count + 8,
  spool: { folder, minFree: 0, maxBytes: 2 ** 40 },
});
const channels: Channel[] = [];
for (let i = 0; i < count; i++)
  channels.push(
    engine.openChannel({
      url: `rtmp://127.0.0.1:${port}/live/s${i}`,
      audio: 'none',
      overflow: 'spool',
      spool,
      reconnect: { initialDelay: 200, maxDelay: 1000 },
    }),
  );
await Promise.all(channels.map((channel) => channel.connected()));

const picture = Buffer.alloc(BYTES, 0x5a);
let sent = 0;
let refused = 0;
let isSending = true;

/** A picture of each channel, when its time has come. */
async function film(): Promise<void> {
  const start = performance.now();
  while (isSending) {
    const isKey = sent % GROUP === 0;
    const slice = Buffer.from(`${START}${isKey ? '6588840047dae398' : '419a236c457fbc7c'}`, 'hex');
    picture.write(String(sent).padStart(8, '0'), BYTES - 8, 'latin1');
    const data = Buffer.concat([...(isKey ? [SETS] : []), slice, picture]);
    for (const channel of channels) if (!channel.sendVideo(data, { pts: sent * FRAME_MS })) refused++;
    sent++;
    await sleep(Math.max(0, start + sent * FRAME_MS - performance.now()));
  }
}

const filming = film();
await sleep(around);
await receiver.close();
receiver = undefined;
await sleep(outage);
receiver = await listen(port);
recoveredAt = performance.now();
await sleep(around);
const isDrained = (): boolean =>
  channels.every((channel) => channel.destinations[0]!.stats().spool!.state === 'idle');
while (!isDrained() && performance.now() - recoveredAt < 240_000) await sleep(200);
const drainedAfter = performance.now() - recoveredAt;
isSending = false;
await filming;
const stats = channels.map((channel) => channel.destinations[0]!.stats());
await Promise.all(channels.map((channel) => channel.close()));
await engine.close();
await receiver.close();
const left = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.flv')).length;
await rm(folder, { recursive: true });

const missing = arrived.reduce((sum, numbers) => sum + sent - numbers.size, 0);
const sumOf = (value: (one: (typeof stats)[number]) => number): number =>
  stats.reduce((sum, one) => sum + value(one), 0);
console.log(
  `${count} channels, ${sent} pictures each of ${BYTES} bytes, outage ${outage / 1000} s, resume ${spool.resume}`,
);
console.log(`missing       ${missing} of ${sent * count} (refused by the engine: ${refused})`);
console.log(`arrived twice ${messages - arrived.reduce((sum, numbers) => sum + numbers.size, 0)}`);
console.log(
  `live again    ${Math.round(Math.max(...resumedAt.values()))} ms after the recovery at the latest`,
);
console.log(`drained       ${(drainedAfter / 1000).toFixed(1)} s after the recovery`);
console.log(
  `spooled       ${(sumOf((one) => one.spool!.spooledBytes) / 1e6).toFixed(0)} MB, lost ${sumOf((one) => one.spool!.lostBytes)} bytes`,
);
console.log(`files left    ${left}`);
if (missing > 0 || left > 0) process.exitCode = 1;
