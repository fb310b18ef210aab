// A folder whose process is gone is wanted by several processes at once: one gets it.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { TempFolder } from '../support/temp.js';

const CHILD = fileURLToPath(new URL('lock-child.mjs', import.meta.url));
const PROCESSES = 6;
const ROUNDS = 20;
/** No process has a number as high as that. */
const GONE = 2 ** 22 + 1;

/** Answers of all processes to an order. */
async function order(children: readonly ChildProcess[], text: string): Promise<unknown[]> {
  const answers = children.map((child) => once(child, 'message'));
  for (const child of children) child.send(text);
  return (await Promise.all(answers)).map(([answer]) => answer);
}

test.each(['spool', 'node'])(
  'of several processes that want the folder of a %s which was left, one gets it, and then none',
  async (kind) => {
    await using temp = await TempFolder.create();
    const folder = temp.file(kind);
    await mkdir(folder);
    const children = Array.from({ length: PROCESSES }, () => fork(CHILD, [kind, folder]));
    try {
      await Promise.all(children.map((child) => once(child, 'message')));
      for (let round = 0; round < ROUNDS; round++) {
        const left = { token: `left-${round}`, pid: GONE, host: 'gone', startedAt: '1' };
        await writeFile(join(folder, 'lock'), JSON.stringify(left));
        const answers = await order(children, 'take');
        expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
        const others = children.filter((_, i) => answers[i] !== 'taken');
        expect(await order(others, 'take')).not.toContain('taken');
        await order(children, 'give back');
      }
    } finally {
      for (const child of children) child.kill();
    }
  },
);
