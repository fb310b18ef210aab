// A process that is killed in the middle of an outage, and the one after it, which sends what the first has
// left.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PushEngine, type SpoolGap } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { ChildProgram } from '../../support/process.js';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';
import {
  expectedMessage,
  type NumberedPacket,
  numberedPackets,
  numberOf,
} from './support/numbered-camera.js';
import { mediaOf, OutageServer } from './support/outage-server.js';

const child = fileURLToPath(new URL('./support/spooling-child.mjs', import.meta.url));
/** Time that a process that dies may not have written: batches are of 200 ms, and the write under way. */
const UNWRITTEN_MS = 2000;

function pictures(count: number): NumberedPacket[] {
  const found: NumberedPacket[] = [];
  for (const packet of numberedPackets()) {
    if (packet.kind === 'video') found.push({ ...packet, number: packet.number });
    if (found.length === count) return found;
  }
  return found;
}

test.each(['outage', 'always'] as const)(
  'with `when: %s`, a process that is killed in an outage leaves what the next one sends',
  async (when) => {
    await using server = await OutageServer.listen();
    await using folder = await TempFolder.create();
    const sent = pictures(4000);
    const packets = sent.map(({ data, pts }) => ({ data: Buffer.from(data).toString('base64'), pts }));
    const file = folder.file('packets.json');
    await writeFile(file, JSON.stringify(packets));
    const spool = folder.file('spool');
    const program = new ChildProgram(process.execPath, [child, server.url('a'), spool, when, file]);
    const said = (line: RegExp): Promise<true> =>
      waitFor(`${line} of the child`, 60_000, () => (line.test(program.stdout) ? true : undefined));
    await said(/^connected$/m);
    await said(/^sent 60$/m);
    await server.down();
    await said(/^gap opened$/m);
    const atLoss = lastSent(program.stdout);
    const goal = atLoss + 100;
    await said(new RegExp(`^sent ${goal}$`, 'm'));
    // Media that is meant to be on disk by now: everything up to a batch ago.
    await waitFor(
      'batches to be written',
      60_000,
      () => lastSent(program.stdout) > goal + UNWRITTEN_MS / 5 || undefined,
    );
    program.child.kill('SIGKILL');
    await program.exited;
    await server.up();

    await using engine = await PushEngine.create({ spool: { folder: spool, minFree: 0 } });
    const reconnect = { initialDelay: 20, maxDelay: 50 };
    const channel = engine.openChannel({
      url: server.url('a'),
      audio: 'none',
      overflow: 'spool',
      spool: { when, speed: 100 },
      reconnect,
    });
    const gaps: SpoolGap[] = [];
    channel.on('gap', (gap) => gaps.push(gap));
    await waitFor(
      'the gap to be sent',
      60_000,
      () => gaps.some(({ outcome }) => outcome === 'sent') || undefined,
    );
    await channel.close();

    const byNumber = new Map(sent.map((packet) => [packet.number, packet]));
    const arrived = new Set<number>();
    for (const stream of server.streams)
      for (const { payload } of mediaOf(stream)) {
        const number = numberOf(payload);
        expect(Buffer.compare(payload, expectedMessage(byNumber.get(number)!))).toBe(0);
        arrived.add(number);
      }
    const missing = sent.slice(0, goal).filter(({ number }) => !arrived.has(number));
    expect(missing.map(({ number }) => number)).toEqual([]);
  },
  120_000,
);

function lastSent(output: string): number {
  return Number([...output.matchAll(/^sent (\d+)$/gm)].at(-1)?.[1] ?? -1);
}
