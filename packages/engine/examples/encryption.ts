// Key frames leave encrypted: no server reads the stream that it records. `cloudpush decrypt` makes a recording readable again.
//   STREAM_KEY=… node encryption.js camera.h264 rtmp://host/app/name

import { readFile } from 'node:fs/promises';
import { PushEngine } from '@cloudpush/engine';
import { AccessUnitSplitter } from '@cloudpush/muxer';

const [file, url] = process.argv.slice(2);
const key = process.env['STREAM_KEY'];
if (file === undefined || url === undefined || key === undefined) {
  throw new Error('arguments: file.h264 rtmp-url, and STREAM_KEY in the environment');
}
const splitter = new AccessUnitSplitter('h264');
const pictures = [...splitter.push(await readFile(file)), ...splitter.flush()];

const engine = await PushEngine.create();
const encryption = { video: { mode: 'keyFrames', key } } as const;
const channel = engine.openChannel({ url, video: 'h264', audio: 'none', encryption });
for (const { data, presentationIndex, decodingIndex } of pictures) {
  await channel.writeVideo(data, { pts: presentationIndex * 40, dts: decodingIndex * 40 });
}
const { clean } = await channel.close();
console.log(clean ? 'sent to the end' : 'broken off');
await engine.close();
