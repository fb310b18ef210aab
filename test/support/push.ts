import { type Channel, type ChannelOptions, PushEngine } from '@cloudpush/engine';
import { interleave, type SourcePacket } from './source.js';

/** Media to push through the native interface, and its server. */
export type PushOptions = ChannelOptions & {
  videoPackets?: readonly SourcePacket[];
  audioPackets?: readonly SourcePacket[];
};

function send(channel: Channel, track: 'video' | 'audio', { data, pts, dts }: SourcePacket): boolean {
  return track === 'video' ? channel.sendVideo(data, { pts, dts }) : channel.sendAudio(data, { pts });
}

/** Pushes every packet on a channel of its own, as fast as it is taken. Throws unless all went well. */
export async function pushOn(engine: PushEngine, options: PushOptions): Promise<void> {
  const { videoPackets = [], audioPackets = [], ...channelOptions } = options;
  const channel = engine.openChannel(channelOptions);
  channel.on('problem', ({ error }) => channel.abort(error));
  await channel.connected();
  try {
    for (const { track, packet } of interleave(videoPackets, audioPackets)) {
      while (!send(channel, track, packet)) await channel.writable();
    }
  } catch {
    // The channel is over: the report tells why.
  }
  const { clean, error } = await channel.close();
  if (!clean) throw new Error('the channel was not closed cleanly', { cause: error });
}

/** As {@link pushOn}, with an engine of its own. */
export async function pushAll(options: PushOptions): Promise<void> {
  await using engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
  await pushOn(engine, options);
}
