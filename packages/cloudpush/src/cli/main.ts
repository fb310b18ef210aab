import { run } from './run.js';
import { Output } from './terminal/output.js';

process.exitCode = await run(process.argv.slice(2), new Output(process.stdout, process.stderr));
