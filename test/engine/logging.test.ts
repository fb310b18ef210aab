// The log from end to end: real files, a real stderr, and the ways in which a process ends.

import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import {
  type CloudPushError,
  createLogger,
  type EngineLog,
  type LogLevel,
  PushEngine,
} from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { ChildProgram, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { RecordingReceiver } from './recording-receiver.js';

// Starting a process takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** The fields that a test looks for in a line. */
interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The log files, the oldest first. */
function filesIn(folder: string): string[] {
  const numberOf = (name: string): number => Number(/^cloudpush\.(\d+)\.log$/.exec(name)?.[1]);
  return readdirSync(folder).sort((a, b) => numberOf(a) - numberOf(b));
}

function linesIn(folder: string): Line[] {
  const text = filesIn(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  return text
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

function flushed({ logger }: EngineLog): Promise<void> {
  return new Promise((resolve) => logger.flush(() => resolve()));
}

/** Runs a program that logs, from its text. */
function program(text: string): [command: string, args: string[]] {
  return [
    process.execPath,
    ['--input-type=module', '--eval', `import { createLogger } from '@cloudpush/engine';\n${text}`],
  ];
}

describe('log files', () => {
  test('hold what is at or above the level, milestones between information and warnings', async () => {
    await using temp = await TempFolder.create();
    const folder = temp.file('made/on/demand');
    const log = createLogger({ folder });
    log.logger.trace('everything');
    log.logger.info('information');
    log.logger.main('milestone');
    log.logger.warn('warning');
    log.logger.error('error');
    await log.close();
    expect(linesIn(folder).map(({ level, msg }) => [level, msg])).toEqual([
      [35, 'milestone'],
      [40, 'warning'],
      [50, 'error'],
    ]);
  });

  test('take the log of an engine, and nothing at the level silent', async () => {
    await using temp = await TempFolder.create();
    for (const [level, lines] of [
      ['verbose', 2],
      ['silent', 0],
    ] as const) {
      const folder = temp.file(level);
      const log = createLogger({ level, folder });
      const engine = await PushEngine.create({ poolSize: 1024 * 1024, shards: 1, logger: log.logger });
      await engine.close();
      await log.close();
      expect(linesIn(folder)).toHaveLength(lines);
    }
  });

  test('hold no secret, wherever one was written: message, field, error, cause, child logger', async () => {
    await using temp = await TempFolder.create();
    const log = createLogger({ folder: temp.path });
    const secret = 'S3CRET';
    const cause = new Error(`https://host/get?token=${secret}`);
    log.logger.main({ deviceToken: secret, url: `rtmp://user:${secret}@host/app` }, `key: ${secret}`);
    log.logger.main('published %s', `rtmp://host/app/name?sign=${secret}`);
    log.logger.error({ err: new Error(`clientSecret=${secret} refused`, { cause }) });
    log.logger.child({ connection: { token: secret } }).main('from a child');
    await log.close();
    const lines = linesIn(temp.path);
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(lines[1]).toMatchObject({ msg: 'published rtmp://host/app/name?…' });
  });

  test('are begun anew at their size, and only so many are kept, over restarts too', async () => {
    await using temp = await TempFolder.create();
    const limits = { folder: temp.path, fileSize: 1024, fileCount: 3 };
    const text = 'x'.repeat(200);
    let number = 0;
    let last = 0;
    for (let start = 0; start < 2; start++) {
      const log = createLogger(limits);
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 5; i++) log.logger.main({ number: number++ }, text);
        await flushed(log);
        const before = last;
        last = await waitFor('the next file, and the oldest to go', 60_000, () => {
          const files = filesIn(temp.path);
          const newest = Number(/\d+/.exec(files.at(-1) ?? '')?.[0]);
          return newest > before && files.length <= limits.fileCount + 1 ? newest : undefined;
        });
      }
      await log.close();
    }
    const numbers = linesIn(temp.path).map((line) => line['number']);
    expect(numbers.length).toBeGreaterThanOrEqual(10);
    // The files that are left hold the end of the log, without a gap.
    expect(numbers).toEqual(Array.from(numbers, (_, i) => number - numbers.length + i));
  });

  test('cannot be in a folder that cannot be made, or has a name that files cannot have: an error up front', async () => {
    await using temp = await TempFolder.create();
    const file = await temp.write('file', Buffer.from('x'));
    for (const folder of [`${file}/log`, temp.file('what?'), '']) {
      expect(() => createLogger({ folder })).toThrow(
        expect.objectContaining({ code: 'ERR_CLOUDPUSH_LOG_FOLDER' }) as CloudPushError,
      );
    }
    expect(() => createLogger({ folder: temp.path, fileSize: 10 })).toThrow('fileSize is 10');
    expect(() => createLogger({ level: 'loud' as 'main' })).toThrow("level is 'loud'");
  });

  test('that cannot be written any more are told once, and the program goes on', async () => {
    await using temp = await TempFolder.create();
    mkdirSync(temp.file('log'));
    symlinkSync('/dev/full', temp.file('log/cloudpush.1.log'));
    const errors: Error[] = [];
    const log = createLogger({ folder: temp.file('log'), onError: (error) => errors.push(error) });
    log.logger.main('no room for this');
    await waitFor('the error', 60_000, () => errors[0]);
    log.logger.main('nor for this');
    await log.close();
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('ENOSPC')]);
  });
});

