// Spools without end, until it is killed: tags that can be told from their timestamps. Says each time a flush is through.

import { diskIo, SpoolSeries } from '../../packages/engine/dist/spool/index.js';

const [folder, first] = process.argv.slice(2);
const clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** A body that is a function of its timestamp. */
function body(timestamp, isKey) {
  const bytes = Buffer.alloc(200 + (timestamp % 7919), timestamp & 255);
  bytes.writeUInt32BE(timestamp, 5);
  bytes.set([isKey ? 0x17 : 0x27, 1, 0, 0, 0]);
  return bytes;
}

const header = Buffer.from('17000000000142001fffe1000467420000', 'hex');
const series = await SpoolSeries.open({ folder, io: diskIo, clock, policy: { segmentMs: 2000 } });
series.begin([{ type: 9, role: 0, timestamp: 0, parts: [header], size: header.length }]);
for (let timestamp = Number(first); ; timestamp += 40) {
  const isKey = timestamp % 400 === 0;
  const bytes = body(timestamp, isKey);
  series.append({ type: 9, role: isKey ? 2 : 3, timestamp, parts: [bytes], size: bytes.length }, Date.now());
  if (timestamp % 200 !== 0) continue;
  await series.flush();
  process.stdout.write(`${timestamp}\n`);
}
