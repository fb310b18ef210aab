import { parseArgs } from 'node:util';
import { markdownTable, shown } from '../support/markdown.js';
import { median } from '../support/statistics.js';
import { runEngine } from './runs.js';

/** What encryption adds to a packet: the same channels without it, with key frames encrypted, with everything, in turns. */
const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '400' },
    seconds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
  },
});

const modes = [undefined, 'keyPictures', 'keyFrames', 'allFrames'] as const;
const names = {
  keyPictures: 'key pictures',
  keyFrames: 'key pictures, all audio',
  allFrames: 'everything',
} as const;
const cpu = new Map<(typeof modes)[number], number[]>(modes.map((mode) => [mode, []]));
const late = new Map<(typeof modes)[number], number[]>(modes.map((mode) => [mode, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const encrypt of modes) {
    const { user, system, packets, p99 } = await runEngine({
      channels: Number(values.channels),
      seconds: Number(values.seconds),
      warmUp: Number(values['warm-up']),
      maxBatchDelay: 0,
      pool: 256,
      unpaced: false,
      encrypt,
    });
    cpu.get(encrypt)!.push(((user + system) * 1e6) / packets);
    late.get(encrypt)!.push(p99);
    console.error(`${encrypt ?? 'none'}: ${cpu.get(encrypt)!.at(-1)!.toFixed(1)} µs a packet`);
  }
}
const none = median(cpu.get(undefined)!);
const rows = modes.map((mode) => {
  const cost = median(cpu.get(mode)!);
  const name = mode === undefined ? 'nothing' : names[mode];
  return [name, shown(cost, 1), shown(cost / none, 2), shown(median(late.get(mode)!), 2)];
});
console.log(markdownTable(['encrypted', 'CPU µs a packet', 'ratio', 'latency ms p99'], rows));
