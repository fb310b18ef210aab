// `cloudpush push` of what comes once, as it is made: the standard input, and FIFOs.

import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { copyFile, open, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMAND, cloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { fixture } from '../support/media.js';
import { freePort } from '../support/ports.js';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

const FAST = ['--as-fast-as-possible', '--quiet'];

/**
 * Starts `cloudpush` with a pipe as its standard input, into which a file goes; without one the pipe stays
 * open.
 */
function startWithInput(args: readonly string[], input: string | undefined): ChildProgram {
  const program = new ChildProgram(process.execPath, [COMMAND, ...args], { stdio: 'pipe' });
  program.child.stdin!.on('error', () => {});
  if (input !== undefined) createReadStream(input).pipe(program.child.stdin!);
  return program;
}

describe.concurrent('what comes through a pipe', { timeout: 60_000 }, () => {
  test.for<[input: string, word: string, pictures: number, sounds: number]>([
    ['plain.flv', '-', 50, 95],
    ['bframes.flv', '/dev/stdin', 50, 95],
    ['plain.h264', '-', 50, 0],
    ['plain.h265', '-', 50, 0],
    ['stereo-48k.aac', '-', 0, 95],
    ['stereo-44k.mp3', '-', 0, 77],
  ])('%s as %s is told by its content, and arrives whole', async ([name, word, pictures, sounds]) => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    await using push = startWithInput(
      ['push', word, receiver.url('piped'), ...FAST, '--json'],
      fixture(name),
    );
    const { code } = await push.waitForExit(60_000);
    expect({ code, stderr: push.stderr }).toEqual({ code: 0, stderr: '' });
    const end = await receiver.ended('piped');
    const fromFile = await cloudpush(['push', fixture(name), receiver.url('file'), ...FAST]);
    expect(fromFile.code).toBe(0);
    const { pictures: expected, audioFrames } = await receiver.ended('file');
    expect(end).toMatchObject({ clean: true, pictures: expected, audioFrames });
    expect([Math.sign(pictures), Math.sign(sounds)]).toEqual([Math.sign(expected!), Math.sign(audioFrames!)]);
  });

  test.for<[name: string, cut: number, says: RegExp]>([
    ['plain.flv', 100, /^cloudpush: stdin: the last tag is cut off: its \d+ bytes are left out$/m],
    ['stereo-48k.aac', 10, /^cloudpush: stdin: \d+ bytes belong to no frame and are left out$/m],
    ['stereo-44k.mp3', 10, /^cloudpush: stdin: \d+ bytes belong to no frame and are left out$/m],
    ['tone.opus', 10, /^cloudpush: stdin: the last page is cut off: its \d+ bytes are left out$/m],
    ['pictures-vp9.ivf', 10, /^cloudpush: stdin: the last frame is cut off: its \d+ bytes are left out$/m],
  ])('a pipe that ends in the middle of something (%s) says what is left out', async ([name, cut, says]) => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    await using push = startWithInput(['push', '-', receiver.url('cut'), ...FAST, '--json'], undefined);
    const media = await readFile(fixture(name));
    push.child.stdin!.end(media.subarray(0, media.length - cut));
    await push.waitForExit(60_000);
    expect(push.stderr).toMatch(says);
    expect(push.stderr.match(/left out/g)).toHaveLength(1);
  });

  test('a FIFO is read as it is written', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    const fifo = folder.file('camera.h264');
    execFileSync('mkfifo', [fifo]);
    await using push = new ChildProgram(process.execPath, [
      ...[COMMAND, 'push', fifo, receiver.url('fifo'), ...FAST],
    ]);
    const writer = await open(fifo, 'w');
    createReadStream(fixture('plain.h264')).pipe(writer.createWriteStream());
    expect(await push.waitForExit(60_000)).toMatchObject({ code: 0 });
    expect(await receiver.ended('fifo')).toMatchObject({ clean: true, pictures: 50 });
  });

  test('SIGINT ends the wait for the beginning of what comes', async () => {
    await using push = startWithInput(['push', '-', 'rtmp://127.0.0.1:1/live/x'], undefined);
    // A tag that does not end; when its beginning is gone from the pipe, it is being read.
    const header = Buffer.from('464c5601050000000900000000 09ffffff00000000000000'.replace(' ', ''), 'hex');
    await new Promise<void>((resolve) => {
      push.child.stdin!.write(Buffer.concat([header, Buffer.alloc(4 << 20)]), () => resolve());
    });
    expect(await push.stop('SIGINT')).toEqual({ code: 130, signal: null });
  });

  test('a server that is not there ends it, though the pipe stays open', async () => {
    const url = `rtmp://127.0.0.1:${await freePort()}/live/x`;
    await using push = startWithInput(['push', '-', url, '--quiet'], undefined);
    push.child.stdin!.write(await readFile(fixture('plain.flv')));
    expect(await push.waitForExit(60_000)).toMatchObject({ code: 1 });
    expect(push.stderr).toContain('ECONNREFUSED');
  });

  test.for<[args: string[], says: RegExp]>([
    [['-', '--loop', '2'], /--loop needs a file/],
    [['-', '--channels', '2'], /--channels needs a file/],
    [['-', fixture('stereo-48k.aac')], /stdin|-: a pipe must be the only input/],
  ])('%j is refused', async ([args, says]) => {
    const [first = '', ...more] = args;
    const words = ['push', first, ...more.filter((word) => word.includes('/')), 'rtmp://127.0.0.1:1/live/x'];
    await using push = startWithInput(
      [...words, ...more.filter((word) => !word.includes('/'))],
      fixture('plain.flv'),
    );
    expect(await push.waitForExit(60_000)).toMatchObject({ code: 2 });
    expect(push.stderr).toMatch(says);
  });
});

describe.concurrent('files of the newer codecs', { timeout: 60_000 }, () => {
  test.for<[input: string, pictures: number, sounds: number]>([
    ['tone.flac', 0, 5],
    ['tone.ac3', 0, 13],
    ['tone.eac3', 0, 13],
    ['tone.opus', 0, 21],
    ['pictures-vp9.ivf', 10, 0],
    ['pictures-av1.ivf', 10, 0],
    ['pictures-av1.obu', 10, 0],
  ])('%s arrives whole, twice over', async ([name, pictures, sounds]) => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const { code } = await cloudpush(['push', fixture(name), receiver.url('a'), ...FAST, '--loop', '2']);
    expect(code).toBe(0);
    const end = await receiver.ended('a');
    expect(end).toMatchObject({ clean: true, pictures: 2 * pictures, audioFrames: 2 * sounds });
  });
});

describe.concurrent('what a file is, when its name does not tell', { timeout: 60_000 }, () => {
  test('its content tells it', async () => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
    await copyFile(fixture('plain.flv'), folder.file('camera'));
    const result = await cloudpush(['push', folder.file('camera'), receiver.url('a'), ...FAST]);
    expect(result.code).toBe(0);
    expect(await receiver.ended('a')).toMatchObject({ clean: true, pictures: 50, audioFrames: 95 });
  });

  test('an MP4 file that comes through a pipe gets the line that remuxes it', async () => {
    await using folder = await TempFolder.create();
    const path = await folder.write('clip', Buffer.from('000000206674797069736f6d', 'hex'));
    await using push = startWithInput(['push', '-', 'rtmp://127.0.0.1:1/live/x'], path);
    expect(await push.waitForExit(60_000)).toMatchObject({ code: 2 });
    expect(push.stderr).toContain('ffmpeg -i INPUT -c copy -f flv remuxed.flv');
  });
});
