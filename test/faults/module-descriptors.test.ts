// A process without descriptors left: what cannot be loaded is told, and loaded when there are some.

import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { COMMAND } from '../support/cloudpush.js';
import { ChildProgram, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

/** Sound without end. */
const SOUND = `
export const openSource = () => ({
  audio: 'aac', live: true,
  packets: (async function* () {
    for (let i = 0; ; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield { kind: 'audio', codec: 'aac', data: Buffer.from('fff15080013ffc2100', 'hex'), pts: i * 21 };
    }
  })(),
});`;

/** Modules that one loads beside each other. */
const PARTS = 20;

/** Changes to the module when all descriptors but a few are taken; SIGUSR2 gives them back. */
const scriptOf = (url: string, module: string): string => `
  import { closeSync, openSync } from 'node:fs';
  import { once } from 'node:events';
  import { PushEngine } from '@cloudpush/engine';
  const engine = await PushEngine.create({ shards: 1 });
  const retry = { initialDelay: 200, maxDelay: 200 };
  const module = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(SOUND)}`)};
  const channel = engine.openChannel({ url: ${JSON.stringify(url)}, source: { module, retry } });
  await Promise.all([channel.connected(), once(channel, 'sourceConnected')]);
  channel.on('sourceLost', ({ error }) => console.log('lost', error.class, error.message));
  channel.on('sourceConnected', () => console.log('connected'));
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch ({ code }) { console.log('full', code); }
  for (let i = 0; i < 6; i++) closeSync(taken.pop());
  process.on('SIGUSR2', () => { for (const fd of taken.splice(0)) closeSync(fd); });
  process.once('SIGTERM', () => engine.close());
  channel.setSource({ module: ${JSON.stringify(module)}, retry });
`;

test('a source module that finds too few descriptors says so, and is loaded when there are more', {
  timeout: 60_000,
}, async () => {
  await using server = await RecordingReceiver.listen();
  await using folder = await TempFolder.create();
  for (let i = 0; i < PARTS; i++) await folder.write(`part-${i}.mjs`, Buffer.from('export {};'));
  const imports = Array.from({ length: PARTS }, (_, i) => `import './part-${i}.mjs';`).join('\n');
  const path = await folder.write('module.mjs', Buffer.from(`${imports}\n${SOUND}`));
  const script = scriptOf(server.url('a'), pathToFileURL(path).href);
  const limited = 'ulimit -n 400; exec "$0" --input-type=module -e "$1"';
  await using program = new ChildProgram('bash', ['-c', limited, process.execPath, script]);
  const said = (line: RegExp) =>
    waitFor(`${line} of ${program.stderr}`, 30_000, () => line.test(program.stdout) || undefined);
  await said(/^full EMFILE$/m);
  await said(
    /^lost retryable the source module .*module\.mjs cannot be loaded now: .*too many open files \(EMFILE\)$/m,
  );
  expect(program.stdout).not.toContain('connected');
  program.child.kill('SIGUSR2');
  await said(/^connected$/m);
  program.child.kill('SIGTERM');
  expect((await program.exited).code).toBe(0);
});

test.each([22, 24, 40])('a program that may open %i files says so in a line', async (limit) => {
  const film = new URL('../fixtures/bframes-h265.mp4', import.meta.url).pathname;
  const words = [process.execPath, COMMAND, 'push', film, 'rtmp://127.0.0.1:1/live/x'];
  const { code, stdout, stderr } = await run('bash', ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, ...words]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    new RegExp(
      `^cloudpush: .*EMFILE.*may open no more than ${limit} files.* \\(ulimit -n.*\\)\\n$|^cloudpush: .*no more than ${limit} files .*\\(EMFILE\\): raise the limit \\(ulimit -n 1024\\)\\n$`,
    ),
  );
});