describe('the lines of an engine', () => {
  /**
   * The lines written at each level, of a channel that publishes, is told a wrong packet, loses its server,
   * and of one that is refused.
   */
  async function linesOf(level: LogLevel): Promise<Line[]> {
    await using temp = await TempFolder.create();
    await using receiver = await RecordingReceiver.listen();
    const log = createLogger({ level, folder: temp.path });
    const engine = await PushEngine.create({ maxConnections: 2, shards: 1, logger: log.logger });
    expect(() => engine.openChannel({ url: 'http://host/app/name?token=S3CRET', label: 'wrong' })).toThrow();
    const channel = engine.openChannel({ url: receiver.url('cam?token=S3CRET'), label: 'north gate' });
    const closed = once(channel, 'close');
    await channel.connected();
    const problem = once(channel, 'problem');
    channel.sendVideo(new Uint8Array(10), { pts: 0 });
    await problem;
    receiver.stream('cam').drop();
    await closed;
    const other = engine.openChannel({ url: receiver.url('other') });
    await other.connected();
    await other.close();
    await engine.close();
    await log.close();
    return linesIn(temp.path);
  }

  test('have levels with a meaning: a lost stream and a refused channel are errors', async () => {
    const texts = (lines: Line[]): string[] => lines.map(({ msg }) => msg);
    const errors = texts(await linesOf('error'));
    expect(errors).toEqual(['channel could not be opened', 'destination ended', 'channel ended']);
    const warnings = texts(await linesOf('warn'));
    expect(warnings).toEqual([errors[0], 'packet refused', ...errors.slice(1)]);
    const main = texts(await linesOf('main'));
    expect(main).toEqual(
      expect.arrayContaining([...warnings, 'engine started', 'publishing', 'channel closed']),
    );
    const info = texts(await linesOf('info'));
    expect(info).toEqual(expect.arrayContaining([...main, 'channel opened', 'destination closed']));
  });

  test('do not tell the stream name of platforms where it is the key', async () => {
    await using temp = await TempFolder.create();
    const log = createLogger({ level: 'verbose', folder: temp.path });
    const engine = await PushEngine.create({ maxConnections: 1, shards: 1, logger: log.logger });
    const channel = engine.openChannel({ url: 'rtmp://a.rtmp.youtube.com/live2/S3CRET-KEY' });
    channel.abort();
    await channel.close();
    await engine.close();
    await log.close();
    const lines = linesIn(temp.path);
    expect(JSON.stringify(lines)).not.toContain('S3CRET');
    const opened = lines.find(({ msg }) => msg === 'channel opened');
    expect(opened).toMatchObject({ host: 'a.rtmp.youtube.com', stream: 'live2/…' });
  });

  test('tell which channel, label, host and stream they are about, and no secret', async () => {
    const lines = await linesOf('verbose');
    expect(JSON.stringify(lines)).not.toContain('S3CRET');
    const about = { channel: expect.any(Number), label: 'north gate', host: '127.0.0.1', stream: 'live/cam' };
    for (const text of [
      'channel opened',
      'publishing',
      'packet refused',
      'destination ended',
      'channel ended',
    ])
      expect(lines.find(({ msg }) => msg === text)).toMatchObject(about);
    const refused = { label: 'wrong', code: 'ERR_CLOUDPUSH_INVALID_URL' };
    expect(lines.find(({ msg }) => msg === 'channel could not be opened')).toMatchObject(refused);
  });
});

