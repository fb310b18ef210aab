import type { SourceModuleContext, SourceModulePacket, SourceModuleStream } from '@cloudpush/engine';
import { type BenchLoop, loadLoop } from './media.js';

/** The options of this source module. */
export interface LoopSourceOptions {
  /** Bytes of a picture on average. */
  readonly pictureBytes: number;
  /**
   * Pictures that are left out at the beginning: each channel is at another place in its group of pictures.
   */
  readonly skippedPictures: number;
}

/** One for all channels of a thread. */
const loops = new Map<number, BenchLoop>();

/** The bench's stream as a source module: it is in memory, and the shard reads it when it is due. */
export function openSource({ options }: SourceModuleContext): SourceModuleStream {
  const { pictureBytes, skippedPictures } = options as LoopSourceOptions;
  let loop = loops.get(pictureBytes);
  if (loop === undefined) {
    loop = loadLoop(pictureBytes);
    loops.set(pictureBytes, loop);
  }
  return { video: 'h264', audio: 'aac', packets: packets(loop, skippedPictures) };
}

function* packets(loop: BenchLoop, skippedPictures: number): Generator<SourceModulePacket> {
  let pictures = 0;
  for (let base = 0; ; base += loop.duration) {
    for (const { kind, data, at } of loop.packets) {
      if (kind === 'video') pictures++;
      // The channel begins with the next key frame, during the warm-up.
      if (pictures > skippedPictures) yield { kind, data, pts: base + at };
    }
  }
}
