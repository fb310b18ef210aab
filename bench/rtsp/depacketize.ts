import { copyBytes } from '@cloudpush/muxer';
import type * as limitsModule from '../../packages/engine/src/sources/rtsp/limits.js';
import type * as clientModule from '../../packages/engine/src/sources/rtsp/rtsp-client.js';

// RTP over TCP to access units: microseconds a picture beside the floor, which is copying the same payloads.

// The package does not export its RTSP client: this is where its build lies, seen from that of the
// benchmarks.
const folder = new URL('../../../packages/engine/dist/sources/rtsp/', import.meta.url);
const { rtspLimits } = (await import(new URL('limits.js', folder).href)) as typeof limitsModule;
const { RtspClient } = (await import(new URL('rtsp-client.js', folder).href)) as typeof clientModule;

const pictureBytes = 20_000;
const payloadBytes = 1400;
const readBytes = 65_536;
const pictures = 250;
const ticks = 3600;
const rounds = 200;

const block = new Uint8Array(1 << 20);

/** Takes media into one block of memory, as a shard takes it into the pool. */
class BlockSink {
  #used = 0;
  pictures = 0;

  configure(): void {}

  begin(): void {
    this.#used = 0;
  }

  beginNalUnit(): void {
    this.#used += 4;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    // Not subarray(): that of a Buffer takes several times as long.
    const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
    copyBytes(payload, block, this.#used);
    this.#used += end - start;
  }

  end(): void {
    this.pictures++;
  }

  abort(): void {}
}

/** The interleaved frames of one picture in fragmentation units (RFC 6184 §5.8). */
function picture(index: number, sequence: number): Buffer[] {
  const type = index % 50 === 0 ? 5 : 1;
  const frames: Buffer[] = [];
  for (let at = 0; at < pictureBytes; at += payloadBytes) {
    const isLast = at + payloadBytes >= pictureBytes;
    const frame = Buffer.alloc(4 + 12 + 2 + payloadBytes, 0xaa);
    frame.set([0x24, 0]);
    frame.writeUInt16BE(frame.length - 4, 2);
    frame.set([0x80, isLast ? 0xe0 : 0x60], 4);
    frame.writeUInt16BE((sequence + frames.length) & 0xffff, 6);
    frame.writeUInt32BE((index * ticks) >>> 0, 8);
    frame.writeUInt32BE(1, 12);
    frame.set([0x7c, (at === 0 ? 0x80 : isLast ? 0x40 : 0) | type], 16);
    frames.push(frame);
  }
  return frames;
}

/** Ten seconds of 4 Mbit/s, in pieces as a socket gives them. */
function stream(): Buffer[] {
  const frames: Buffer[] = [];
  for (let index = 0; index < pictures; index++) frames.push(...picture(index, frames.length));
  const bytes = Buffer.concat(frames);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += readBytes) pieces.push(bytes.subarray(at, at + readBytes));
  return pieces;
}

function play(sink: BlockSink): clientModule.RtspClient {
  const written: string[] = [];
  const nothing = (): void => undefined;
  const io = {
    connect: nothing,
    write: (bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString()),
    close: nothing,
    bindUdp: nothing,
    openUdp: nothing,
    closeUdp: nothing,
    sendDatagram: nothing,
  };
  const options = {
    url: 'rtsp://camera/',
    transport: 'tcp',
    requestTimeout: 10_000,
    userAgent: 'bench',
    limits: rtspLimits,
    random: nothing,
  } as const;
  const handler = { onDescribed: () => [sink], onPlaying: nothing, onWarning: nothing, onEnded: nothing };
  const client = new RtspClient(options, io, handler);
  client.start(0);
  client.connected(0);
  for (const body of ['', 'm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n', '', '']) {
    const head = `RTSP/1.0 200 OK\r\nCSeq: ${written.length}\r\nSession: 1\r\nContent-Length: ${body.length}\r\n\r\n`;
    client.receive(Buffer.from(head + body), 0);
  }
  return client;
}

const pieces = stream();

function copyAll(): void {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += payloadBytes) {
      const length = Math.min(piece.length - at, payloadBytes);
      copyBytes(new Uint8Array(piece.buffer, piece.byteOffset + at, length), block, at);
    }
  }
}

function playAll(): void {
  const sink = new BlockSink();
  const client = play(sink);
  for (const piece of pieces) client.receive(piece, 0);
  if (sink.pictures !== pictures) throw new Error(`${sink.pictures} of ${pictures} pictures`);
}

/** CPU time of a picture in microseconds, which other programs on the machine hardly change. */
function measure(job: () => void): number {
  for (let i = 0; i < 50; i++) job();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) job();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (rounds * pictures);
}

for (let turn = 0; turn < 3; turn++) {
  const [floor, client] = [measure(copyAll), measure(playAll)];
  console.log(`µs a picture of 20 kB: copying ${floor.toFixed(2)}, RTSP client ${client.toFixed(2)}`);
}
