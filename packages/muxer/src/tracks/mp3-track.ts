import { around } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import { mp3TagHeader, SoundFormat } from '../flv/audio-tag-header.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, BODY_HEADROOM, requireHeadroom } from '../flv/tag-body.js';
import { PacketFrames } from '../frames/packet-frames.js';
import type { MediaPacket } from '../media-packet.js';
import { MpegAudioHeader } from '../mp3/mpeg-audio-header.js';
import { type AudioParameters, unlessSame } from '../parameters.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import type { AudioTrack } from './audio-track.js';

/** Of the packet at hand; all tracks share it. */
const frames = new PacketFrames();

/** An audio track of MP3 frames. It has no sequence header: every frame tells its rate and channels. */
export class Mp3Track implements AudioTrack {
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  readonly #header = new MpegAudioHeader();
  parameters: AudioParameters | undefined;

  constructor(timeline: Timeline, clock: TrackClock) {
    this.#clock = clock;
    this.#timeline = timeline;
  }

  /** Each frame becomes a tag of its own, stamped by the samples before it in the packet. */
  mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    const { data } = packet;
    const header = this.#header;
    if (data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    frames.find(data, header);
    const before = this.parameters;
    const timeline = this.#timeline;
    let time = timeline.place(this.#clock, timeline.decodingTime(packet));
    if (frames.damage !== undefined) timeline.onWarning?.(frames.damage, frames.lost);
    for (let i = 0; i < frames.count; i++) {
      const offset = frames.starts[i]!;
      header.read(data, offset);
      const duration = (header.samplesPerFrame * 1000) / header.sampleRate;
      time += frames.missing[i]! * duration;
      this.#noteParameters();
      this.#emitFrame(packet, offset, wrap32(stamp(this.#clock, time)), out);
      time += duration;
    }
    // Changes that cancel out within one packet are ignored.
    this.parameters = unlessSame(before, this.parameters!);
  }

  #noteParameters(): void {
    const { sampleRate, channels, samplesPerFrame } = this.#header;
    // The sample rate implies the version of the header, and with it the samples of a frame.
    if (this.parameters?.sampleRate === sampleRate && this.parameters.channels === channels) return;
    this.parameters = {
      codec: 'mp3',
      sampleRate,
      channels,
      sampleSize: 16,
      objectType: undefined,
      audioCodecId: SoundFormat.mp3,
      samplesPerFrame,
    };
  }

  #emitFrame(packet: MediaPacket, offset: number, timestamp: number, out: FlvTag[]): void {
    const { sampleRate, channels, frameLength } = this.#header;
    const tagHeader = mp3TagHeader(sampleRate, channels);
    if (packet.headroom > 0 && offset === 0) {
      const body = around(packet.data, -1, frameLength);
      body[0] = tagHeader;
      out.push(
        new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, [body], body.length, packet.headroom - 1),
      );
      return;
    }
    const lead = allocateBody(1);
    lead[0] = tagHeader;
    const parts = [lead, packet.data.subarray(offset, offset + frameLength)];
    out.push(new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, parts, 1 + frameLength, BODY_HEADROOM));
  }

  sequenceHeader(): undefined {
    return undefined;
  }
}
