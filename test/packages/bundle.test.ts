// A program that a bundler has put into one folder, with nothing of node_modules beside it.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { InstalledPackages, root } from './support/installed.js';

const PROGRAM = `
  import { PushEngine } from '@cloudpush/engine';

  async function main([workerUrl, url]) {
    const engine = await PushEngine.create({ maxConnections: 1, workerUrl });
    const channel = engine.openChannel({ url });
    await channel.connected();
    await channel.close();
    await engine.close();
    console.log('published');
  }
  main(process.argv.slice(2));
`;

/** Names of CommonJS that a bundle of ECMAScript modules lacks, and some packages need. */
const BANNER = `
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  const __dirname = import.meta.dirname;
`;

let installed: InstalledPackages;
beforeAll(async () => {
  installed = await InstalledPackages.create();
}, 120_000);
afterAll(() => installed[Symbol.asyncDispose]());

const piscina = dirname(createRequire(join(root, 'package.json')).resolve('piscina'));

for (const format of ['esm', 'cjs'] as const) {
  test(`a bundle of esbuild runs by itself, as ${format}`, async () => {
    await using folder = await TempFolder.create();
    await using receiver = await RecordingReceiver.listen();
    const program = await installed.folder.write('program.mjs', Buffer.from(PROGRAM));
    await build({
      entryPoints: {
        program,
        'engine-worker': join(installed.of('engine'), 'lib/worker.js'),
        worker: join(piscina, 'worker.js'),
      },
      bundle: true,
      platform: 'node',
      format,
      outdir: folder.path,
      external: ['@napi-rs/nice'],
      banner: format === 'esm' ? { js: BANNER } : {},
      logOverride: { 'empty-import-meta': 'silent' },
    });
    const type = format === 'esm' ? 'module' : 'commonjs';
    await folder.write('package.json', Buffer.from(JSON.stringify({ type })));
    const args = [folder.file('engine-worker.js'), receiver.url('bundled')];
    const { code, stdout, stderr } = await run(process.execPath, [folder.file('program.js'), ...args]);
    expect([code, stdout, stderr]).toEqual([0, 'published\n', '']);
    expect(receiver.stream('bundled').ended).toBe('cleanly');
  }, 120_000);
}

test('a bundle of CommonJS modules that names no worker file is told to', async () => {
  await using folder = await TempFolder.create();
  const program = await installed.folder.write('program.mjs', Buffer.from(PROGRAM));
  await build({
    entryPoints: { program },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outdir: folder.path,
    external: ['@napi-rs/nice'],
    logOverride: { 'empty-import-meta': 'silent' },
  });
  await folder.write('package.json', Buffer.from('{"type":"commonjs"}'));
  const { code, stderr } = await run(process.execPath, [folder.file('program.js')]);
  expect(code).toBe(1);
  expect(stderr).toContain('a bundle must name its worker file: option workerUrl');
}, 120_000);
