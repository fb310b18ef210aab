import { FileReader } from '../../sources/file-reader.js';
import { FlvParser } from '../../sources/flv-parser.js';
import type { SourcePacket } from '../../sources/packet.js';
import type { PacketReader } from '../../sources/reader.js';
import { fingerprint } from './fingerprint.js';
import type { Frame } from './frame.js';

/** The frames of a recording, in the order of the file. */
export function readRecording(path: string): Promise<Frame[]> {
  return readFrames(new FileReader(path, new FlvParser()), Number.POSITIVE_INFINITY);
}

/** The first `count` frames of a reader, which is closed then. */
export async function readFrames(reader: PacketReader, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  const known = new WeakMap<Uint8Array, string>();
  try {
    while (frames.length < count) {
      const packet = reader.next();
      if (packet !== undefined) {
        frames.push(frameOf(packet, known));
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
function frameOf(packet: SourcePacket, known: WeakMap<Uint8Array, string>): Frame {
  const { kind, pts, dts, keyFrame, data } = packet;
  const seen = known.get(data);
  const print = seen ?? fingerprint(packet);
  if (seen === undefined) {
    known.set(data, print);
  }
  return { kind, pts, dts, keyFrame, fingerprint: print };
}
