import { type RtspErrorCode, rtspErrorCodes } from '../errors.js';
import { parseRtpInfo } from '../message/rtp-info.js';
import { headerOf, type RtspResponse } from '../message/rtsp-message.js';
import { resolveControl } from '../message/rtsp-url.js';
import type { HeaderField, RtspMethod } from '../message/rtsp-writer.js';
import { parseSession } from '../message/session-header.js';
import { parseTransport, type TransportResponse, writeTransport } from '../message/transport-header.js';
import { parseSessionDescription } from '../sdp/session-description.js';
import { describeTracks, type TrackDescription } from '../sdp/track-description.js';
import { baseUrlOf } from './base-url.js';
import { EarlyMedia } from './early-media.js';
import type { KeepAlive } from './keep-alive.js';
import type { SessionState } from './session-state.js';
import type { RtspIo, RtspSessionHandler, RtspSessionOptions, TrackStart } from './session-types.js';
import { SetupPlan } from './setup-plan.js';
import { trackStarts } from './track-starts.js';

const UNSUPPORTED_TRANSPORT = 461;
/**
 * Answers that servers which know UDP only give instead: 400, 451 (not understood), 501 and 551 (RFC 2326
 * §7.1.1).
 */
const VAGUE_REFUSALS: readonly number[] = [400, 451, 501, 551];

/** The session, as the negotiation needs it. */
export interface NegotiationContext {
  readonly io: RtspIo;
  readonly handler: RtspSessionHandler;
  readonly options: RtspSessionOptions;
  readonly keepAlive: KeepAlive;
  state: SessionState;
  /** The identifier of the RTSP session. */
  sessionId: string | undefined;
  readonly now: number;
  /** The URL asked for. */
  readonly requestUrl: string;
  send(method: RtspMethod, url: string, fields?: readonly HeaderField[]): void;
  fail(code: RtspErrorCode, message: string, details?: Readonly<Record<string, unknown>>): void;
  /** A camera's text without secrets. */
  clean(text: string): string;
  /** PLAY was accepted. */
  playing(starts: readonly TrackStart[]): void;
}

/**
 * The way from a new connection to playing: OPTIONS, DESCRIBE, a SETUP for each track, PLAY (RFC 2326 §A.1).
 */
export class Negotiation {
  readonly #session: NegotiationContext;
  /** URL of the whole presentation. */
  #aggregateUrl: string;
  /** Seconds after which the camera ends a silent session. */
  #timeout = 60;
  /** The last refusal of a track that is not needed. */
  #refusal: RtspResponse | undefined;

  constructor(session: NegotiationContext) {
    this.#session = session;
    this.#aggregateUrl = session.requestUrl;
  }

  /** The URL for requests about the whole presentation. */
  get aggregateUrl(): string {
    return this.#aggregateUrl;
  }

  begin(): void {
    this.#session.state = { phase: 'options' };
    this.#session.send('OPTIONS', this.#session.requestUrl);
  }

  /** Takes the response to a request, which belongs to what the session is doing. */
  answered(method: RtspMethod, response: RtspResponse): void {
    const { state } = this.#session;
    switch (state.phase) {
      case 'options':
        this.#optionsAnswered(response);
        return;
      case 'describing':
        this.#describeAnswered(response);
        return;
      case 'settingUp':
        this.#setupAnswered(state.plan, response);
        return;
      case 'starting':
        this.#playAnswered(state.plan, response);
        return;
      case 'playing':
        if (response.status >= 300 && method === 'GET_PARAMETER') this.#session.keepAlive.refused();
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

  /** Takes the response to OPTIONS. A camera that does not know it may still know the rest. */
  #optionsAnswered(response: RtspResponse): void {
    this.#session.keepAlive.learn(headerOf(response, 'public'));
    this.#session.state = { phase: 'describing' };
    this.#session.send('DESCRIBE', this.#session.requestUrl, [['Accept', 'application/sdp']]);
  }

  #describeAnswered(response: RtspResponse): void {
    if (response.status !== 200) {
      this.#refused('DESCRIBE', response);
      return;
    }
    const { handler, options, requestUrl } = this.#session;
    const description = parseSessionDescription(response.body, options.limits.maxTracks);
    const base = baseUrlOf(response, requestUrl);
    this.#aggregateUrl = resolveControl(base, description.control);
    // A control attribute of the session that is a URL of its own is the base of the others.
    const mediaBase = /^rtsps?:/i.test(description.control ?? '') ? this.#aggregateUrl : base;
    const tracks = describeTracks(description, mediaBase);
    const wanted = new Set(handler.onDescribed(tracks));
    if (this.#session.state.phase !== 'describing') return;
    const chosen = tracks.filter(({ index }) => wanted.has(index));
    if (chosen.length === 0) {
      this.#nothingWanted(tracks);
      return;
    }
    this.#setUp(new SetupPlan(chosen, options.transport === 'udp' ? 'udp' : 'tcp'));
  }

  udpBound(track: number, rtpPort: number): void {
    const { state } = this.#session;
    if (state.phase !== 'binding' || state.plan.track?.index !== track) return;
    this.#sendSetup(state.plan, rtpPort);
  }

  udpFailed(track: number, message: string): void {
    const { state } = this.#session;
    if (state.phase !== 'binding' || state.plan.track?.index !== track) return;
    this.#session.fail(
      rtspErrorCodes.transport,
      `no pair of UDP ports could be opened: ${this.#session.clean(message)}`,
    );
  }

