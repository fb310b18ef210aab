#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('cloudpush is not built: run "npm run build" in the repository\n');
  process.exitCode = 1;
}
