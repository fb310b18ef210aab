// Two segments, as a camera makes them when something happens: each is a stream of its own, under the URL's name.
//   node segments.js camera.h264 'rtmp://host/app/name-$time'

import { readFile } from 'node:fs/promises';
import { PushEngine } from '@cloudpush/engine';
import { AccessUnitSplitter } from '@cloudpush/muxer';

const [file, url] = process.argv.slice(2);
if (file === undefined || url === undefined) throw new Error('arguments: file.h264 rtmp-url');
const splitter = new AccessUnitSplitter('h264');
const pictures = [...splitter.push(await readFile(file)), ...splitter.flush()];

const engine = await PushEngine.create();
const channel = engine.openChannel({ url, video: 'h264', audio: 'none' });
channel.on('segmentEnd', ({ streams }) => console.log('a segment ended on', streams.length, 'server'));

for (const trigger of ['face', 'human'] as const) {
  const began = Date.now();
  await channel.writeMetadata({ type: 'streamStart', trigger, time: began });
  for (const { data, presentationIndex, decodingIndex } of pictures) {
    await channel.writeVideo(data, { pts: presentationIndex * 40, dts: decodingIndex * 40 });
  }
  await channel.writeMetadata({ type: 'streamEnd', alarmDuration: Date.now() - began, time: Date.now() });
}
await channel.close();
await engine.close();
