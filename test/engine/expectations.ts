import type { Channel, PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { type Logger, pino } from 'pino';
import { expect } from 'vitest';
import { type CameraPacket, expectedAudioMessage, expectedVideoMessage } from './camera.js';
import type { Arrived, ArrivedStream } from './recording-receiver.js';
import { isSequenceHeader } from './sequence-header.js';

export { isSequenceHeader };

/** The messages of one type that carry pictures or audio frames. */
export function samples(stream: ArrivedStream, type: number): Arrived[] {
  return stream.messages.filter((message) => message.type === type && !isSequenceHeader(message));
}

/** Exactly these packets arrived, bit for bit, in order and with their times. */
export function expectWhole(stream: ArrivedStream, sent: readonly CameraPacket[]): void {
  const sentVideo = sent.filter(({ kind }) => kind === 'video');
  const sentAudio = sent.filter(({ kind }) => kind === 'audio');
  const gotVideo = samples(stream, MessageType.video);
  const gotAudio = samples(stream, MessageType.audio);
  expect(gotVideo.length).toBe(sentVideo.length);
  expect(gotAudio.length).toBe(sentAudio.length);
  for (const [i, { payload, timestamp }] of gotVideo.entries()) {
    expect(Buffer.compare(payload, expectedVideoMessage(sentVideo[i]!))).toBe(0);
    expect(timestamp).toBe(sentVideo[i]!.pts);
  }
  for (const [i, { payload, timestamp }] of gotAudio.entries()) {
    expect(Buffer.compare(payload, expectedAudioMessage(sentAudio[i]!))).toBe(0);
    expect(Math.abs(timestamp - sentAudio[i]!.pts)).toBeLessThanOrEqual(1);
  }
}

/** Writes down the channel's events in the order in which they come. */
export function transcript(channel: Channel): string[] {
  const events: string[] = [];
  for (const event of ['connect', 'disconnect', 'move', 'pause', 'resume', 'close'] as const)
    channel.on(event, () => events.push(event));
  channel.on('problem', ({ error }) => events.push(`problem ${error.code}`));
  channel.on('command', ({ name }) => events.push(`command ${name}`));
  return events;
}

/** Closes an engine and checks that its pool is empty: not one block is lost or released twice. */
export async function closeEmpty(engine: PushEngine): Promise<void> {
  await engine.close();
  const { poolBytesInUse, poolBlocksInUse, channels } = engine.stats();
  expect({ poolBytesInUse, poolBlocksInUse, channels }).toEqual({
    poolBytesInUse: 0,
    poolBlocksInUse: 0,
    channels: 0,
  });
}

/** A log that keeps the texts of its warnings, with what each was about. */
export function warningsTo(texts: string[]): Logger {
  const write = (line: string): void => {
    const { msg, reason } = JSON.parse(line) as { msg: string; reason?: string };
    texts.push(reason === undefined ? msg : `${msg}: ${reason}`);
  };
  return pino({ level: 'warn' }, { write });
}
