// One stream to several servers: muxed once, and one that is slow or gone does not hold up the others.
//   node fan-out.js camera.h264 rtmp://main/app/name rtmp://backup/app/name …

import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { PushEngine } from '@cloudpush/engine';
import { AccessUnitSplitter } from '@cloudpush/muxer';

const [file, first, ...others] = process.argv.slice(2);
if (file === undefined || first === undefined) throw new Error('arguments: file.h264 rtmp-url...');
const splitter = new AccessUnitSplitter('h264');
const pictures = [...splitter.push(await readFile(file)), ...splitter.flush()];

const engine = await PushEngine.create();
const channel = engine.openChannel({ url: first, video: 'h264', audio: 'none' });
for (const url of others) {
  const destination = channel.addDestination({ url, reconnect: true, overflow: 'drop' });
  destination.on('disconnect', ({ error }) => console.log(`a server is gone: ${error.code}`));
}
for (const { data, presentationIndex, decodingIndex } of pictures) {
  while (!channel.sendVideo(data, { pts: presentationIndex * 40, dts: decodingIndex * 40 }))
    await channel.writable();
  await setTimeout(10);
}
const { clean } = await channel.close();
console.log(clean ? 'sent to the end' : 'broken off');
await engine.close();
