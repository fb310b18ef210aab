import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ClipPicture, PAYLOAD_TYPE } from './clip-stream.js';
import { interleavedPacket } from './h264-rtp.js';

/** Ticks of the RTP clock in a picture: 90 kHz and 25 pictures a second. */
const TICKS_PER_PICTURE = 3600;
/** A client that has so many bytes waiting gets no more until it has read. */
const MAX_WAITING_BYTES = 4 * 2 ** 20;
/** Bytes of a request, and of what comes between requests. */
const MAX_REQUEST = 16 * 1024;

/** The cameras, as a connection to them needs them. */
export interface CameraContext {
  readonly description: string;
  exists(name: string): boolean;
}

interface RtspRequest {
  readonly method: string;
  readonly camera: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** A client of the synthetic cameras: RTSP with media on the same connection (RFC 2326 §10.12). */
export class CameraConnection {
  readonly #socket: Socket;
  readonly #context: CameraContext;
  readonly #ssrc = randomBytes(4).readUInt32BE();
  readonly #session = randomBytes(8).toString('hex');
  #received = Buffer.alloc(0);
  #sequenceNumber = 0;
  /** The channel of the connection that media goes over. */
  #channel = 0;
  #camera: string | undefined;

  constructor(socket: Socket, context: CameraContext) {
    this.#socket = socket;
    this.#context = context;
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => this.#take(data));
  }

  /** The camera that is watched; undefined before PLAY. */
  get camera(): string | undefined {
    return this.#camera;
  }

  /** @param offset pictures before this round of the clip */
  send({ payloads, presentationIndex }: ClipPicture, offset: number): void {
    if (this.#socket.writableLength > MAX_WAITING_BYTES) return;
    const timestamp = (offset + presentationIndex) * TICKS_PER_PICTURE;
    this.#socket.cork();
    for (const [index, payload] of payloads.entries()) {
      const fields = {
        payloadType: PAYLOAD_TYPE,
        marker: index === payloads.length - 1,
        sequenceNumber: this.#sequenceNumber++,
        timestamp,
        ssrc: this.#ssrc,
      };
      this.#socket.write(interleavedPacket(this.#channel, fields, payload));
    }
    this.#socket.uncork();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const rest = this.#received;
      if (rest[0] === 0x24) {
        // A receiver's report: nothing depends on it here.
        if (rest.length < 4 || rest.length < 4 + rest.readUInt16BE(2)) break;
        this.#received = rest.subarray(4 + rest.readUInt16BE(2));
        continue;
      }
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) break;
      this.#received = rest.subarray(end + 4);
      this.#answer(parseRequest(rest.toString('latin1', 0, end)));
    }
    if (this.#received.length > MAX_REQUEST) this.destroy();
  }

  #answer(request: RtspRequest): void {
    const { method, camera, headers } = request;
    if (method !== 'OPTIONS' && !this.#context.exists(camera)) {
      this.#reply(request, '404 Not Found');
      return;
    }
    switch (method) {
      case 'OPTIONS':
        this.#reply(request, '200 OK', 'Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n');
        return;
      case 'DESCRIBE': {
        const { description } = this.#context;
        const type = `Content-Type: application/sdp\r\nContent-Length: ${description.length}\r\n`;
        this.#reply(request, '200 OK', type, description);
        return;
      }
      case 'SETUP':
        this.#setUp(request, headers.get('transport') ?? '');
        return;
      case 'PLAY':
        this.#reply(request, '200 OK', `Session: ${this.#session}\r\n`);
        this.#camera = camera;
        return;
      case 'TEARDOWN':
        this.#reply(request, '200 OK');
        this.#socket.end();
        return;
      default:
        this.#reply(request, '200 OK', `Session: ${this.#session}\r\n`);
    }
  }

  #setUp(request: RtspRequest, transport: string): void {
    const [, channel] = /RTP\/AVP\/TCP.*interleaved=(\d{1,3})/i.exec(transport) ?? [];
    if (channel === undefined) {
      this.#reply(request, '461 Unsupported Transport');
      return;
    }
    this.#channel = Number(channel);
    const pair = `${this.#channel}-${this.#channel + 1}`;
    this.#reply(
      request,
      '200 OK',
      `Session: ${this.#session};timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=${pair}\r\n`,
    );
  }

  #reply({ headers }: RtspRequest, status: string, more = '', body = ''): void {
    this.#socket.write(`RTSP/1.0 ${status}\r\nCSeq: ${headers.get('cseq') ?? '0'}\r\n${more}\r\n${body}`);
  }
}

function parseRequest(text: string): RtspRequest {
  const [first = '', ...lines] = text.split('\r\n');
  const [method = '', url = ''] = first.split(' ');
  const [, camera = ''] = /^rtsp:\/\/[^/]*\/([^/?]*)/i.exec(url) ?? [];
  const headers = lines.map((line) => /^([^:]+):\s*(.*)$/.exec(line)).filter((match) => match !== null);
  return {
    method,
    camera,
    headers: new Map(headers.map(([, name, value]) => [name!.toLowerCase(), value!])),
  };
}
