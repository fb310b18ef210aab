import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { cameraPackets } from './camera.js';

export interface ScriptedCameraOptions {
  /** Asks for user and password, by HTTP's basic scheme. */
  readonly password?: string;
  /** Speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /**
   * Shows everyone the same picture at the same time, whenever they come; pictures are told apart for
   * {@link LOOPS} times of the clip.
   */
  readonly live?: boolean;
  /** Has a track of G.711 sound. */
  readonly audio?: boolean;
}

const VIDEO_TICKS = 90;
const FRAME_MS = 40;
const SOUND_SAMPLES = 320;
const LARGEST_PAYLOAD = 1400;

/** The pictures of the bundled clip, again and again: NAL units without start codes. */
const pictures = cameraPackets()
  .filter(({ kind }) => kind === 'video')
  .map(({ data, keyFrame }) => ({ keyFrame, units: nalUnits(data) }));

/** So many times of the clip a live camera's pictures differ, by words that decoders skip. */
const LOOPS = 16;

/** cabac_zero_words (ISO/IEC 14496-10 §7.3.2.10), with emulation prevention. */
const ZERO_WORD = Buffer.from([0, 0, 3]);

const livePictures = Array.from({ length: LOOPS }, (_, loop) =>
  pictures.map(({ units, ...picture }) => {
    const words = Array<Buffer>(loop).fill(ZERO_WORD);
    return { ...picture, units: [...units.slice(0, -1), Buffer.concat([units.at(-1)!, ...words])] };
  }),
).flat();

function nalUnits(data: Uint8Array): Buffer[] {
  const [, ...units] = Buffer.from(data).toString('latin1').split('\0\0\0\u0001');
  return units.map((unit) => Buffer.from(unit, 'latin1'));
}

/**
 * A camera that plays the bundled clip again and again over TCP (RTP interleaved), and does what it is told
 * to: falls silent, shows nothing, hangs up.
 */
export class ScriptedCamera implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: ScriptedCameraOptions;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Nothing is sent, and the connection stays. */
  frozen = false;
  /** Sound is sent, but no picture. */
  blind = false;
  readonly #begun = performance.now();
  /** Connections so far. */
  connections = 0;
  /** The user info that was given last. */
  authorization: string | undefined;

  private constructor(server: Server, options: ScriptedCameraOptions) {
    this.#server = server;
    this.#options = options;
    server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
      this.#serve(socket),
    );
  }

  static async listen(options: ScriptedCameraOptions = {}): Promise<ScriptedCamera> {
    const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
    const camera = new ScriptedCamera(server, options);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return camera;
  }

  get url(): string {
    const { port } = this.#server.address() as { port: number };
    return `${this.#options.tls === undefined ? 'rtsp' : 'rtsps'}://127.0.0.1:${port}/live?key=hidden`;
  }

  /** The base of the URLs of its tracks. */
  get #base(): string {
    return `${this.url.replace(/\?.*/, '')}/`;
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      // Receiver reports come interleaved; requests of this client are text, and hold no `$`.
      text += bytes.toString('latin1').replace(/\$[\s\S]*$/, '');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        this.#answer(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, request: string): void {
    const [method = ''] = request.split(' ');
    const cseq = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '0';
    const reply = (status: string, headers: string[] = [], body = ''): void => {
      const length = body === '' ? [] : [`Content-Length: ${body.length}`];
      const lines = [`RTSP/1.0 ${status}`, `CSeq: ${cseq}`, ...headers, ...length];
      if (!this.frozen) socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    };
    const { password } = this.#options;
    this.authorization = /^Authorization: Basic (\S+)/im.exec(request)?.[1];
    const given = Buffer.from(this.authorization ?? '', 'base64').toString();
    if (password !== undefined && given !== `viewer:${password}`) {
      reply('401 Unauthorized', ['WWW-Authenticate: Basic realm="camera"']);
      return;
    }
    if (method === 'DESCRIBE')
      reply('200 OK', ['Content-Type: application/sdp', `Content-Base: ${this.#base}`], this.#description());
    else if (method === 'SETUP') {
      const channels = /interleaved=(\d+-\d+)/.exec(request)?.[1];
      reply('200 OK', [`Transport: RTP/AVP/TCP;unicast;interleaved=${channels}`, 'Session: 17;timeout=60']);
    } else {
      const starts = ['track1', 'track2'].map((track) => `url=${this.#base}${track};rtptime=0`);
      reply('200 OK', ['Session: 17', ...(method === 'PLAY' ? [`RTP-Info: ${starts.join(',')}`] : [])]);
      if (method === 'PLAY') this.#play(socket);
    }
  }

  #description(): string {
    const video = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1'];
    const sound = ['m=audio 0 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', 'a=control:track2'];
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=camera', 't=0 0', ...video, 'a=control:track1'];
    return `${[...lines, ...(this.#options.audio === true ? sound : [])].join('\r\n')}\r\n`;
  }

  #play(socket: Socket): void {
    const video = new RtpWriter(socket, 0, 96);
    const sound = new RtpWriter(socket, 2, 0);
    const now = (): number => Math.floor((performance.now() - this.#begun) / FRAME_MS);
    let frame = this.#options.live === true ? now() : 0;
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      if (socket.destroyed || this.frozen) return;
      const end = this.#options.live === true ? now() : frame + 1;
      for (; frame < end; frame++) {
        const shown = this.#options.live === true ? livePictures : pictures;
        const { units } = shown[frame % shown.length]!;
        if (!this.blind) video.picture(units, frame * FRAME_MS * VIDEO_TICKS);
        if (this.#options.audio === true)
          sound.packet(Buffer.alloc(SOUND_SAMPLES, 0xff), frame * SOUND_SAMPLES, true);
      }
    }, FRAME_MS);
    this.#timers.add(timer);
  }
}

