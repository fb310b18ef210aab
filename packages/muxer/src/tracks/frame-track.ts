import { around } from '../bits/bytes.js';
import type { StreamColour } from '../colour/color-info.js';
import { MuxerError } from '../errors.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, BODY_HEADROOM, requireHeadroom, requireMessageSize } from '../flv/tag-body.js';
import { type VideoTagFormat, videoHeaderSize, writeVideoHeader } from '../flv/video-tag-header.js';
import type { FrameCodec } from '../frames/frame-codec.js';
import type { MediaPacket } from '../media-packet.js';
import { unlessSame, type VideoParameters } from '../parameters.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import type { ColorInfoSender } from './color-info-sender.js';
import { keyFrameHint } from './key-frame-hint.js';
import { VideoHeaders } from './video-headers.js';
import type { VideoTrack } from './video-track.js';

/** A video track whose packets go into tags as they are, behind the tag header: AV1 or VP9. */
export class FrameTrack implements VideoTrack {
  readonly #codec: FrameCodec;
  readonly #headers: VideoHeaders;
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  /** A key frame has come, and no frame has been lost since. */
  #started = false;
  /** The configuration of the packet before, as it was given. */
  #given: Uint8Array | undefined;
  /** The caller has been told that its `keyFrame` contradicts the frames. */
  #hintTold = false;
  #codecParameters: VideoParameters | undefined;
  parameters: VideoParameters | undefined;

  constructor(codec: FrameCodec, format: VideoTagFormat, timeline: Timeline, clock: TrackClock) {
    this.#codec = codec;
    this.#headers = new VideoHeaders(format);
    this.#timeline = timeline;
    this.#clock = clock;
  }

  get colorInfo(): ColorInfoSender {
    return this.#headers.colorInfo;
  }

  restart(): void {
    this.#started = false;
  }

  /** Every packet is whole. */
  readonly heldPicture = 0;

  flush(): void {}

  awaitKeyFrame(): void {
    this.#started = false;
  }

  mux(packet: MediaPacket, out: FlvTag[]): void {
    if (packet.data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    try {
      this.#mux(packet, out);
    } catch (error) {
      // Any frame may be referred to by the next.
      this.awaitKeyFrame();
      throw error;
    }
  }

  #mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    const { data } = packet;
    requireMessageSize(data.length + 8, 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE');
    const encrypted = packet.encrypted === true;
    if (packet.configuration !== this.#given) this.#configure(packet.configuration);
    if (!encrypted) this.#codec.inspect(data);
    if (!encrypted && !this.#codec.hasFrame) return;
    const keyFrame = encrypted ? packet.keyFrame === true : this.#isKeyFrame(packet.keyFrame);
    const configuration = this.#codec.configuration;
    if (configuration === undefined || (!this.#started && !keyFrame)) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME', {
        actual: 'inter frame',
        permitted: 'key frame',
      });
    }
    // These codecs show frames in the order of their packets, so there is one time, and it is the
    // presentation time.
    const time = this.#timeline.unwrap(Number.isNaN(packet.pts) ? packet.dts : packet.pts);
    const timestamp = wrap32(stamp(this.#clock, this.#timeline.place(this.#clock, time)));
    this.#started = true;
    if (this.#codecParameters !== this.#codec.parameters) this.#noteParameters(this.#codec.parameters!);
    this.#headers.sendConfiguration(configuration, timestamp, out);
    if (keyFrame) this.#headers.sendColorInfo(this.#streamColour(), timestamp, out);
    out.push(this.#frame(packet, keyFrame, timestamp, encrypted ? 0 : this.#codec.sampleStart));
  }

  #configure(configuration: Uint8Array | undefined): void {
    if (configuration !== undefined) this.#codec.configure(configuration);
    this.#given = configuration;
  }

  /** The frame itself counts, whatever the caller says. */
  #isKeyFrame(hint: boolean | undefined): boolean {
    const { keyFrame } = this.#codec;
    if (hint !== undefined && hint !== keyFrame && !this.#hintTold) {
      this.#hintTold = true;
      this.#timeline.onWarning?.(keyFrameHint(hint));
    }
    return keyFrame;
  }

  #noteParameters(parameters: VideoParameters): void {
    this.#codecParameters = parameters;
    this.parameters = unlessSame(this.parameters, parameters);
  }

  #streamColour(): StreamColour {
    const { colour, parameters } = this.#codec;
    return { bitDepth: parameters!.bitDepth, colour, hdrCll: undefined, hdrMdcv: undefined };
  }

  #frame(packet: MediaPacket, keyFrame: boolean, timestamp: number, start: number): FlvTag {
    const { data, headroom } = packet;
    const { format } = this.#headers;
    const headerSize = videoHeaderSize(format, 0);
    const role = keyFrame ? TagRole.keyFrame : TagRole.interFrame;
    const first = start - headerSize;
    if (headroom > 0 && headroom + first >= 0) {
      const body = around(data, first, data.length);
      writeVideoHeader(body, 0, format, keyFrame, 0);
      return new FlvTag(TagType.video, role, timestamp, [body], body.length, headroom + first);
    }
    const lead = allocateBody(headerSize);
    writeVideoHeader(lead, 0, format, keyFrame, 0);
    const size = headerSize + data.length - start;
    return new FlvTag(TagType.video, role, timestamp, [lead, data.subarray(start)], size, BODY_HEADROOM);
  }

  sequenceHeaders(timestamp: number): FlvTag[] {
    return this.#headers.repeat(timestamp);
  }
}
