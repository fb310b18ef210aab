// A spool on a volume that fills up in an outage: what fits is kept whole, live goes on, and the spool with
// it when there is room.

import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  expectedMessage,
  type NumberedPacket,
  numberedPackets,
  numberOf,
} from '../engine/spool/support/numbered-camera.js';
import { mediaOf, OutageServer, type OutageStream } from '../engine/spool/support/outage-server.js';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const child = fileURLToPath(new URL('../engine/spool/support/spooling-child.mjs', import.meta.url));
const mounted = 'mount -t tmpfs -o size=5m none "$1" && shift && exec "$@"';

/** Whether this process may mount something where nobody else sees it. */
function mayMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function pictures(count: number): NumberedPacket[] {
  const found: NumberedPacket[] = [];
  for (const packet of numberedPackets()) {
    if (packet.kind === 'video') found.push(packet);
    if (found.length === count) break;
  }
  return found;
}

/** Each payload is one that was sent, and in a stream none is twice or out of order. */
function expectUntorn({ messages }: OutageStream, sent: ReadonlyMap<number, NumberedPacket>): number[] {
  const numbers = mediaOf({ messages }).map(({ payload }) => {
    const number = numberOf(payload);
    expect(Buffer.compare(payload, expectedMessage(sent.get(number)!))).toBe(0);
    return number;
  });
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  return numbers;
}

test('a volume that is full in an outage is told; live goes on, nothing is torn, and the next outage is kept again', {
  timeout: 120_000,
}, async (context) => {
  if (!mayMount()) context.skip('mounting a small volume takes the rights of root');
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using volume = await TempFolder.create();
  const sent = pictures(12_000);
  const file = folder.file('packets.json');
  const packets = sent.map(({ data, pts }) => ({ data: Buffer.from(data).toString('base64'), pts }));
  await writeFile(file, JSON.stringify(packets));
  const command = [process.execPath, child, server.url('a'), volume.path, 'outage', file];
  await using program = new ChildProgram('unshare', [
    '-m',
    'bash',
    '-c',
    mounted,
    'bash',
    volume.path,
    ...command,
  ]);
  const said = (line: RegExp, times = 1): Promise<true> =>
    waitFor(`${line}`, 60_000, () => (program.stdout.match(line)?.length ?? 0) >= times || undefined);
  await said(/^connected$/gm);
  await said(/^sent 50$/gm);
  await server.down();
  await said(/^problem ERR_CLOUDPUSH_SPOOL_FAILED .*ENOSPC/gm);
  await server.up();
  await said(/^connected$/gm, 2);
  await said(/^gap sent$/gm);
  const live = server.named('a').at(-1)!;
  await waitFor('live pictures', 20_000, () => mediaOf(live).length > 20 || undefined);
  await server.down();
  // The disk is tried again ten seconds after it failed.
  await said(/^gap opened$/gm, 2);
  await server.up();
  await said(/^gap sent$/gm, 2);
  program.child.kill('SIGKILL');
  await program.exited;

  expect(program.stdout.match(/^problem /gm)).toHaveLength(1);
  const byNumber = new Map(sent.map((packet) => [packet.number, packet]));
  for (const stream of server.streams) expectUntorn(stream, byNumber);
  expect(server.gaps.length).toBeGreaterThan(1);
  // The kept media has no hole in it.
  const steps = sent.map(({ number }) => number);
  for (const gap of server.gaps) {
    const numbers = expectUntorn(gap, byNumber);
    const start = steps.indexOf(numbers[0]!);
    expect(numbers).toEqual(steps.slice(start, start + numbers.length));
  }
});
