// Makes package-lock.json anew, from nothing: written beside an installed node_modules, npm leaves the packages of
// other platforms out of it, and `npm ci` refuses such a file. Run it when a dependency has changed.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'cloudpush-lock-'));
try {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of ['', ...workspaces]) {
    mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(root, name, 'package.json'), join(folder, name, 'package.json'));
  }
  copyFileSync(join(root, '.npmrc'), join(folder, '.npmrc'));
  const args = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', args, {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm failed (${status})`);
  copyFileSync(join(folder, 'package-lock.json'), join(root, 'package-lock.json'));
} finally {
  rmSync(folder, { recursive: true });
}
