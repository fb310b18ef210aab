import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, PushEngine } from '@cloudpush/engine';
import type { SourceEnd, SourceOrder, SourceReport } from './outage.js';

/** The pushing side of outage.ts: an engine in a process of its own, so that it can be killed. */

/** 25 pictures a second at 4 Mbit/s, a key frame each two seconds. */
const FRAME_MS = 40;
const GROUP = 50;
const BYTES = 20_000;
const START = '00000001';
const SETS = Buffer.from(
  `${START}6764000aacd9457b011000000300100000030320f1225960${START}68ebe3cb22c0`,
  'hex',
);

const report = (message: SourceReport): void => {
  process.send!(message);
};

async function run(order: Extract<SourceOrder, { type: 'start' }>): Promise<void> {
  const engine = await PushEngine.create({
    maxConnections: order.count + 8,
    poolSize: order.poolSize,
    spool: order.store,
  });
  const gaps: Record<string, number> = {};
  const problems: Record<string, number> = {};
  const channels: Channel[] = Array.from({ length: order.count }, (_, index) => {
    const channel = engine.openChannel({
      url: `rtmp://127.0.0.1:${order.port}/live/s${index}`,
      audio: 'none',
      overflow: 'spool',
      spool: order.spool,
      reconnect: { initialDelay: 200, maxDelay: 1000 },
    });
    channel.on('gap', ({ outcome }) => {
      gaps[outcome] = (gaps[outcome] ?? 0) + 1;
    });
    channel.on('problem', ({ error }) => {
      problems[error.code] = (problems[error.code] ?? 0) + 1;
    });
    return channel;
  });
  if (order.isServerUp) await Promise.all(channels.map((channel) => channel.connected()));

  const picture = Buffer.alloc(BYTES, 0x5a);
  let next = order.first;
  let refused = 0;
  let isFilming = true;
  const start = performance.now();

  /** A picture of each channel, when its time has come. Each bears its number. */
  async function film(): Promise<void> {
    while (isFilming) {
      const isKey = (next - order.first) % GROUP === 0;
      const slice = Buffer.from(`${START}${isKey ? '6588840047dae398' : '419a236c457fbc7c'}`, 'hex');
      picture.write(String(next).padStart(8, '0'), BYTES - 8, 'latin1');
      const data = Buffer.concat([...(isKey ? [SETS] : []), slice, picture]);
      for (const channel of channels) if (!channel.sendVideo(data, { pts: next * FRAME_MS })) refused++;
      next++;
      report({ type: 'filmed', next });
      await sleep(Math.max(0, start + (next - order.first) * FRAME_MS - performance.now()));
    }
  }
  const filming = film();
  report({ type: 'started' });

  process.on('message', async (message: SourceOrder) => {
    if (message.type === 'drain') {
      while (!channels.every((channel) => channel.destinations[0]!.stats().spool!.state === 'idle'))
        await sleep(200);
      report({ type: 'drained' });
    } else if (message.type === 'stop') {
      isFilming = false;
      await filming;
      const stats = channels.map((channel) => channel.destinations[0]!.stats());
      const sum = (value: (one: (typeof stats)[number]) => number): number =>
        stats.reduce((total, one) => total + value(one), 0);
      const end: SourceEnd = {
        refused,
        gaps,
        problems,
        dropped: sum((one) => one.droppedPictures + one.droppedDisposable + one.droppedUndecodable),
        spooledBytes: sum((one) => one.spool!.spooledBytes),
        expiredBytes: sum((one) => one.spool!.expiredBytes),
        lostBytes: sum((one) => one.spool!.lostBytes),
      };
      await Promise.all(channels.map((channel) => channel.close()));
      await engine.close();
      report({ type: 'ended', end });
      process.disconnect();
    }
  });
}

process.once('message', (message: SourceOrder) => {
  if (message.type === 'start') void run(message);
});
