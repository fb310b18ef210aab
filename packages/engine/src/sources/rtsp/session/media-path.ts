import { writeInterleaved } from '../message/rtsp-writer.js';
import type { SessionState } from './session-state.js';
import type { MediaChannel, RtspIo, RtspSessionHandler } from './session-types.js';
import { channelOf, mediaCode, trackOf } from './setup-plan.js';

/** The way of packets between sockets and tracks, which depends on what the session is doing. */
export class MediaPath {
  readonly #io: RtspIo;
  readonly #handler: RtspSessionHandler;
  /** Time at which the last packet was handed on, in milliseconds of the caller's clock. */
  lastAt = Number.NEGATIVE_INFINITY;

  constructor(io: RtspIo, handler: RtspSessionHandler) {
    this.#io = io;
    this.#handler = handler;
  }

  /** Takes an interleaved frame. */
  frame(
    state: SessionState,
    channel: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: number,
  ): void {
    if (state.phase !== 'playing' && state.phase !== 'starting') return;
    const code = state.plan.codeOf(channel);
    if (code >= 0) this.#packet(state, code, bytes, start, end, now);
  }

  /** Takes a datagram. */
  datagram(state: SessionState, track: number, channel: MediaChannel, bytes: Uint8Array, now: number): void {
    this.#packet(state, mediaCode(track, channel), bytes, 0, bytes.length, now);
  }

  /** Hands on what came before the response to PLAY. */
  release(state: SessionState & { phase: 'starting' }, now: number): void {
    this.lastAt = now;
    for (const { code, bytes } of state.early.take()) {
      this.#handler.onMedia(trackOf(code), channelOf(code), bytes, 0, bytes.length);
    }
  }

  /** Sends an RTCP packet of ours. */
  sendRtcp(state: SessionState, track: number, packet: Uint8Array): void {
    if (state.phase !== 'playing') return;
    if (state.plan.protocol === 'udp') {
      this.#io.sendDatagram(track, 'rtcp', packet);
      return;
    }
    const channel = state.plan.rtcpChannelOf(track);
    if (channel !== undefined) this.#io.write(writeInterleaved(channel, packet));
  }

  #packet(
    state: SessionState,
    code: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: number,
  ): void {
    if (state.phase === 'playing') {
      this.lastAt = now;
      this.#handler.onMedia(trackOf(code), channelOf(code), bytes, start, end);
    } else if (state.phase === 'starting') {
      state.early.hold(code, bytes, start, end);
    }
  }
}
