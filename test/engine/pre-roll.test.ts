// A channel that sends segments only: nothing before the first trigger, then what came before it, from a key
// frame on.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { clip } from '../support/media.js';
import { waitFor } from '../support/wait.js';
import { cameraPackets } from './camera.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

test('each segment begins with what came before its start, and nothing is published in between', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using engine = await PushEngine.create({ debugPool: true });
  const channel = engine.openChannel({
    url: receiver.url('door'),
    source: { file: clip.video, loop: true },
    preRoll: 2000,
  });
  await once(channel, 'sourceConnected');
  await sleep(4000);
  expect(receiver.streams('door')).toHaveLength(0);
  for (const number of [1, 2]) {
    expect(channel.sendMetadata({ type: 'streamStart', trigger: 'face', time: Date.now() })).toBe(true);
    const stream = await waitFor('the segment', 20_000, () => receiver.streams('door')[number - 1]);
    await waitFor('two seconds at once', 20_000, () => (frames(stream).length >= 50 ? true : undefined));
    channel.sendMetadata({ type: 'streamEnd', alarmDuration: 0, time: Date.now() });
    const [report] = await once(channel, 'segmentEnd');
    expect(report).toMatchObject({ number });
    const [first] = frames(stream);
    // The frame type 1 in the upper four bits: a key frame.
    expect(first!.payload[0]! >> 4).toBe(1);
    await sleep(2500);
  }
  expect(receiver.streams('door')).toHaveLength(2);
  const { packetsBetweenSegments } = channel.stats();
  expect(packetsBetweenSegments).toBe(0);
  await channel.close();
});

test('the media in front of a segment begins with a key frame also where its source names none', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using engine = await PushEngine.create({ debugPool: true });
  const packets = cameraPackets()
    .filter(({ kind }) => kind === 'video')
    .map(({ data, pts }) => ({ data: Buffer.from(data).toString('base64'), pts }));
  const text = `
    export function openSource({ options }) {
      const packets = options.map(({ data, pts }) => ({ kind: 'video', data: Buffer.from(data, 'base64'), pts }));
      return { video: 'h264', packets };
    }`;
  const channel = engine.openChannel({
    url: receiver.url('door'),
    source: { module: `data:text/javascript,${encodeURIComponent(text)}`, options: packets },
    preRoll: 1000,
  });
  await once(channel, 'sourceEnded');
  channel.sendMetadata({ type: 'streamStart', trigger: 'face', time: Date.now() });
  await channel.close();
  const sent = frames(receiver.streams('door')[0]!);
  expect(sent.length).toBeGreaterThanOrEqual(25);
  expect(sent[0]!.payload[0]! >> 4).toBe(1);
});

interface Message {
  readonly type: number;
  readonly payload: Uint8Array;
}

function frames({ messages }: { readonly messages: readonly Message[] }): Message[] {
  return messages.filter(({ type, payload }) => type === 9 && payload[1] === 1);
}
