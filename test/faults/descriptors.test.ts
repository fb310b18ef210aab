// A process that runs out of descriptors in mid-stream: what stands goes on, what is lost comes back when
// there are some.

import { expect, test } from 'vitest';
import { mediaOf, OutageServer } from '../engine/spool/support/outage-server.js';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

/** Sends sound to two servers; SIGUSR2 makes it take all descriptors that are left, and give them back. */
function scriptOf(steady: string, lost: string, folder: string): string {
  return `
    import { closeSync, openSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { PushEngine } from '@cloudpush/engine';
    const engine = await PushEngine.create({ shards: 1, spool: { folder: ${JSON.stringify(folder)}, minFree: 0 } });
    const open = (url, more) => engine.openChannel({
      url, video: 'none', reconnect: { initialDelay: 300, maxDelay: 300, maxAttempts: 1e6 }, ...more,
    });
    const steady = open(${JSON.stringify(steady)}, {});
    const lost = open(${JSON.stringify(lost)}, { overflow: 'spool', spool: { resume: 'keep' } });
    const say = (word) => ({ error }) => console.log(word, error.code, error.class);
    steady.on('disconnect', say('steady-lost'));
    lost.on('disconnect', say('lost'));
    lost.on('problem', say('problem'));
    lost.on('connect', () => console.log('connected'));
    await Promise.all([steady.connected(), lost.connected()]);
    const taken = [];
    let isOver = false;
    const take = () => {
      try { for (;;) taken.push(openSync('/dev/null')); } catch ({ code }) { console.log('full', code); }
    };
    process.on('SIGUSR2', () => {
      if (taken.length > 0) for (const fd of taken.splice(0)) closeSync(fd);
      else take();
    });
    // The connection that is lost gives its descriptor back.
    lost.on('disconnect', () => { if (taken.length > 0) take(); });
    process.once('SIGTERM', () => { isOver = true; });
    console.log('ready');
    const frame = Buffer.from('fff15080013ffc2100', 'hex');
    for (let i = 0; !isOver; i++) {
      for (const channel of [steady, lost]) channel.sendAudio(frame, { pts: i * 21 });
      await sleep(5);
    }
    const reports = await Promise.all([steady.close(), lost.close()]);
    await engine.close();
    console.log('closed', ...reports.map(({ error }) => error?.class ?? 'well'));
  `;
}

test('without descriptors, a stream that stands goes on; one that is lost, and its spool, come back when there are some', {
  timeout: 120_000,
}, async () => {
  await using steady = await OutageServer.listen();
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  const script = scriptOf(steady.url('s'), server.url('l'), folder.file('spool'));
  const limited = 'ulimit -n 400; exec "$0" --input-type=module -e "$1"';
  await using program = new ChildProgram('bash', ['-c', limited, process.execPath, script]);
  const said = (line: RegExp): Promise<true> =>
    waitFor(`${line} of ${program.stderr}`, 40_000, () => line.test(program.stdout) || undefined);
  await said(/^ready$/m);
  await waitFor('sound', 20_000, () => mediaOf(server.streams[0]!).length > 20 || undefined);
  program.child.kill('SIGUSR2');
  await said(/^full EMFILE$/m);
  const before = mediaOf(steady.streams[0]!).length;
  await server.down();
  await server.up();
  await said(/^lost ERR_CLOUDPUSH_\w+ retryable$/m);
  await waitFor(
    'attempts that fail',
    20_000,
    () => (program.stdout.match(/^lost /gm)?.length ?? 0) > 3 || undefined,
  );
  // Neither a connection nor a file can be opened; the spool says so, and the other stream never notices.
  await said(/^problem ERR_CLOUDPUSH_SPOOL_FAILED /m);
  await waitFor('more sound', 20_000, () => mediaOf(steady.streams[0]!).length > before + 100 || undefined);
  expect(program.stdout.match(/^connected$/gm)).toHaveLength(1);
  program.child.kill('SIGUSR2');
  await said(/^connected$[\s\S]*^connected$/m);
  const { length } = server.streams;
  await waitFor('sound again', 20_000, () => mediaOf(server.streams[length - 1]!).length > 20 || undefined);
  program.child.kill('SIGTERM');
  await said(/^closed /m);
  expect(program.stdout).not.toContain('steady-lost');
  expect(program.stdout).toMatch(/^closed well /m);
  const stamps = mediaOf(steady.streams[0]!).map(({ timestamp }) => timestamp);
  expect(stamps).toEqual(stamps.map((_, i) => i * 21 + stamps[0]!));
  expect((await program.exited).code).toBe(0);
});
