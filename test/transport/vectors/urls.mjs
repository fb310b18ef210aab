// Records what ffmpeg tells a server for a push URL: `node urls.mjs` writes ffmpeg-urls.json. Needs ffmpeg,
// and a build.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { RtmpReceiver } from '@cloudpush/transport';

/** Behind scheme, host and port. */
const PATHS = [
  '/live/camera',
  '/live/camera?token=abc&x=1',
  '/live/摄像头1',
  '/live/κάμερα',
  '/live/cam{1}',
  '/live/a"b',
  '/live/<cam>',
  '/live/100%',
  '/live/a%2Fb',
  '/live/a|b^c`d',
  '/live/a\\b',
  '/live/[x]',
  '/live/key#1',
  '/live/key?t=1#2',
  '/live/..',
  '/live/🎥?name=🎥',
  '/live-bvc/?streamname=live_1_2&key=abc&schedule=rtmp',
  '/live?doconnect=a&b/camera',
  '/live?vhost=v.example/camera?token=t',
  '/live...vhost...v.example/camera',
  '/приложение/camera',
  // Where ffmpeg decides otherwise than the push URL rule does.
  '/live/camera?token=a/b+c%2F==',
  '/live/camera/1700000000',
  '/live/camera.flv',
  '/live/camera.mp4',
];

let hear = () => undefined;
const receiver = await RtmpReceiver.listen(
  { port: 0 },
  {
    onPublish: ({ connectRequest: { app, tcUrl }, streamName, query }) =>
      void hear({ app, tcUrl, streamName, query }),
  },
);
const { port } = receiver.address;
const host = `127.0.0.1:${port}`;

/** The text that ffmpeg writes at a path; undefined when it gives up. */
async function heardAt(path) {
  let heard;
  hear = (what) => {
    heard = what;
  };
  const source = ['-f', 'lavfi', '-i', 'sine=duration=0.1', '-c:a', 'aac'];
  const child = spawn('ffmpeg', ['-v', 'error', ...source, '-f', 'flv', `rtmp://${host}${path}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 20_000,
  });
  await once(child, 'close');
  return heard;
}

const table = [];
for (const path of PATHS) {
  const heard = await heardAt(path);
  if (heard === undefined) throw new Error(`ffmpeg did not publish at ${path}`);
  const { app, tcUrl, streamName, query } = heard;
  const name = query === '' ? streamName : `${streamName}?${query}`;
  table.push({ path, app, tcUrl: tcUrl.replace(host, 'HOST'), name });
}
await receiver.close();
const file = fileURLToPath(new URL('ffmpeg-urls.json', import.meta.url));
await writeFile(file, `${JSON.stringify(table, undefined, 2)}\n`);
