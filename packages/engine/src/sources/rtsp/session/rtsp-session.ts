import type { CloudPushError } from '../../../base/errors.js';
import { Authenticator } from '../auth/authenticator.js';
import { type RtspErrorCode, rtspErrorCodes } from '../errors.js';
import { headerOf, type RtspMessage, type RtspRequest, type RtspResponse } from '../message/rtsp-message.js';
import { RtspReader } from '../message/rtsp-reader.js';
import type { HeaderField, RtspMethod } from '../message/rtsp-writer.js';
import { CameraAddress, isRedirect } from './camera-address.js';
import { KeepAlive } from './keep-alive.js';
import { MediaPath } from './media-path.js';
import { Negotiation, type NegotiationContext } from './negotiation.js';
import { type OpenRequest, Requests } from './requests.js';
import { answerServerRequest } from './server-requests.js';
import { SessionErrors } from './session-errors.js';
import { phaseTexts, type SessionState } from './session-state.js';
import type {
  MediaChannel,
  RtspIo,
  RtspSessionHandler,
  RtspSessionOptions,
  TrackStart,
} from './session-types.js';

const UNAUTHORIZED = 401;
const SESSION_NOT_FOUND = 454;
/** Milliseconds that a camera has to answer TEARDOWN: nobody needs the answer. */
const TEARDOWN_TIMEOUT = 1000;

/**
 * The client's side of one RTSP session (RFC 2326), without sockets and clock: bytes and times go in,
 * requests, events and packets come out. Times are milliseconds of any origin that never go back.
 */
export class RtspSession implements NegotiationContext {
  readonly io: RtspIo;
  readonly handler: RtspSessionHandler;
  readonly options: RtspSessionOptions;
  readonly keepAlive = new KeepAlive();
  readonly #errors: SessionErrors;
  state: SessionState = { phase: 'idle' };
  now = 0;
  readonly #address: CameraAddress;
  readonly #mediaPath: MediaPath;
  #requests: Requests;
  #negotiation: Negotiation;
  #reader: RtspReader | undefined;
  /** The connection was made again for an answer to a challenge, and no response has come since. */
  #reconnected = false;

  /** @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_URL` when the URL is not valid */
  constructor(options: RtspSessionOptions, io: RtspIo, handler: RtspSessionHandler) {
    this.options = options;
    this.io = io;
    this.handler = handler;
    const { url, credentials, limits } = options;
    this.#address = new CameraAddress(url, credentials, limits.maxRedirects);
    this.#mediaPath = new MediaPath(io, handler);
    this.#errors = new SessionErrors(url, this.#address.url, credentials);
    this.#requests = this.#newRequests();
    this.#negotiation = new Negotiation(this);
  }

  /** The URL without credentials and query, for logs. */
  get shownUrl(): string {
    return this.#address.url.shown;
  }

  get requestUrl(): string {
    return this.#address.url.requestUrl;
  }

  get sessionId(): string | undefined {
    return this.#requests.sessionId;
  }

  set sessionId(id: string | undefined) {
    this.#requests.sessionId = id;
  }

  /** Time at which `tick()` is to be called next; `Infinity`: not before something else has happened. */
  get nextTick(): number {
    const { state } = this;
    if (state.phase === 'binding') return state.deadline;
    const { open } = this.#requests;
    if (open !== undefined) return open.deadline;
    return state.phase === 'playing' ? this.keepAlive.next : Number.POSITIVE_INFINITY;
  }

  start(now: number): void {
    this.now = now;
    if (this.state.phase === 'idle') this.#connect();
  }

  /** The control connection is open. */
  connected(now: number): void {
    this.now = now;
    if (this.state.phase === 'connecting') this.#negotiation.begin();
  }

  /** Takes bytes of the control connection; they need to stay unchanged only until the call returns. */
  receive(bytes: Uint8Array, now: number): void {
    this.now = now;
    try {
      this.#reader?.push(bytes);
    } catch (error) {
      this.#end(this.#errors.from(error));
    }
  }

  /** Takes a datagram of a track's peer. */
  receiveDatagram(track: number, channel: MediaChannel, bytes: Uint8Array, now: number): void {
    this.now = now;
    this.#mediaPath.datagram(this.state, track, channel, bytes, now);
  }

  /** The control connection is closed, or could not be opened: `cause` says why, in words for an operator. */
  disconnected(now: number, cause?: Error): void {
    this.now = now;
    const { phase } = this.state;
    if (phase === 'ended' || phase === 'idle') return;
    if (phase === 'tearingDown') {
      this.#end(undefined);
      return;
    }
    if (this.#mayReconnect()) {
      this.#reconnected = true;
      this.#connect();
      return;
    }
    const reason = cause === undefined ? 'the camera closed the connection' : this.clean(cause.message);
    this.fail(rtspErrorCodes.closed, `${reason} ${phaseTexts[phase]}`);
  }

  udpBound(track: number, rtpPort: number, now: number): void {
    this.now = now;
    this.#negotiation.udpBound(track, rtpPort);
  }

  udpFailed(track: number, cause: Error, now: number): void {
    this.now = now;
    this.#negotiation.udpFailed(track, cause.message);
  }

