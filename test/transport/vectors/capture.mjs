// Records what foreign programs say to each other, byte for byte, by standing between them: `node capture.mjs`.
// Each conversation becomes two files, NAME.client.bin and NAME.server.bin. Needs ffmpeg, GStreamer (rtmp2sink,
// and rtmpsink, which stands on librtmp), rtmpdump, nginx with its RTMP module, and node-media-server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import NodeMediaServer from 'node-media-server';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const NGINX_PORT = 19350;
const NMS_PORT = 19351;
const FFMPEG_PORT = 19352;
const RELAY_PORT = 19353;

/** Runs `client` against a relay in front of `serverPort` and keeps both directions of its first connection. */
async function capture(name, serverPort, client) {
  const sides = { client: [], server: [] };
  const relay = createServer((down) => {
    const up = connect(serverPort, '127.0.0.1');
    down.on('data', (bytes) => sides.client.push(bytes)).pipe(up);
    up.on('data', (bytes) => sides.server.push(bytes)).pipe(down);
    for (const socket of [down, up]) socket.on('error', () => socket.destroy());
  });
  relay.listen(RELAY_PORT, '127.0.0.1');
  await once(relay, 'listening');
  const child = spawn(client[0], client.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });
  await once(child, 'close');
  await sleep(300);
  relay.close();
  for (const [side, pieces] of Object.entries(sides)) {
    await writeFile(here(`${name}.${side}.bin`), Buffer.concat(pieces));
  }
}

const folder = await mkdtemp(join(tmpdir(), 'capture-'));
process.chdir(folder); // node-media-server keeps a store where it is started
const conf = join(folder, 'nginx.conf');
await writeFile(
  conf,
  `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
rtmp { server { listen 127.0.0.1:${NGINX_PORT}; application live { live on; } } }`,
);
const nginx = spawn('nginx', ['-p', folder, '-c', conf], { stdio: 'inherit' });
const nms = new NodeMediaServer({ bind: '127.0.0.1', rtmp: { port: NMS_PORT }, webadmin: { enable: false } });
nms.run();
await sleep(1000);

const url = `rtmp://127.0.0.1:${RELAY_PORT}/live/camera7`;
const source = here('source.flv');
const ffmpeg = [
  'ffmpeg',
  '-hide_banner',
  '-nostdin',
  '-loglevel',
  'error',
  '-i',
  source,
  '-c',
  'copy',
  '-f',
  'flv',
  url,
];
const gstreamer = (sink) => [
  ...['gst-launch-1.0', '-q', 'flvmux', 'name=mux', 'streamable=true', '!', sink, `location=${url}`],
  ...['filesrc', `location=${source}`, '!', 'flvdemux', 'name=demux'],
  ...['demux.video', '!', 'queue', '!', 'h264parse', '!', 'mux.video'],
  ...['demux.audio', '!', 'queue', '!', 'aacparse', '!', 'mux.audio'],
];
// Half a second of pictures and sound, with a picture longer than every chunk size that is in use here.
const encoded = ['-f', 'lavfi', '-t', '0.5', '-i', 'testsrc2=size=320x180:rate=25'];
const sound = ['-f', 'lavfi', '-t', '0.5', '-i', 'sine=frequency=440:sample_rate=44100'];
const flags = [
  '-c:v',
  'libx264',
  '-pix_fmt',
  'yuv420p',
  '-b:v',
  '150k',
  '-c:a',
  'aac',
  '-b:a',
  '48k',
  '-f',
  'flv',
  source,
];
await once(
  spawn('ffmpeg', ['-y', '-loglevel', 'error', ...encoded, ...sound, ...flags], { stdio: 'inherit' }),
  'close',
);

await capture('ffmpeg-nginx', NGINX_PORT, ffmpeg);
await capture('rtmp2sink-nginx', NGINX_PORT, gstreamer('rtmp2sink'));
await capture('librtmp-nginx', NGINX_PORT, gstreamer('rtmpsink'));
await capture('ffmpeg-nms', NMS_PORT, ffmpeg);
const listener = spawn('ffmpeg', [
  '-loglevel',
  'error',
  '-listen',
  '1',
  '-i',
  `rtmp://127.0.0.1:${FFMPEG_PORT}/live/x`,
  '-f',
  'null',
  '-',
]);
await sleep(700);
await capture('rtmp2sink-ffmpeg', FFMPEG_PORT, gstreamer('rtmp2sink'));
listener.kill();

nginx.kill();
await rm(folder, { recursive: true });
process.exit();
