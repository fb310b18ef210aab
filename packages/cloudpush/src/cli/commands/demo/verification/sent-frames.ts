import type { PacketReader, SourcePacket } from '@cloudpush/engine/sources';
import { SentConfiguration } from './configuration.js';
import { fingerprint } from './fingerprint.js';
import type { Frame } from './frame.js';

/** The first `count` frames of a reader, as a channel is sent them. The reader is closed then. */
export async function readFrames(reader: PacketReader, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  const configurations = { video: new SentConfiguration(), audio: new SentConfiguration() };
  const known = new WeakMap<Uint8Array, string>();
  try {
    while (frames.length < count) {
      const packet = reader.next();
      if (packet !== undefined) {
        frames.push(frameOf(packet, configurations[packet.kind], known));
      } else if (reader.ended) {
        break;
      } else {
        await reader.more();
      }
    }
    return frames;
  } finally {
    await reader.close();
  }
}

/** @param known fingerprints of packets that come again and again, as those of a loop do. */
function frameOf(
  packet: SourcePacket,
  configuration: SentConfiguration,
  known: WeakMap<Uint8Array, string>,
): Frame {
  const { kind, pts, dts, keyFrame, data } = packet;
  const seen = known.get(data);
  const print = seen ?? fingerprint(packet);
  if (seen === undefined) known.set(data, print);
  configuration.see(packet);
  return { kind, pts, dts, keyFrame, fingerprint: print, configuration: configuration.text };
}
