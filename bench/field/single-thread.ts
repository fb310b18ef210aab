import { parseArgs } from 'node:util';
import { type FlvTag, Muxer } from '@cloudpush/muxer';
import { loadLoop } from '../engine/media.js';
import { Pacing } from '../engine/pacing.js';
import { connectAll } from './concat-publisher.js';

/**
 * A Node.js program as it is first written: one thread, a copy of each packet, a concatenation of each
 * message.
 */
const { values } = parseArgs({
  options: { port: { type: 'string' }, channels: { type: 'string' }, seconds: { type: 'string' } },
});
const channels = Number(values.channels);
const publishers = await connectAll(Number(values.port), channels);
const muxers = Array.from({ length: channels }, () => new Muxer());

const pacing = new Pacing(loadLoop(), channels, (channel, { kind, data }, pts) => {
  const tags: FlvTag[] = [];
  const packet = { data: data.slice(), headroom: 0, dts: pts, pts };
  if (kind === 'video') muxers[channel]!.video('h264', packet, tags);
  else muxers[channel]!.audio('aac', packet, tags);
  for (const tag of tags) publishers[channel]!.send(tag);
});
await pacing.run(Number(values.seconds));
process.exit();
