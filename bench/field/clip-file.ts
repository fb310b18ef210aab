import { writeFile } from 'node:fs/promises';
import { type FlvTag, FlvWriter, Muxer } from '@cloudpush/muxer';
import { loadLoop } from '../engine/media.js';

/** Writes the bench's stream as an FLV file of so many seconds, for programs that read files. */
export async function writeClipFile(path: string, seconds: number): Promise<void> {
  const loop = loadLoop();
  const muxer = new Muxer();
  const writer = new FlvWriter();
  const pieces: Uint8Array[] = [writer.header()];
  for (let base = 0; base < seconds * 1000; base += loop.duration) {
    for (const { kind, data, at } of loop.packets) {
      const tags: FlvTag[] = [];
      const packet = { data, headroom: 0, dts: base + at, pts: base + at };
      if (kind === 'video') muxer.video('h264', packet, tags);
      else muxer.audio('aac', packet, tags);
      for (const tag of tags) pieces.push(...writer.tag(tag));
    }
  }
  await writeFile(path, pieces);
}
