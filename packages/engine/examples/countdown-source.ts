// A source module: it runs in the worker thread that sends its packets, and is opened by
//   engine.openChannel({ url, source: { module: new URL('./countdown-source.js', import.meta.url).href, options: { file } } });
// This one reads a raw H.264 file (Annex-B, one slice a picture) and sends its pictures at 25 a second, as often as it is told to.

import { readFile } from 'node:fs/promises';
import type { SourceModuleContext, SourceModulePacket, SourceModuleStream } from '@cloudpush/engine';

const FRAME_MS = 40;

interface Options {
  readonly file: string;
  readonly times: number;
}

export async function openSource({ options, signal }: SourceModuleContext): Promise<SourceModuleStream> {
  const { file, times } = options as Options;
  const pictures = picturesOf(await readFile(file, { signal }));
  return { video: 'h264', packets: packets(pictures, times) };
}

/** Packets are asked for when they are due; the end of them is the end of the source. */
function* packets(pictures: readonly Buffer[], times: number): Generator<SourceModulePacket> {
  for (let index = 0; index < pictures.length * times; index++) {
    const pts = index * FRAME_MS;
    yield { kind: 'video', data: pictures[index % pictures.length]!, pts, dts: pts };
  }
}

/** Each slice ends a picture, and parameter sets go with the one behind them. */
function picturesOf(stream: Buffer): Buffer[] {
  const pictures: Buffer[] = [];
  let start = 0;
  for (let at = stream.indexOf(START_CODE); at >= 0; ) {
    const next = stream.indexOf(START_CODE, at + START_CODE.length);
    const type = stream[at + START_CODE.length]! & 31;
    if (type === 1 || type === 5) {
      pictures.push(stream.subarray(start, next < 0 ? undefined : next));
      start = next;
    }
    at = next;
  }
  return pictures;
}

const START_CODE = Buffer.from([0, 0, 0, 1]);