describe('the last lines', () => {
  const log = (folder: string) =>
    `const { logger } = createLogger({ folder: ${JSON.stringify(folder)}, console: true });
     for (let i = 0; i < 1000; i++) logger.main('line ' + i);\n`;
  for (const [how, text] of [
    ['runs out', ''],
    ['calls process.exit', 'process.exit(0);'],
    ['dies of an exception', 'throw new Error("the end");'],
  ]) {
    test(`are in the file and on stderr when the process ${how}`, async () => {
      await using temp = await TempFolder.create();
      const { stderr } = await run(...program(log(temp.path) + text));
      const lines = linesIn(temp.path).map(({ msg }) => msg);
      expect(lines).toEqual(Array.from({ length: 1000 }, (_, i) => `line ${i}`));
      expect(stderr.match(/MAIN: line \d+$/gm)).toHaveLength(1000);
    });
  }
});

describe('the console', () => {
  test('gets readable lines on stderr, and stdout stays the program’s own', async () => {
    const { stdout, stderr } = await run(
      ...program(`const log = createLogger({ level: 'verbose' });
                  log.logger.warn({ channel: 7 }, 'connection lost');
                  log.logger.trace('detail');
                  await log.close();
                  console.log('result');`),
    );
    expect(stdout).toBe('result\n');
    expect(stderr).toMatch(
      /^\[[-\d]+ [:.\d]+\] WARN: connection lost \{"channel":7\}\n\[.*\] TRACE: detail\n$/,
    );
  });

  test('that nobody reads any more is told once, keeps nothing waiting, and the files go on', async () => {
    await using temp = await TempFolder.create();
    await using child = new ChildProgram(
      ...program(`import { once } from 'node:events';
        const errors = [];
        const onError = (error) => errors.push(error.message);
        const log = createLogger({ console: true, folder: ${JSON.stringify(temp.path)}, onError });
        log.logger.main('read');
        await once(process.stdin, 'data');
        while (errors.length === 0) {
          log.logger.main('unread');
          await new Promise((resolve) => log.logger.flush(resolve));
        }
        log.logger.main('still written');
        await log.close();
        console.log(errors.join());
        process.exit();`),
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    await child.waitForOutput(/MAIN: read/);
    child.child.stderr!.destroy();
    child.type('go on\n');
    await child.waitForExit(30_000);
    expect(child.stdout).toMatch(/^EPIPE: .*\n$/);
    expect(linesIn(temp.path).at(-1)).toMatchObject({ msg: 'still written' });
  });

  test('that takes nothing for a while is not waited for, and fills no memory: what is left out is counted', async () => {
    await using child = new ChildProgram(
      ...program(`import { once } from 'node:events';
        const log = createLogger({ console: true });
        log.logger.main('read');
        await once(process.stdin, 'data');
        const before = process.memoryUsage().external;
        const text = 'x'.repeat(10_000);
        for (let i = 0; i < 10_000; i++) {
          log.logger.main(text);
          if (i % 100 === 0) await new Promise(setImmediate);
        }
        console.log('grown by %d', process.memoryUsage().external - before);
        await once(process.stdin, 'data');
        await new Promise((resolve) => log.logger.flush(resolve));
        log.logger.main('the end');
        await log.close();
        process.exit();`),
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    await child.waitForOutput(/MAIN: read/);
    child.child.stderr!.pause();
    child.type('go on\n');
    const [, grown] = await child.waitForOutput(/grown by (\d+)\n/);
    // Of 100 MB.
    expect(Number(grown)).toBeLessThan(50_000_000);
    child.child.stderr!.resume();
    child.type('go on\n');
    await child.waitForExit(60_000);
    const written = child.stderr.match(/MAIN: x+$/gm)!.length;
    const leftOut = Number(/WARN: (\d+) lines are left out here/.exec(child.stderr)?.[1]);
    expect(written + leftOut).toBe(10_000);
    expect(child.stderr).toMatch(/MAIN: the end\n$/);
  });
});
