// The dashboard is built anew beside a gateway that serves it: whoever reads it meanwhile finds all of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages', 'cloudpush');
const output = join(folder, 'dist', 'gateway', 'dashboard', 'static');

/** Files that the page names, and are not there; the page itself, where that is not. */
function missing(): string[] {
  const page = join(output, 'index.html');
  if (!existsSync(page)) return ['index.html'];
  const named = readFileSync(page, 'utf8').match(/main-\w+\.(?:js|css)/g) ?? ['none named'];
  return named.filter((name) => !existsSync(join(output, name)));
}

test('the dashboard stays whole while it is built, and what it does not hold any more goes', async () => {
  expect(missing()).toEqual([]);
  const stale = join(output, 'main-STALE.js');
  writeFileSync(stale, '');
  const before = readdirSync(output);
  const builder = spawn(process.execPath, [join(folder, 'scripts', 'build-dashboard.mjs')]);
  let isOver = false;
  const ended = once(builder, 'exit').then(([code]) => {
    isOver = true;
    return code as number;
  });
  const found = new Set<string>();
  for (; !isOver; await pause(1)) for (const name of missing()) found.add(name);
  expect([await ended, [...found]]).toEqual([0, []]);
  expect(readdirSync(output)).toEqual(before.filter((name) => name !== 'main-STALE.js'));
});
