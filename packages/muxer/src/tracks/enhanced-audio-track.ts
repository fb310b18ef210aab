import { around, equalBytes } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import { AudioPacketType, EX_AUDIO_HEADER_SIZE, writeExAudioHeader } from '../flv/audio-tag-header.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, BODY_HEADROOM, ownTag, requireHeadroom, requireMessageSize } from '../flv/tag-body.js';
import type { AudioFormat } from '../frames/audio-format.js';
import { PacketFrames } from '../frames/packet-frames.js';
import type { MediaPacket } from '../media-packet.js';
import { type AudioParameters, unlessSame } from '../parameters.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import type { AudioTrack } from './audio-track.js';

/** Of the packet at hand; all tracks share it. */
const frames = new PacketFrames();

/** An audio track of a codec that only Enhanced RTMP knows. */
export class EnhancedAudioTrack implements AudioTrack {
  readonly #format: AudioFormat;
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  #sentConfiguration: Uint8Array | undefined;
  /** The configuration of the packet before, as it was given. */
  #given: Uint8Array | undefined;
  parameters: AudioParameters | undefined;

  constructor(format: AudioFormat, timeline: Timeline, clock: TrackClock) {
    this.#format = format;
    this.#timeline = timeline;
    this.#clock = clock;
  }

  /**
   * Content of the sequence header that was sent last; undefined before the first, and for a codec that has
   * none.
   */
  get configuration(): Uint8Array | undefined {
    return this.#sentConfiguration;
  }

  /**
   * Goes on with a stream of this header: what comes is sent behind a new sequence header. Throws MuxerError.
   */
  resume(configuration: Uint8Array): void {
    this.#format.takeStreamHeader(configuration);
  }

  mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    const { data } = packet;
    const format = this.#format;
    const encrypted = packet.encrypted === true;
    if (data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    requireMessageSize(data.length + EX_AUDIO_HEADER_SIZE, 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE');
    if (packet.configuration !== this.#given) this.#take(packet.configuration);
    if (!encrypted && format.takeStreamHeader(data)) return;
    format.find(data, frames);
    for (let i = 0; i < frames.count; i++) format.readFrame(data, frames.starts[i]!, encrypted);
    const before = this.parameters;
    const timeline = this.#timeline;
    let time = timeline.place(this.#clock, timeline.decodingTime(packet));
    if (frames.damage !== undefined) timeline.onWarning?.(frames.damage, frames.lost);
    for (let i = 0; i < frames.count; i++) {
      const offset = frames.starts[i]!;
      format.readFrame(data, offset, encrypted);
      const duration = (format.samples * 1000) / format.sampleRate;
      time += frames.missing[i]! * duration;
      const timestamp = wrap32(stamp(this.#clock, time));
      this.#configure(timestamp, out);
      this.#emitFrame(packet, offset, timestamp, out);
      time += duration;
    }
    // Changes that cancel out within one packet are ignored.
    this.parameters = unlessSame(before, this.parameters!);
  }

  /** Takes the stream header that comes beside the packets, where the codec has one. */
  #take(configuration: Uint8Array | undefined): void {
    if (
      configuration !== undefined &&
      this.#format.hasStreamHeader &&
      !this.#format.takeStreamHeader(configuration)
    ) {
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_CONFIGURATION_INVALID', {
        offset: 0,
        field: 'configuration',
        actual: Buffer.from(configuration.subarray(0, 8)).toString('hex') || 'empty',
        permitted: 'the stream header: OpusHead or fLaC',
      });
    }
    this.#given = configuration;
  }

  #configure(timestamp: number, out: FlvTag[]): void {
    const { configuration } = this.#format;
    this.#noteParameters(configuration);
    if (configuration === undefined || configuration === this.#sentConfiguration) return;
    const same = this.#sentConfiguration !== undefined && equalBytes(this.#sentConfiguration, configuration);
    this.#sentConfiguration = configuration;
    if (!same) out.push(this.#sequenceHeader(configuration, timestamp));
  }

  #noteParameters(configuration: Uint8Array | undefined): void {
    const { codec, sampleRate, channels, sampleSize, fourCc } = this.#format;
    let { samplesPerFrame } = this.#format;
    const { parameters } = this;
    if (
      parameters?.sampleRate === sampleRate &&
      parameters.channels === channels &&
      parameters.sampleSize === sampleSize &&
      configuration === this.#sentConfiguration
    ) {
      if (parameters.samplesPerFrame === undefined || parameters.samplesPerFrame === samplesPerFrame) return;
      // Frames of two lengths have come: from here on there is no length that every frame has.
      samplesPerFrame = undefined;
    }
    this.parameters = unlessSame<AudioParameters>(parameters, {
      codec,
      sampleRate,
      channels,
      sampleSize,
      objectType: undefined,
      samplesPerFrame,
      audioCodecId: fourCc,
    });
  }

  #emitFrame(packet: MediaPacket, offset: number, timestamp: number, out: FlvTag[]): void {
    const end = offset + this.#format.frameLength;
    if (offset === 0 && packet.headroom >= EX_AUDIO_HEADER_SIZE) {
      const body = around(packet.data, -EX_AUDIO_HEADER_SIZE, end);
      writeExAudioHeader(body, AudioPacketType.codedFrames, this.#format.fourCc);
      const room = packet.headroom - EX_AUDIO_HEADER_SIZE;
      out.push(new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, [body], body.length, room));
      return;
    }
    const lead = allocateBody(EX_AUDIO_HEADER_SIZE);
    writeExAudioHeader(lead, AudioPacketType.codedFrames, this.#format.fourCc);
    const parts = [lead, packet.data.subarray(offset, end)];
    const size = EX_AUDIO_HEADER_SIZE + end - offset;
    out.push(new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, parts, size, BODY_HEADROOM));
  }

  #sequenceHeader(configuration: Uint8Array, timestamp: number): FlvTag {
    const body = allocateBody(EX_AUDIO_HEADER_SIZE + configuration.length);
    writeExAudioHeader(body, AudioPacketType.sequenceStart, this.#format.fourCc);
    body.set(configuration, EX_AUDIO_HEADER_SIZE);
    return ownTag(TagType.audio, TagRole.audioSequenceHeader, timestamp, body);
  }

  sequenceHeader(timestamp: number): FlvTag | undefined {
    return this.#sentConfiguration === undefined
      ? undefined
      : this.#sequenceHeader(this.#sentConfiguration, timestamp);
  }
}
