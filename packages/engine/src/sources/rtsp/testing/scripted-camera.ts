import type { CloudPushError } from '../../../base/errors.js';
import { rtspLimits } from '../limits.js';
import type { TrackDescription } from '../sdp/track-description.js';
import { RtspSession } from '../session/rtsp-session.js';
import type { RtspIo, RtspSessionHandler, RtspSessionOptions, TrackStart } from '../session/session-types.js';

/** A description with H.264 and G.711. */
export const twoTracks = [
  'v=0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:track1',
  'm=audio 0 RTP/AVP 0',
  'a=control:track2',
  '',
].join('\r\n');

/** A request as a session has written it. */
export interface WrittenRequest {
  readonly line: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** A session whose camera is the test: it sees what was asked for and says what comes back. */
export class ScriptedCamera implements RtspIo, RtspSessionHandler {
  readonly session: RtspSession;
  /** The actions that the session has asked for, in order: requests, and operations of the sockets. */
  readonly log: string[] = [];
  readonly requests: WrittenRequest[] = [];
  readonly warnings: string[] = [];
  readonly media: string[] = [];
  tracks: readonly TrackDescription[] = [];
  starts: readonly TrackStart[] | undefined;
  /** Undefined: not ended. */
  ended: { readonly error: CloudPushError | undefined } | undefined;
  now = 0;
  /** Cuts what the camera says into pieces of this size. */
  pieceBytes = Number.POSITIVE_INFINITY;

  constructor(options: Partial<RtspSessionOptions> = {}) {
    const defaults: RtspSessionOptions = {
      url: 'rtsp://camera/live',
      transport: 'tcp',
      requestTimeout: 10_000,
      userAgent: 'test',
      limits: rtspLimits,
      random: (target) => void target.fill(1),
    };
    this.session = new RtspSession({ ...defaults, ...options }, this, this);
    this.session.start(this.now);
  }

  /** The last request. */
  get last(): WrittenRequest {
    return this.requests.at(-1)!;
  }

  connected(): void {
    this.session.connected(this.now);
  }

  /** The camera says something. */
  say(bytes: string | Uint8Array): void {
    const all = Buffer.from(bytes as Uint8Array);
    for (let at = 0; at < all.length; at += this.pieceBytes) {
      this.session.receive(all.subarray(at, at + this.pieceBytes), this.now);
    }
  }

  /** The camera answers the last request. */
  answer(status = '200 OK', fields: readonly string[] = [], body = ''): void {
    const head = [`RTSP/1.0 ${status}`, `CSeq: ${this.last.fields.get('CSeq')}`, ...fields];
    if (body !== '') head.push(`Content-Length: ${body.length}`);
    this.say(`${head.join('\r\n')}\r\n\r\n${body}`);
  }

  /** The way to PLAY over TCP; the camera has not answered it. */
  untilPlay(sdp = twoTracks): void {
    this.connected();
    this.answer('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER']);
    this.answer('200 OK', ['Content-Base: rtsp://camera/live/'], sdp);
    while (this.last.line.startsWith('SETUP')) {
      const transport = this.last.fields.get('Transport')!;
      this.answer('200 OK', ['Session: 42;timeout=60', `Transport: ${transport}`]);
    }
  }

  advance(ms: number): void {
    this.now += ms;
    if (this.now >= this.session.nextTick) this.session.tick(this.now);
  }

  connect({ host, port, tls }: { host: string; port: number; tls: boolean }): void {
    this.log.push(`connect ${host}:${port}${tls ? ' tls' : ''}`);
  }

  write(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString('latin1');
    if (text.startsWith('$')) {
      this.log.push(`frame ${bytes[1]} ${Buffer.from(bytes.subarray(4)).toString('hex')}`);
      return;
    }
    const [line = '', ...fields] = text.trimEnd().split('\r\n');
    this.log.push(line.replace(/ RTSP\/1\.0$/, ''));
    if (line.startsWith('RTSP/')) return;
    this.requests.push({
      line,
      fields: new Map(fields.map((field) => field.split(/: (.*)/, 2) as [string, string])),
    });
  }

  close(): void {
    this.log.push('close');
  }

  bindUdp(track: number): void {
    this.log.push(`bind ${track}`);
  }

  openUdp(track: number, peer: { source: string | undefined; rtpPort: number | undefined }): void {
    this.log.push(`open ${track} ${peer.source ?? '-'} ${peer.rtpPort ?? '-'}`);
  }

  closeUdp(): void {
    this.log.push('close udp');
  }

  sendDatagram(track: number, channel: string, bytes: Uint8Array): void {
    this.log.push(`datagram ${track} ${channel} ${Buffer.from(bytes).toString('hex')}`);
  }

  onDescribed(tracks: readonly TrackDescription[]): readonly number[] {
    this.tracks = tracks;
    return tracks.filter(({ format }) => format.codec !== 'unsupported').map(({ index }) => index);
  }

  onPlaying(starts: readonly TrackStart[], transport: string): void {
    this.starts = starts;
    this.log.push(`playing ${transport}`);
  }

  onMedia(track: number, channel: string, bytes: Uint8Array, start: number, end: number): void {
    this.media.push(`${track} ${channel} ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
  }

  onWarning(message: string): void {
    this.warnings.push(message);
  }

  onEnded(error: CloudPushError | undefined): void {
    if (this.ended !== undefined) throw new Error('ended twice');
    this.ended = { error };
  }
}
