import type { TransportRequest, TransportResponse } from '../message/transport-header.js';
import type { TrackDescription } from '../sdp/track-description.js';
import type { MediaChannel } from './session-types.js';

/** Interleaved channels are one byte (RFC 2326 §10.12). */
const CHANNELS = 256;

/** The tracks to set up, one after the other, and the channels of those that are. */
export class SetupPlan {
  readonly #tracks: readonly TrackDescription[];
  /** By interleaved channel: twice the track's index, one more for RTCP; −1: nothing. */
  readonly #channels = new Int16Array(CHANNELS).fill(-1);
  readonly #rtcpChannels = new Map<number, number>();
  readonly ready: TrackDescription[] = [];
  readonly protocol: 'tcp' | 'udp';
  #position = 0;

  constructor(tracks: readonly TrackDescription[], protocol: 'tcp' | 'udp') {
    this.#tracks = tracks;
    this.protocol = protocol;
  }

  /** The track that is being set up; undefined: all have been. */
  get track(): TrackDescription | undefined {
    return this.#tracks[this.#position];
  }

  /** The same tracks over UDP, from the first on. */
  overUdp(): SetupPlan {
    return new SetupPlan(this.#tracks, 'udp');
  }

  /** The transport to ask of the camera for the present track; `rtpPort` for UDP. */
  request(rtpPort: number): TransportRequest {
    return this.protocol === 'tcp'
      ? { protocol: 'tcp', rtpChannel: 2 * this.#position }
      : { protocol: 'udp', rtpPort };
  }

  /** Goes on to the next track without the present one. */
  skip(): void {
    this.#position++;
  }

  /** Notes that the present track is set up. False: its interleaved channels belong to another track. */
  accept(transport: TransportResponse | undefined): boolean {
    const track = this.track!;
    if (this.protocol === 'tcp') {
      const [rtp, rtcp] = transport?.interleaved ?? [2 * this.#position, 2 * this.#position + 1];
      if (rtp === rtcp || this.#channels[rtp] !== -1 || this.#channels[rtcp] !== -1) return false;
      this.#channels[rtp] = 2 * track.index;
      this.#channels[rtcp] = 2 * track.index + 1;
      this.#rtcpChannels.set(track.index, rtcp);
    }
    this.ready.push(track);
    this.#position++;
    return true;
  }

  /** Twice the index of the track that an interleaved channel carries, one more for RTCP; −1: none. */
  codeOf(channel: number): number {
    return this.#channels[channel]!;
  }

  /** The interleaved channel for a track's RTCP packets. */
  rtcpChannelOf(track: number): number | undefined {
    return this.#rtcpChannels.get(track);
  }
}

/** A packet's origin as one small integer: twice the track's index, one more for RTCP. */
export function mediaCode(track: number, channel: MediaChannel): number {
  return 2 * track + (channel === 'rtcp' ? 1 : 0);
}

export function trackOf(code: number): number {
  return code >> 1;
}

export function channelOf(code: number): MediaChannel {
  return (code & 1) === 1 ? 'rtcp' : 'rtp';
}
