#!/usr/bin/env node
import { existsSync } from 'node:fs';

const start = new URL('../lib/start.js', import.meta.url);
if (existsSync(start)) await import(start.href);
else {
  process.stderr.write('cloudpush is not built: run "npm run build" in the repository\n');
  process.exitCode = 1;
}
