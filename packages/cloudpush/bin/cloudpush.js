#!/usr/bin/env node
import { existsSync, writeSync } from 'node:fs';

const start = new URL('../lib/start.js', import.meta.url);
if (existsSync(start)) {
  try {
    await import(start.href);
  } catch (error) {
    if (error?.code !== 'EMFILE') throw error;
    tellTooFewFiles();
  }
} else {
  process.stderr.write('cloudpush is not built: run "npm run build" in the repository\n');
  process.exitCode = 1;
}

/** Nothing can be loaded to say it with. */
function tellTooFewFiles() {
  process.report.excludeNetwork = true;
  const limit = process.report.getReport().userLimits?.open_files?.soft;
  writeSync(
    2,
    `cloudpush: the program cannot be loaded: this process may open no more than ${limit} files at a time (EMFILE): raise the limit (ulimit -n 1024)\n`,
  );
  // What has begun to load would keep the process.
  process.exit(1);
}
