// Bundles the soak, which is TypeScript, and runs it with the options that are given.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: { soak: here('soak.ts'), 'far-side': here('far-side.ts') },
  // As deep as the folders of the sources: they find their files from where they are.
  outdir: here('../dist'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
});
const child = spawn(process.execPath, [here('../dist/soak.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
