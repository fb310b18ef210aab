import type { CloudPushError } from '../../../base/errors.js';
import { Authenticator, type Credentials } from '../auth/authenticator.js';
import { type RtspErrorCode, rtspErrorCodes } from '../errors.js';
import { headerOf, type RtspMessage, type RtspRequest, type RtspResponse } from '../message/rtsp-message.js';
import { RtspReader } from '../message/rtsp-reader.js';
import { parseRtspUrl, type RtspUrl } from '../message/rtsp-url.js';
import { type HeaderField, type RtspMethod, writeInterleaved } from '../message/rtsp-writer.js';
import type { EarlyMedia } from './early-media.js';
import { KeepAlive } from './keep-alive.js';
import { Negotiation, type NegotiationContext } from './negotiation.js';
import { isRedirect, redirectTarget } from './redirect.js';
import { type OpenRequest, Requests } from './requests.js';
import { answerServerRequest } from './server-requests.js';
import { SessionErrors } from './session-errors.js';
import { phaseTexts, type SessionPhase, type SessionState } from './session-state.js';
import type {
  MediaChannel,
  RtspIo,
  RtspSessionHandler,
  RtspSessionOptions,
  TrackStart,
} from './session-types.js';
import { channelOf, mediaCode, type SetupPlan, trackOf } from './setup-plan.js';

const UNAUTHORIZED = 401;
const SESSION_NOT_FOUND = 454;
/** Milliseconds that a camera has to answer TEARDOWN: nobody needs the answer. */
const TEARDOWN_TIMEOUT = 1000;

/**
 * The client's side of one RTSP session (RFC 2326), without sockets and clock: bytes and times go in, requests, events
 * and packets come out. Times are milliseconds of any origin that never go back.
 */
export class RtspSession implements NegotiationContext {
  readonly io: RtspIo;
  readonly handler: RtspSessionHandler;
  readonly options: RtspSessionOptions;
  readonly keepAlive = new KeepAlive();
  readonly #errors: SessionErrors;
  state: SessionState = { phase: 'idle' };
  now = 0;
  #url: RtspUrl;
  #requests: Requests;
  #negotiation: Negotiation;
  #reader: RtspReader | undefined;
  #redirects = 0;
  /** The connection was made again for an answer to a challenge, and no response has come since. */
  #reconnected = false;
  #lastMediaAt = Number.NEGATIVE_INFINITY;

  /** @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_URL` when the URL is not valid */
  constructor(options: RtspSessionOptions, io: RtspIo, handler: RtspSessionHandler) {
    this.options = options;
    this.io = io;
    this.handler = handler;
    this.#url = parseRtspUrl(options.url);
    this.#errors = new SessionErrors(options.url, this.#url, [options.credentials, credentialsOf(this.#url)]);
    this.#requests = this.#newRequests(options.credentials ?? credentialsOf(this.#url));
    this.#negotiation = new Negotiation(this);
  }

  get phase(): SessionPhase {
    return this.state.phase;
  }

  /** The URL without credentials and query, for logs. */
  get shownUrl(): string {
    return this.#url.shown;
  }

  get requestUrl(): string {
    return this.#url.requestUrl;
  }

  get sessionId(): string | undefined {
    return this.#requests.sessionId;
  }

  set sessionId(id: string | undefined) {
    this.#requests.sessionId = id;
  }

  /** When `tick()` is to be called next; `Infinity`: not before something else has happened. */
  get nextTick(): number {
    const { state } = this;
    const waiting = this.#requests.open?.deadline ?? Number.POSITIVE_INFINITY;
    if (state.phase === 'binding') return state.deadline;
    return state.phase === 'playing' ? Math.min(waiting, this.keepAlive.next) : waiting;
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
    this.#onMedia(mediaCode(track, channel), bytes, 0, bytes.length);
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
    const reason = cause === undefined ? 'the camera closed the connection' : cause.message;
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
    if (this.state.phase !== 'playing') return;
    const { plan } = this.state;
    if (plan.protocol === 'udp') {
      this.io.sendDatagram(track, 'rtcp', packet);
      return;
    }
    const channel = plan.rtcpChannelOf(track);
    if (channel !== undefined) this.io.write(writeInterleaved(channel, packet));
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
    this.#requests.send('TEARDOWN', this.#negotiation.aggregateUrl, [], now, TEARDOWN_TIMEOUT);
  }

