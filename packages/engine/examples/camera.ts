// A camera's RTSP stream to an RTMP server, until Ctrl+C or for some seconds. It is read in the worker thread that sends it.
//   node camera.js rtsp://camera/stream rtmp://host/app/name [seconds]

import { PushEngine } from '@cloudpush/engine';

const [camera, url, seconds] = process.argv.slice(2);
if (camera === undefined || url === undefined) throw new Error('arguments: rtsp-url rtmp-url [seconds]');

const engine = await PushEngine.create();
const channel = engine.openChannel({ url, source: { rtsp: camera }, reconnect: true });
channel.on('sourceConnected', ({ tracks }) =>
  console.log('camera:', tracks.video?.codec, tracks.audio?.codec),
);
channel.on('sourceLost', ({ error, delay }) =>
  console.log(`camera lost (${error.code}), again in ${delay} ms`),
);
channel.on('connect', () => console.log('publishing'));

const stop = async () => {
  const { clean } = await channel.close();
  console.log(clean ? 'sent to the end' : 'broken off');
  await engine.close();
};
process.once('SIGINT', () => void stop());
if (seconds !== undefined) setTimeout(() => void stop(), Number(seconds) * 1000);
