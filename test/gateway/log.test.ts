// The log of a gateway: what is lost is told once, by the gateway, with the names that its users know.

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { ScriptedCamera } from '../engine/scripted-camera.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { TempFolder } from '../support/temp.js';
import { GatewayProgram } from './support/gateway-program.js';

vi.setConfig({ testTimeout: 120_000 });

const configuration = (level: string, source: string, destination: string) => `version: 1
log: { level: ${level}, format: json }
channels:
  gate:
    sourceRetry: { initial: 1h, max: 1h }
    source: "${source}"
    destinations: [ { name: cloud, url: "${destination}", reconnect: { initial: 1h, max: 1h } } ]
`;

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly event?: string;
  readonly channel?: unknown;
}

async function linesOfLosses(level: string): Promise<Line[]> {
  await using folder = await TempFolder.create();
  const receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using camera = await ScriptedCamera.listen();
  await using gateway = await GatewayProgram.start(
    folder,
    configuration(level, camera.url, receiver.url('gate')),
  );
  await receiver.published('gate');
  await receiver[Symbol.asyncDispose]();
  await gateway.program.waitForOutput(/"event":"destinationLost"/);
  camera.hangUp();
  await gateway.program.waitForOutput(/"event":"sourceLost"/);
  return gateway.program.stderr.split('\n').flatMap((text) => (text.startsWith('{') ? JSON.parse(text) : []));
}

test('a lost server and a lost camera are one line each, of the channel by its name', async () => {
  const lines = await linesOfLosses('warn');
  expect(lines.map(({ event, channel }) => [event, channel])).toEqual(
    expect.arrayContaining([
      ['destinationLost', 'gate'],
      ['sourceLost', 'gate'],
    ]),
  );
  // Beside them, the command says that it runs.
  expect(lines.filter(({ event }) => event === undefined).map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/^gateway is running 1 channel, from /),
  ]);
  for (const event of ['destinationLost', 'sourceLost']) {
    expect(lines.filter((line) => line.event === event)).toHaveLength(1);
  }
});

test('verbose shows what the engine says of them as well', async () => {
  const texts = (await linesOfLosses('verbose')).map(({ msg }) => msg);
  for (const text of ['connection lost, connecting again', 'source lost']) {
    expect(texts.filter((one) => one === text)).toHaveLength(1);
  }
});

test('with JSON every line is JSON, and each fault of the file is told once', async () => {
  await using folder = await TempFolder.create();
  await using camera = await ScriptedCamera.listen();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const text = configuration('info', camera.url, receiver.url('gate'));
  await using gateway = await GatewayProgram.start(folder, `${text}api: { listen: "127.0.0.1:0" }\n`);
  const { program, path } = gateway;
  await program.waitForOutput(/"msg":"gateway is running 1 channel/);
  await writeFile(
    path,
    text.replace('sourceRetry', 'sourceretry').replace('version: 1', 'version: 1\nlogs: 1'),
  );
  await program.waitForOutput(/logs: unknown key/);
  await program.waitForOutput(/sourceretry: unknown key/);
  await gateway.stop();
  const lines = program.stderr.trim().split('\n');
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
  const texts = lines.map((line) => (JSON.parse(line) as Line).msg);
  for (const word of [
    'logs: unknown key',
    'sourceretry: unknown key',
    'API and dashboard',
    'gateway has ended',
  ])
    expect(texts.filter((one) => one.includes(word))).toHaveLength(1);
});
