// Packets through a Web stream: the source is read as fast as the server takes them, and no faster.
//   node writable-stream.js camera.h264 rtmp://host/app/name

import { createReadStream } from 'node:fs';
import { PushEngine, type VideoPacket } from '@cloudpush/engine';
import { AccessUnitSplitter } from '@cloudpush/muxer';

const [file, url] = process.argv.slice(2);
if (file === undefined || url === undefined) throw new Error('arguments: file.h264 rtmp-url');

async function* packets(path: string): AsyncGenerator<VideoPacket> {
  const splitter = new AccessUnitSplitter('h264');
  const packet = ({ data, presentationIndex, decodingIndex }: ReturnType<typeof splitter.flush>[number]) => ({
    data,
    pts: presentationIndex * 40,
    dts: decodingIndex * 40,
  });
  for await (const piece of createReadStream(path)) yield* splitter.push(piece as Buffer).map(packet);
  yield* splitter.flush().map(packet);
}

const engine = await PushEngine.create();
const channel = engine.openChannel({ url, video: 'h264', audio: 'none' });
await ReadableStream.from(packets(file)).pipeTo(channel.createWritable('video', { ownsChannel: true }));
console.log('sent to the end');
await engine.close();
