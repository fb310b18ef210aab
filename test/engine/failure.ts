import { once } from 'node:events';
import { type ChannelOptions, type CloseReport, type CloudPushError, PushEngine } from '@cloudpush/engine';
import { expect } from 'vitest';
import { cameraPackets } from './camera.js';
import { closeEmpty, transcript } from './expectations.js';

const [picture] = cameraPackets();

/**
 * The only thing that a channel tells whose connection cannot be made is its end. The packet that waited is
 * given back.
 */
export async function failure(options: ChannelOptions): Promise<CloudPushError> {
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel(options);
  const events = transcript(channel);
  channel.sendVideo(picture!.data, { pts: 0 });
  const [{ clean, error }] = (await once(channel, 'close')) as [CloseReport];
  await closeEmpty(engine);
  expect(events).toEqual(['close']);
  expect(clean).toBe(false);
  return error!;
}