/** RTP (RFC 3550), interleaved (RFC 2326 §10.12). */
class RtpWriter {
  readonly #socket: Socket;
  readonly #channel: number;
  readonly #payloadType: number;
  #sequence = 65_500;

  constructor(socket: Socket, channel: number, payloadType: number) {
    this.#socket = socket;
    this.#channel = channel;
    this.#payloadType = payloadType;
  }

  /** NAL units whole, or as FU-A (RFC 6184 §5.8). */
  picture(units: readonly Buffer[], timestamp: number): void {
    for (const [index, unit] of units.entries()) {
      const isLast = index === units.length - 1;
      if (unit.length <= LARGEST_PAYLOAD) {
        this.packet(unit, timestamp, isLast);
        continue;
      }
      for (let at = 1; at < unit.length; at += LARGEST_PAYLOAD) {
        const end = Math.min(unit.length, at + LARGEST_PAYLOAD);
        const flags = (at === 1 ? 0x80 : 0) | (end === unit.length ? 0x40 : 0);
        const header = Buffer.from([(unit[0]! & 0xe0) | 28, flags | (unit[0]! & 31)]);
        this.packet(
          Buffer.concat([header, unit.subarray(at, end)]),
          timestamp,
          isLast && end === unit.length,
        );
      }
    }
  }

  packet(payload: Buffer, timestamp: number, marker: boolean): void {
    const header = Buffer.alloc(16);
    header[0] = 0x24;
    header[1] = this.#channel;
    header.writeUInt16BE(12 + payload.length, 2);
    header[4] = 0x80;
    header[5] = (marker ? 0x80 : 0) | this.#payloadType;
    header.writeUInt16BE(this.#sequence++ & 0xffff, 6);
    header.writeUInt32BE(timestamp % 2 ** 32, 8);
    header.writeUInt32BE(0x1234, 12);
    this.#socket.write(Buffer.concat([header, payload]));
  }
}

/** Slices of the pictures that a live camera shows, in their order: what a receiver knows them by. */
export const slices: readonly Buffer[] = livePictures.map(({ units }) => units.at(-1)!);

/** Pictures from one key frame to the next. */
export const GROUP = pictures.findIndex(({ keyFrame }, index) => index > 0 && keyFrame === true);
