import { around } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import { g711TagHeader, SoundFormat } from '../flv/audio-tag-header.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, BODY_HEADROOM, requireHeadroom, requireMessageSize } from '../flv/tag-body.js';
import type { MediaPacket } from '../media-packet.js';
import type { AudioParameters } from '../parameters.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import type { AudioTrack } from './audio-track.js';

/** FLV's formats 7 and 8 have no field for another rate (FLV E.4.2.1). */
const SAMPLE_RATE = 8000;

/** Bytes in front of the samples. */
const HEADER_SIZE = 1;

/**
 * An audio track of G.711 samples, mono at 8 kHz. There is no sequence header, and no form of it in Enhanced
 * RTMP.
 */
export class G711Track implements AudioTrack {
  readonly #codec: 'g711a' | 'g711u';
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  parameters: AudioParameters | undefined;

  constructor(codec: 'g711a' | 'g711u', timeline: Timeline, clock: TrackClock) {
    this.#codec = codec;
    this.#timeline = timeline;
    this.#clock = clock;
  }

  /** A packet of any number of samples is a tag. */
  mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    const { data, headroom } = packet;
    if (data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    requireMessageSize(HEADER_SIZE + data.length, 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE');
    const timeline = this.#timeline;
    const dts = timeline.unwrap(Number.isNaN(packet.dts) ? packet.pts : packet.dts);
    const timestamp = wrap32(stamp(this.#clock, timeline.place(this.#clock, dts)));
    this.parameters ??= parametersOf(this.#codec);
    out.push(this.#frame(data, headroom, timestamp));
  }

  #frame(data: Uint8Array, headroom: number, timestamp: number): FlvTag {
    const isInPlace = headroom >= HEADER_SIZE;
    const head = isInPlace ? around(data, -HEADER_SIZE, data.length) : allocateBody(HEADER_SIZE);
    head[0] = g711TagHeader(this.#codec);
    const parts = isInPlace ? [head] : [head, data];
    const room = isInPlace ? headroom - HEADER_SIZE : BODY_HEADROOM;
    return new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, parts, HEADER_SIZE + data.length, room);
  }

  sequenceHeader(): undefined {
    return undefined;
  }
}

function parametersOf(codec: 'g711a' | 'g711u'): AudioParameters {
  return {
    codec,
    sampleRate: SAMPLE_RATE,
    channels: 1,
    sampleSize: 16,
    objectType: undefined,
    audioCodecId: SoundFormat[codec],
    samplesPerFrame: undefined,
  };
}