  send(method: RtspMethod, url: string, fields: readonly HeaderField[] = []): void {
    this.#requests.send(method, url, fields, this.now);
  }

  fail(code: RtspErrorCode, message: string, details?: Readonly<Record<string, unknown>>): void {
    this.#end(this.#errors.create(code, message, details));
  }

  clean(text: string): string {
    return this.#errors.clean(text);
  }

  playing(plan: SetupPlan, starts: readonly TrackStart[], early: EarlyMedia): void {
    this.state = { phase: 'playing', plan };
    this.handler.onPlaying(starts, plan.protocol);
    for (const { code, bytes } of early.take()) this.#onMedia(code, bytes, 0, bytes.length);
  }

  #connect(): void {
    this.#reader?.stop();
    const reader = new RtspReader(
      {
        onMessage: (message) => this.#onMessage(message),
        onFrame: (channel, bytes, start, end) => this.#onFrame(channel, bytes, start, end),
      },
      this.options.limits,
    );
    this.#reader = reader;
    this.#requests.reset();
    this.#negotiation = new Negotiation(this);
    this.state = { phase: 'connecting' };
    const { host, port, tls } = this.#url;
    this.io.connect({ host, port, tls });
  }

  #newRequests(credentials: Credentials | undefined): Requests {
    const { userAgent, requestTimeout, random } = this.options;
    const authenticator = new Authenticator(credentials, random);
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
    if (this.state.phase === 'playing' && this.#lastMediaAt > open.sentAt) {
      this.#requests.abandon();
      return;
    }
    const waited = Math.round(this.now - open.sentAt);
    this.fail(rtspErrorCodes.timeout, `${open.method} was not answered within ${waited} ms`);
  }

  #onFrame(channel: number, bytes: Uint8Array, start: number, end: number): void {
    const { state } = this;
    if (state.phase !== 'playing' && state.phase !== 'starting') return;
    const code = state.plan.codeOf(channel);
    if (code >= 0) this.#onMedia(code, bytes, start, end);
  }

  #onMedia(code: number, bytes: Uint8Array, start: number, end: number): void {
    const { state } = this;
    if (state.phase === 'playing') {
      this.#lastMediaAt = this.now;
      this.handler.onMedia(trackOf(code), channelOf(code), bytes, start, end);
    } else if (state.phase === 'starting') {
      state.early.hold(code, bytes, start, end);
    }
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
    this.#dispatch(request, response);
  }

  /** Hands a response to the phase that it belongs to. */
  #dispatch(request: OpenRequest, response: RtspResponse): void {
    const { state } = this;
    switch (state.phase) {
      case 'options':
        this.#negotiation.optionsAnswered(response);
        return;
      case 'describing':
        this.#negotiation.describeAnswered(response);
        return;
      case 'settingUp':
        this.#negotiation.setupAnswered(state.plan, response);
        return;
      case 'starting':
        this.#negotiation.playAnswered(state.plan, state.early, response);
        return;
      case 'playing':
        if (response.status >= 300 && request.method === 'GET_PARAMETER') this.keepAlive.refused();
        return;
      case 'idle':
      case 'connecting':
      case 'binding':
      case 'tearingDown':
      case 'ended':
        return;
      default:
        state satisfies never;
    }
  }

  #challenged(request: OpenRequest, response: RtspResponse): void {
    const refusal = this.#requests.challenged(request, response, this.now);
    if (refusal !== undefined) this.fail(rtspErrorCodes.auth, refusal);
  }

  #redirect(location: string | undefined): void {
    const target = redirectTarget(this.#url, location);
    const { maxRedirects } = this.options.limits;
    if (++this.#redirects > maxRedirects) {
      this.fail(rtspErrorCodes.redirect, `more than ${maxRedirects} redirects in a row`);
      return;
    }
    const ours =
      target.host === this.#url.host ? (this.options.credentials ?? credentialsOf(this.#url)) : undefined;
    const credentials = credentialsOf(target) ?? ours;
    this.#errors.redirected(target);
    this.#requests = this.#newRequests(credentials);
    this.#url = target;
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

function credentialsOf({ username, password }: RtspUrl): Credentials | undefined {
  return username === undefined ? undefined : { username, password: password ?? '' };
}
