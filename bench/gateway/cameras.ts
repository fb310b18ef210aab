import { createServer, type Socket } from 'node:net';
import { FRAME_MS, loadRtpClip, stampPicture } from './rtp-clip.js';

/** The instructions of the cameras. */
export type CameraOrder =
  | { readonly type: 'freeze'; readonly cameras: readonly number[]; readonly frozen: boolean }
  | { readonly type: 'hangUp'; readonly cameras: readonly number[] };

/** Cameras send in so many groups, spread over a picture's time. */
const PHASES = 8;

/** A connection that a camera plays on. */
interface Playing {
  readonly socket: Socket;
  readonly camera: number;
  frame: number;
  sequence: number;
}

/**
 * Any number of cameras on one port, in a process of their own: `rtsp://host:port/N` plays the bundled clip
 * in a loop, over TCP.
 */
const clip = loadRtpClip();
const groups: Set<Playing>[] = Array.from({ length: PHASES }, () => new Set());
const frozen = new Set<number>();
const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=camera',
  't=0 0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
];
const description = `${[...sdp, 'a=fmtp:96 packetization-mode=1', 'a=control:track1'].join('\r\n')}\r\n`;

function serve(socket: Socket): void {
  let text = '';
  let playing: Playing | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (playing !== undefined) groupOf(playing.camera).delete(playing);
  });
  socket.on('data', (bytes) => {
    // Receiver reports come interleaved; requests are text, and hold no `$`.
    text += bytes.toString('latin1').replace(/\$[\s\S]*$/, '');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const camera = answer(socket, text.slice(0, end));
      text = text.slice(end + 4);
      if (camera === undefined || playing !== undefined) continue;
      playing = { socket, camera, frame: camera % clip.length, sequence: 0 };
      groupOf(camera).add(playing);
    }
  });
}

/** @returns the camera that is to play from now on */
function answer(socket: Socket, request: string): number | undefined {
  const [method = '', url = ''] = request.split(' ');
  const cseq = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '0';
  const camera = Number(/\/(\d+)(?:\/|$)/.exec(url.replace(/^rtsp:\/\/[^/]*/, ''))?.[1] ?? 0);
  if (frozen.has(camera)) return undefined;
  const headers = [`CSeq: ${cseq}`, 'Session: 17;timeout=60'];
  let body = '';
  if (method === 'DESCRIBE') {
    body = description;
    headers.push('Content-Type: application/sdp', `Content-Base: ${url}/`, `Content-Length: ${body.length}`);
  }
  if (method === 'SETUP') headers.push('Transport: RTP/AVP/TCP;unicast;interleaved=0-1');
  socket.write(`RTSP/1.0 200 OK\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  return method === 'PLAY' ? camera : undefined;
}

function groupOf(camera: number): Set<Playing> {
  return groups[camera % PHASES]!;
}

function send(playing: Playing): void {
  if (frozen.has(playing.camera)) return;
  const picture = clip[playing.frame % clip.length]!;
  playing.sequence = stampPicture(picture, playing.frame, playing.sequence);
  // The bytes are stamped anew for the next camera before the kernel may have taken them.
  playing.socket.write(Buffer.from(picture.bytes));
  playing.frame++;
}

for (const [phase, group] of groups.entries()) {
  const begin = performance.now() + (phase * FRAME_MS) / PHASES;
  let ticks = 0;
  const tick = (): void => {
    ticks++;
    for (const playing of group) send(playing);
    setTimeout(tick, Math.max(0, begin + ticks * FRAME_MS - performance.now()));
  };
  setTimeout(tick, begin - performance.now());
}

process.on('message', (order: CameraOrder) => {
  if (order.type === 'hangUp') {
    for (const { socket, camera } of groups.flatMap((group) => [...group]))
      if (order.cameras.includes(camera)) socket.destroy();
    return;
  }
  for (const camera of order.cameras) {
    if (order.frozen) frozen.add(camera);
    else frozen.delete(camera);
  }
});
process.on('disconnect', () => process.exit());

const server = createServer(serve);
server.listen(0, '127.0.0.1', 1024, () => process.send?.((server.address() as { port: number }).port));
