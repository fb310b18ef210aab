// A server that does not read is the trouble of its own channel, and of nobody else's.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { type CameraPacket, cameraPackets } from './camera.js';
import { closeEmpty, expectWhole, transcript } from './expectations.js';
import { GatedProxy } from './gated-proxy.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const CHANNELS = 50;
const STALL_MS = 5000;

/**
 * Sends to a channel in real time, by the clip over and over, until it is told to stop; says what was taken.
 */
class Sender {
  readonly taken: CameraPacket[] = [];
  #sent = 0;
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Everything that is due by `now`, in ms from the start. False when something was refused. */
  sendUntil(now: number): boolean {
    let all = true;
    for (; this.#at(this.#sent).pts <= now; this.#sent++) all = this.#send(this.#at(this.#sent)) && all;
    return all;
  }

  #send(packet: CameraPacket): boolean {
    const { kind, data, pts } = packet;
    const taken =
      kind === 'video' ? this.#channel.sendVideo(data, { pts }) : this.#channel.sendAudio(data, { pts });
    if (taken) this.taken.push(packet);
    return taken;
  }

  #at(index: number): CameraPacket {
    const packet = packets[index % packets.length]!;
    return { ...packet, pts: packet.pts + Math.floor(index / packets.length) * 3200 };
  }
}

test('of 50 channels one whose server stops reading pauses once and resumes once, and the others lose nothing', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using path = await GatedProxy.listen(receiver.port);
  const engine = await PushEngine.create({ maxConnections: CHANNELS, shards: 2, debugPool: true });
  const names = Array.from({ length: CHANNELS - 1 }, (_, i) => `${i}`);
  const others = names.map((name) => engine.openChannel({ url: receiver.url(name) }));
  const stalled = engine.openChannel({
    url: `rtmp://127.0.0.1:${path.port}/live/stalled`,
    highWatermark: { bytes: 500_000, ms: 1_000_000_000 },
    closeTimeout: 30_000,
  });
  const events = [...others, stalled].map(transcript);
  await Promise.all([...others, stalled].map((channel) => channel.connected()));
  const senders = others.map((channel) => new Sender(channel));
  const busy = new Sender(stalled);
  const start = performance.now();
  const sendToOthers = (): number => {
    const now = performance.now() - start;
    for (const sender of senders) expect(sender.sendUntil(now)).toBe(true);
    return now;
  };
  path.stall();
  // Faster than in real time: the kernel's buffers hold many seconds.
  for (let clock = 0; busy.sendUntil(clock); clock += 400) {
    sendToOthers();
    await setTimeout(5);
  }
  for (const end = performance.now() + STALL_MS; performance.now() < end; ) {
    sendToOthers();
    await setTimeout(10);
  }
  expect(events.at(-1)).toEqual(['connect', 'pause']);
  const resumed = once(stalled, 'resume');
  path.flow();
  await resumed;
  sendToOthers();
  const reports = await Promise.all([...others, stalled].map((channel) => channel.close()));
  for (const report of reports) expect(report).toEqual({ clean: true, error: undefined });
  expect(events.at(-1)).toEqual(['connect', 'pause', 'resume', 'close']);
  expect(stalled.stats()).toMatchObject({ pauses: 1, packetsLost: 0 });
  expectWhole(receiver.stream('stalled'), busy.taken);
  for (const [i, channel] of others.entries()) {
    expect(events[i]).toEqual(['connect', 'close']);
    expect(channel.stats()).toMatchObject({
      packetsRefused: 0,
      packetsLost: 0,
      packetsInvalid: 0,
      pauses: 0,
      droppedPictures: 0,
      droppedDisposable: 0,
      droppedAudio: 0,
    });
    expectWhole(receiver.stream(names[i]!), senders[i]!.taken);
  }
  await closeEmpty(engine);
});
