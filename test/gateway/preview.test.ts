// The picture of a channel, as the HTTP interface gives it.

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { sampleChannel } from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { startCloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { probe } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { TempFolder } from '../support/temp.js';
import { serveGateway } from './support/served-gateway.js';

interface Probed {
  readonly streams: readonly Readonly<Record<string, unknown>>[];
}

vi.setConfig({ testTimeout: 120_000 });

test('the picture of a channel is one that decoders take, live or alone, and nothing stays behind', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const port = await freePort();
  const channel = (name: string, file: string, more = '') => `
  ${name}:
    source: { file: ${fixture(file)}, loop: true, frameRate: 25 }
    destinations: [ "${receiver.url(name)}" ]${more}`;
  const path = folder.file('gateway.yaml');
  await writeFile(
    path,
    `version: 1
log: { level: info }
api: { listen: "127.0.0.1:${port}" }
channels:${channel('avc', 'bframes.h264')}${channel('hevc', 'plain.h265')}${channel('sealed', 'plain.h264', '\n    encryption: { video: allFrames, key: sixteen bytes of }')}
`,
  );
  await using gateway = startCloudpush(['gateway', path]);
  for (const name of ['avc', 'hevc', 'sealed']) await gateway.waitForOutput(new RegExp(`${name} is online`));
  const get = (route: string, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}/v1/channels/${route}`, signal ? { signal } : {});

  for (const [name, codec, mediaType] of [
    ['avc', 'h264', /^video\/mp4; codecs="avc1\.[0-9A-F]{6}"$/],
    ['hevc', 'hevc', /^video\/mp4; codecs="hvc1\.1\.6\.L\d+(\.[0-9A-F]+)*"$/],
  ] as const) {
    const answer = await get(`${name}/frame.mp4`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(mediaType),
    ]);
    const file = await folder.write(`${name}.mp4`, Buffer.from(await answer.arrayBuffer()));
    const { streams } = (await probe(file, ['-count_frames', '-show_streams'])) as Probed;
    expect(streams).toEqual([expect.objectContaining({ codec_name: codec, nb_read_frames: '1' })]);
  }

  const ended = new AbortController();
  const live = await get('avc/live.mp4', ended.signal);
  const pieces: Uint8Array[] = [];
  const fragments = () => Buffer.concat(pieces).toString('latin1').split('moof').length - 1;
  for await (const piece of live.body!) {
    pieces.push(piece);
    if (fragments() > 2) break;
  }
  ended.abort();
  const film = await folder.write('live.mp4', Buffer.concat(pieces));
  const { streams } = (await probe(film, ['-count_packets', '-show_streams'])) as Probed;
  expect(Number(streams[0]?.['nb_read_packets'])).toBeGreaterThan(1);

  expect((await get('none/frame.mp4')).status).toBe(404);
  const sealed = await get('sealed/frame.mp4');
  expect([sealed.status, await sealed.json()]).toEqual([
    409,
    expect.objectContaining({ detail: expect.stringContaining('encrypted') }),
  ]);
  const { state } = (await (await get('avc')).json()) as {
    state: { state: string; destinations: unknown[] };
  };
  expect([state.state, state.destinations.length]).toEqual(['online', 1]);
  expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  // Who has looked is no part of how the channels end.
  expect(gateway.stderr).not.toMatch(/ERROR|ABORTED/);
});

const served = serveGateway();

test('eight are looked at, one more is refused, and whoever goes leaves nothing behind', async () => {
  await served.begin([sampleChannel('gate')]);
  const { calls } = served.gateway;
  const urlsOf = (operation: string) =>
    calls.filter(([name]) => name === operation).map((call) => call.at(-1));
  const gone = new AbortController();
  const url = `${served.url}/v1/channels/gate/frame.mp4`;
  const answers = Array.from({ length: 8 }, () => fetch(url, { signal: gone.signal }));
  await expect.poll(() => urlsOf('openPreview').length).toBe(8);
  expect(new Set(urlsOf('openPreview')).size).toBe(8);
  const ninth = await fetch(url);
  expect([ninth.status, await ninth.json()]).toEqual([
    503,
    expect.objectContaining({ detail: expect.stringContaining('8 previews') }),
  ]);
  gone.abort();
  await Promise.allSettled(answers);
  await expect.poll(() => urlsOf('closePreview').sort()).toEqual(urlsOf('openPreview').sort());
  expect((await fetch(`${served.url}/v1/channels/none/live.mp4`)).status).toBe(404);
});
