// Every command line of the README works as it is written, but for hosts and files that a reader has to put
// in.

import { readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ReferenceTokenServer } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { COMMAND } from '../support/cloudpush.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { ChildProgram, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const LINES = [...README.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block]) => block!.split('\n'))
  .filter((line) => /\bcloudpush \w/.test(line));

/** The files that a reader has. */
const FILES = {
  'camera.h264': 'plain.h264',
  'camera.aac': 'stereo-48k.aac',
  'camera.h265': 'plain.h265',
  'camera.flv': 'plain.flv',
  'clip.flv': 'bframes.flv',
  'recording.mp4': 'bframes-h265.mp4',
};

const GATEWAY = `version: 1
channels:
  yard: { source: rtsp://camera.example/1, destinations: [ rtmp://cloud.example/live/yard ] }
`;

/** Shorter, so that nobody waits; a port that is free; what is there in place of what is not. */
function adapted(line: string, server: string, tokenServer: string): string {
  return line
    .replace(/\bcloudpush (?=\w)/g, `'${process.execPath}' '${COMMAND}' `)
    .replace(/rtmp:\/\/(host|main)\//g, server)
    .replace(/rtmp:\/\/backup\/live\/cam/g, `${server}live/backup`)
    .replace('https://cloud.example/connection/token/get', tokenServer)
    .replace('-i rtsp://camera/stream', '-v error -i camera.flv')
    .replace('--channels 400', '--channels 3')
    .replace('--duration 60', '--duration 1')
    .replace(/( token-server [^#]*)/, '$1 --listen 127.0.0.1:0 --duration 0.1 ')
    .replace('gateway gateway.yaml', 'gateway gateway.yaml --check')
    .replace(/( demo) /, '$1 --channels 1 --duration 1 ')
    .replace(/( gateway-demo) /, '$1 --port 0 --duration 1 ');
}

test('every command line of the README works', { timeout: 240_000 }, async (context) => {
  requirePeers(context, 'ffmpeg');
  expect(LINES.length).toBeGreaterThan(9);
  await using folder = await TempFolder.create();
  for (const [name, source] of Object.entries(FILES)) await copyFile(fixture(source), folder.file(name));
  await folder.write('gateway.yaml', Buffer.from(GATEWAY));
  const port = await freePort();
  const server = `rtmp://127.0.0.1:${port}/`;
  await using tokens = await ReferenceTokenServer.listen({ url: `${server}live/device` });
  const options = { cwd: folder.path, timeoutMs: 60_000 };

  const receive = LINES.find((line) => line.includes('cloudpush receive'))!.split('#')[0]!;
  const listening = `exec ${adapted(receive, server, '')} --listen ${port}`;
  await using receiver = new ChildProgram('bash', ['-c', listening], { cwd: folder.path });
  await receiver.waitForOutput(/^listening on/m);

  for (const line of LINES.filter((other) => !other.includes('cloudpush receive'))) {
    const command = adapted(line, server, tokens.url);
    const { code, stdout, stderr } = await run('bash', ['-o', 'pipefail', '-c', command], options);
    expect({ line, code, said: code === 0 ? '' : stdout + stderr }).toEqual({ line, code: 0, said: '' });
  }
  expect(await receiver.stop('SIGINT')).toEqual({ code: 0, signal: null });
});
