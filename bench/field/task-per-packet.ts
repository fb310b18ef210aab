import { parseArgs } from 'node:util';
import { Piscina } from 'piscina';
import { loadLoop } from '../engine/media.js';
import { Pacing } from '../engine/pacing.js';
import { connectAll } from './concat-publisher.js';
import type { MuxedTag, MuxTask } from './mux-task.js';

/**
 * The textbook's way to use a thread pool: each packet is a task, its result comes back and is sent from
 * here.
 */
const { values } = parseArgs({
  options: { port: { type: 'string' }, channels: { type: 'string' }, seconds: { type: 'string' } },
});
const channels = Number(values.channels);
const publishers = await connectAll(Number(values.port), channels);
// One thread, so that a channel's packets stay in order.
const pool = new Piscina<MuxTask, MuxedTag[]>({
  filename: new URL('./mux-task.js', import.meta.url).href,
  name: 'muxPacket',
  minThreads: 1,
  maxThreads: 1,
});

/**
 * While the thread starts, tasks may overtake each other, and the muxer refuses a packet that steps back in
 * time.
 */
function ignore(): void {}

const pacing = new Pacing(loadLoop(), channels, (channel, { kind, data }, pts) => {
  const send = (tags: MuxedTag[]): void => {
    for (const { type, timestamp, body } of tags)
      publishers[channel]!.send({ type, timestamp, parts: [body], size: body.length, headroom: 0 });
  };
  void pool.run({ channel, kind, data, pts }).then(send, ignore);
});
await pacing.run(Number(values.seconds));
process.exit();
