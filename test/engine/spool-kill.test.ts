// A process that spools is killed at any moment: everything that it was told is written is there, and nothing
// is torn.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { engineClock } from '../../packages/engine/src/base/clock.js';
import { diskIo, SpoolSeries } from '../../packages/engine/src/spool/index.js';
import { TempFolder } from '../support/temp.js';

const CHILD = fileURLToPath(new URL('spool-child.mjs', import.meta.url));
const KILLS = 8;

/** Spools until `lines` flushes are told, and kills in the middle of what follows. */
async function spoolAndKill(folder: string, first: number, lines: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const piece of child.stdout) {
    text += String(piece);
    if (text.split('\n').length > lines) break;
  }
  child.kill('SIGKILL');
  await once(child, 'close');
  return Number(text.trimEnd().split('\n').at(-1));
}

test('a process that is killed while it spools loses nothing that was written, eight times in a row', {
  timeout: 120_000,
}, async () => {
  await using folder = await TempFolder.create();
  const path = folder.file('series');
  let first = 0;
  const told: { first: number; last: number }[] = [];
  for (let i = 0; i < KILLS; i++) {
    const last = await spoolAndKill(path, first, 3 + i * 5);
    told.push({ first, last });
    first = last + 1_000_000 - (last % 1_000_000);
  }
  const series = await SpoolSeries.open({ folder: path, io: diskIo, clock: engineClock });
  expect(series.gaps).toHaveLength(KILLS);
  for (const [i, gap] of [...series.gaps].entries()) {
    let expected = told[i]!.first;
    for await (const { tags } of series.read(gap)) {
      for (const { timestamp, parts } of tags) {
        expect(timestamp).toBe(expected);
        expect(Buffer.from(parts[0]!).readUInt32BE(5)).toBe(timestamp);
        expect(parts[0]).toHaveLength(200 + (timestamp % 7919));
        expected += 40;
      }
    }
    expect(expected).toBeGreaterThan(told[i]!.last);
  }
  expect(series.counters.damagedGroups).toBe(0);
  await series.close();
});