  /** Does what is due; see `nextTick`. */
  tick(now: number): void {
    this.now = now;
    const { state } = this;
    const { open } = this.#requests;
    if (state.phase === 'binding' && now >= state.deadline) {
      this.fail(rtspErrorCodes.timeout, 'no UDP ports were opened in time');
    } else if (open !== undefined && now >= open.deadline) {
      this.#timedOut(open);
    } else if (state.phase === 'playing' && open === undefined && now >= this.keepAlive.next) {
      this.keepAlive.sent(now);
      this.send(this.keepAlive.method, this.#negotiation.aggregateUrl);
    }
  }

  /** Sends a compound RTCP packet for a track. */
  sendRtcp(track: number, packet: Uint8Array): void {
    this.#mediaPath.sendRtcp(this.state, track, packet);
  }

  /** Ends the session, with TEARDOWN when there is one; `onEnded` tells when it is over. */
  close(now: number): void {
    this.now = now;
    const { phase } = this.state;
    if (phase === 'ended' || phase === 'tearingDown') return;
    if (phase === 'idle' || phase === 'connecting' || this.sessionId === undefined) {
      this.#end(undefined);
      return;
    }
    this.state = { phase: 'tearingDown' };
    const request = { method: 'TEARDOWN', url: this.#negotiation.aggregateUrl, fields: [] } as const;
    this.#requests.send(request, now, TEARDOWN_TIMEOUT);
  }

  send(method: RtspMethod, url: string, fields: readonly HeaderField[] = []): void {
    this.#requests.send({ method, url, fields }, this.now);
  }

  fail(code: RtspErrorCode, message: string, details?: Readonly<Record<string, unknown>>): void {
    this.#end(this.#errors.create(code, message, details));
  }

  clean(text: string): string {
    return this.#errors.clean(text);
  }

  playing(starts: readonly TrackStart[]): void {
    const { state } = this;
    if (state.phase !== 'starting') return;
    this.state = { phase: 'playing', plan: state.plan };
    this.handler.onPlaying(starts, state.plan.protocol);
    this.#mediaPath.release(state, this.now);
  }

  #connect(): void {
    this.#reader?.stop();
    const reader = new RtspReader(
      {
        onMessage: (message) => this.#onMessage(message),
        onFrame: (channel, bytes, start, end) =>
          this.#mediaPath.frame(this.state, channel, bytes, start, end, this.now),
      },
      this.options.limits,
    );
    this.#reader = reader;
    this.#requests.reset();
    this.#negotiation = new Negotiation(this);
    this.state = { phase: 'connecting' };
    const { host, port, tls } = this.#address.url;
    this.io.connect({ host, port, tls });
  }

  #newRequests(): Requests {
    const { userAgent, requestTimeout, random } = this.options;
    const authenticator = new Authenticator(this.#address.credentials, random);
    return new Requests({ userAgent, requestTimeout, authenticator, write: (bytes) => this.io.write(bytes) });
  }

  /** VLC closes the connection with its challenge: the answer goes out on a new one. */
  #mayReconnect(): boolean {
    const { phase } = this.state;
    const early = phase === 'options' || phase === 'describing' || phase === 'settingUp';
    return early && !this.#reconnected && this.#requests.open?.afterChallenge === true;
  }

  /** Some cameras do not answer a sign of life; as long as media come, nothing is wrong. */
  #timedOut(open: OpenRequest): void {
    if (this.state.phase === 'tearingDown') {
      this.#end(undefined);
      return;
    }
    if (this.state.phase === 'playing' && this.#mediaPath.lastAt > open.sentAt) {
      this.#requests.abandon();
      return;
    }
    const waited = Math.round(this.now - open.sentAt);
    this.fail(rtspErrorCodes.timeout, `${open.method} was not answered within ${waited} ms`);
  }

  #onMessage(message: RtspMessage): void {
    if (message.kind === 'request') this.#onRequest(message);
    else this.#onResponse(message);
  }

  #onRequest(request: RtspRequest): void {
    this.io.write(answerServerRequest(request));
    if (request.method === 'REDIRECT') this.#redirect(headerOf(request, 'location'));
  }

  #onResponse(response: RtspResponse): void {
    const request = this.#requests.match(response);
    if (request === undefined) return;
    const { phase } = this.state;
    if (phase === 'tearingDown') {
      this.#end(undefined);
      return;
    }
    if (response.status === UNAUTHORIZED) {
      this.#challenged(request, response);
      return;
    }
    this.#requests.accepted();
    this.#reconnected = false;
    if (isRedirect(response.status)) {
      this.#redirect(headerOf(response, 'location'));
      return;
    }
    if (response.status === SESSION_NOT_FOUND && this.sessionId !== undefined) {
      const message = `${request.method} was answered with 454: the camera no longer knows the session`;
      this.fail(rtspErrorCodes.sessionLost, message);
      return;
    }
    this.#negotiation.answered(request.method, response);
  }

  #challenged(request: OpenRequest, response: RtspResponse): void {
    const refusal = this.#requests.challenged(request, response, this.now);
    if (refusal !== undefined) this.fail(rtspErrorCodes.auth, refusal);
  }

  #redirect(location: string | undefined): void {
    this.#address.follow(location);
    this.#errors.redirected(this.#address.url);
    this.#requests = this.#newRequests();
    this.#reconnected = false;
    this.io.closeUdp();
    this.#connect();
  }

  #end(error: CloudPushError | undefined): void {
    if (this.state.phase === 'ended') return;
    this.state = { phase: 'ended' };
    this.#reader?.stop();
    this.#requests.reset();
    this.io.close();
    this.handler.onEnded(error);
  }
}
