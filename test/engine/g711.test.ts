// G.711 that the caller sends himself, as cameras make it: frames of 20 ms, 8000 Hz, one channel.

import { PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { closeEmpty } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

const FRAME = 160;

test.each([
  // SoundFormat 7 or 8, rate 0, 16 bit, mono (FLV 10.1 E.4.2.1): what decoders make of it.
  { audio: 'g711a', header: 0x72 },
  { audio: 'g711u', header: 0x82 },
] as const)('each frame of $audio arrives as it was sent, at its time', async ({ audio, header }) => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1, debugPool: true });
  const channel = engine.openChannel({ url: receiver.url('a'), audio });
  await channel.connected();
  for (let i = 0; i < 50; i++) {
    await channel.writeAudio(new Uint8Array(FRAME).fill(i), { pts: 3000 + 20 * i });
  }
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  const sent = receiver.streams('a')[0]!.messages.filter(({ type }) => type === MessageType.audio);
  expect(sent.map(({ timestamp }) => timestamp)).toEqual(sent.map((_, index) => 20 * index));
  expect(sent.map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(
    Array.from({ length: 50 }, (_, i) => Buffer.from([header, ...Array(FRAME).fill(i)]).toString('hex')),
  );
  await closeEmpty(engine);
});