  #setupAnswered(plan: SetupPlan, response: RtspResponse): void {
    const track = plan.track!;
    const header = headerOf(response, 'transport');
    const transport = header === undefined ? undefined : parseTransport(header);
    const isOther = transport !== undefined && (transport.protocol !== plan.protocol || transport.multicast);
    const { status } = response;
    const isRefused =
      status === UNSUPPORTED_TRANSPORT || (this.#mayTryUdp(plan) && VAGUE_REFUSALS.includes(status));
    if (isRefused || (status === 200 && isOther)) {
      this.#otherTransport(plan, header);
      return;
    }
    if (status !== 200) {
      this.#setupRefused(plan, track, response);
      return;
    }
    this.#takeSession(response);
    if (!plan.accept(transport)) {
      const message = `SETUP was answered with channels of another track (${this.#session.clean(header ?? '')})`;
      this.#session.fail(rtspErrorCodes.protocol, message);
      return;
    }
    if (plan.protocol === 'udp') this.#openUdp(track, transport);
    this.#setUp(plan);
  }

  #playAnswered(plan: SetupPlan, response: RtspResponse): void {
    if (response.status !== 200) {
      this.#refused('PLAY', response);
      return;
    }
    const infos = parseRtpInfo(headerOf(response, 'rtp-info'));
    this.#session.keepAlive.start(this.#timeout, this.#session.now);
    this.#session.playing(trackStarts(plan.ready, infos, this.#aggregateUrl));
  }

  /** Sets up the plan's next track, or plays when there is none. */
  #setUp(plan: SetupPlan): void {
    const { track } = plan;
    if (track === undefined) {
      this.#play(plan);
      return;
    }
    if (plan.protocol === 'tcp') {
      this.#sendSetup(plan, 0);
      return;
    }
    const deadline = this.#session.now + this.#session.options.requestTimeout;
    this.#session.state = { phase: 'binding', plan, deadline };
    this.#session.io.bindUdp(track.index);
  }

  #sendSetup(plan: SetupPlan, rtpPort: number): void {
    this.#session.state = { phase: 'settingUp', plan };
    const transport = writeTransport(plan.request(rtpPort));
    this.#session.send('SETUP', plan.track!.controlUrl, [['Transport', transport]]);
  }

  #play(plan: SetupPlan): void {
    if (plan.ready.length === 0) {
      this.#refused('SETUP', this.#refusal!);
      return;
    }
    const { maxEarlyMediaBytes } = this.#session.options.limits;
    this.#session.state = { phase: 'starting', plan, early: new EarlyMedia(maxEarlyMediaBytes) };
    if (plan.protocol === 'udp') {
      for (const { index } of plan.ready) openPinholes(this.#session.io, index);
    }
    this.#session.send('PLAY', this.#aggregateUrl, [['Range', 'npt=0.000-']]);
  }

  /**
   * The first SETUP says which session the others belong to; a camera that gives none is taken at its word.
   */
  #takeSession(response: RtspResponse): void {
    const session = parseSession(headerOf(response, 'session'));
    if (session === undefined) return;
    this.#session.sessionId ??= session.id;
    this.#timeout = session.timeout;
  }

  #openUdp(track: TrackDescription, transport: TransportResponse | undefined): void {
    const [rtpPort, rtcpPort] = transport?.serverPort ?? [];
    this.#session.io.openUdp(track.index, { source: transport?.source, rtpPort, rtcpPort });
  }

  /** The camera does not take the transport asked for. */
  #otherTransport(plan: SetupPlan, offered: string | undefined): void {
    const { transport } = this.#session.options;
    if (this.#mayTryUdp(plan)) {
      this.#session.handler.onWarning('the camera refuses RTP over TCP; asking for UDP');
      this.#setUp(plan.overUdp());
      return;
    }
    const permitted = transport === 'auto' ? 'TCP and UDP' : `only ${transport.toUpperCase()} (transport)`;
    const answer =
      offered === undefined ? '461 Unsupported Transport' : `the transport ${this.#session.clean(offered)}`;
    this.#session.fail(
      rtspErrorCodes.transport,
      `SETUP over ${plan.protocol.toUpperCase()} was answered with ${answer}; the options permit ${permitted}`,
    );
  }

  #mayTryUdp({ protocol, ready }: SetupPlan): boolean {
    return this.#session.options.transport === 'auto' && protocol === 'tcp' && ready.length === 0;
  }

  /** A camera that refuses its sound can still show pictures. */
  #setupRefused(plan: SetupPlan, track: TrackDescription, response: RtspResponse): void {
    if (track.kind === 'video') {
      this.#refused('SETUP', response);
      return;
    }
    const { status, reason } = response;
    this.#session.handler.onWarning(
      this.#session.clean(`track ${track.index} (${track.kind}) was refused: ${status} ${reason}`),
    );
    this.#refusal = response;
    plan.skip();
    this.#setUp(plan);
  }

  #refused(method: RtspMethod, { status, reason }: RtspResponse): void {
    const message =
      `${method} was answered with ${status} ${this.#session.clean(reason.slice(0, 100))}`.trimEnd();
    this.#session.fail(rtspErrorCodes.status, message, { status, method });
  }

  #nothingWanted(tracks: readonly TrackDescription[]): void {
    const texts = tracks.map(({ kind, format }) =>
      format.codec === 'unsupported'
        ? `${kind} ${format.encoding}: ${format.reason}`
        : `${kind} ${format.codec}`,
    );
    const message = `the camera offers no track that is wanted and supported (${this.#session.clean(texts.join('; '))})`;
    this.#session.fail(rtspErrorCodes.noMedia, message);
  }
}

/**
 * Lets answers through a firewall or address translator in between, with a packet each that means nothing.
 */
function openPinholes(io: RtspIo, track: number): void {
  io.sendDatagram(track, 'rtp', Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  io.sendDatagram(track, 'rtcp', Uint8Array.of(0x80, 0xc9, 0, 1, 0, 0, 0, 0)); // an empty receiver report
}
