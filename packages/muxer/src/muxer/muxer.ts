import { type ColorInfoOption, requireColorInfo } from '../colour/color-info.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { type HevcForm, hevcTagFormatOf } from '../flv/video-tag-header.js';
import type { AudioCodec, MediaPacket, VideoCodec } from '../media-packet.js';
import type { AudioParameters, VideoParameters } from '../parameters.js';
import { Timeline, TrackClock } from '../timeline/timeline.js';
import type { AudioTrack } from '../tracks/audio-track.js';
import { EnhancedAudioTrack } from '../tracks/enhanced-audio-track.js';
import { NalTrack } from '../tracks/nal-track.js';
import type { SliceHandling } from '../tracks/picture-assembler.js';
import { ScriptDataTrack } from '../tracks/script-data-track.js';
import type { VideoTrack } from '../tracks/video-track.js';
import { createAudioTrack, createVideoTrack } from './create-track.js';
import { checkMuxerOptions, type MuxerOptions } from './muxer-options.js';
import type { MuxerResumption, MuxerState, TrackState } from './muxer-state.js';

/** A track with the codec that it is of. */
interface NamedTrack<Codec, Track> {
  readonly codec: Codec;
  readonly track: Track;
}

/**
 * Turns the packets of one stream (one video track, one audio track, script data) into FLV tags: the state
 * machine that a channel runs. It does no I/O and keeps nothing of a packet but its parameter sets, and
 * copies of slices that come in packets of their own: then `flush` must be called at the end.
 *
 * A method that throws `MuxerError` leaves the muxer usable; the tags that it had already appended are good.
 *
 * @example
 * const muxer = new Muxer();
 * const tags: FlvTag[] = [];
 * muxer.video('h264', { data: accessUnit, headroom: 0, dts: 0, pts: 0 }, tags);
 */
export class Muxer {
  readonly #timeline: Timeline;
  readonly #scriptData: ScriptDataTrack;
  readonly #videoClock = new TrackClock();
  readonly #audioClock = new TrackClock(this.#videoClock);
  #hevcForm: HevcForm;
  #colorInfo: ColorInfoOption;
  readonly #slices: SliceHandling;
  #video: NamedTrack<VideoCodec, VideoTrack> | undefined;
  #audio: NamedTrack<AudioCodec, AudioTrack> | undefined;
  /**
   * Tracks of another codec that have not given a tag yet: one bad packet must not end the track that runs.
   */
  #nextVideo: NamedTrack<VideoCodec, VideoTrack> | undefined;
  #nextAudio: NamedTrack<AudioCodec, AudioTrack> | undefined;

  /** Throws MuxerError for an option that is not usable. */
  constructor(options: MuxerOptions = {}) {
    checkMuxerOptions(options);
    this.#hevcForm = options.hevcForm ?? 'enhanced';
    this.#slices = options.slices ?? 'join';
    this.#colorInfo = options.colorInfo === undefined ? 'auto' : requireColorInfo(options.colorInfo);
    this.#timeline = new Timeline(options.inputClock ?? 'native');
    this.#timeline.onWarning = options.onWarning;
    this.#scriptData = new ScriptDataTrack(this.#timeline);
    if (options.resume !== undefined) this.#resume(options.resume);
  }

  /**
   * Appends the tags of one access unit: a sequence header first, when its bytes have changed. Slices in
   * packets of their own are put together first (`MuxerOptions.slices`), and several access units in one
   * packet are taken apart.
   */
  video(codec: VideoCodec, packet: MediaPacket, out: FlvTag[]): void {
    if (this.#video?.codec === codec) {
      this.#video.track.mux(packet, out);
      return;
    }
    try {
      this.#video?.track.flush(out);
    } finally {
      this.#nextVideoOf(codec, packet, out);
    }
  }

  #nextVideoOf(codec: VideoCodec, packet: MediaPacket, out: FlvTag[]): void {
    if (this.#nextVideo?.codec !== codec) this.#nextVideo = this.#startVideo(codec);
    const next = this.#nextVideo;
    const before = out.length;
    try {
      next.track.mux(packet, out);
    } finally {
      if (out.length > before) this.#startNext(next);
    }
  }

  #startNext(next: NamedTrack<VideoCodec, VideoTrack>): void {
    this.#video = next;
    this.#nextVideo = undefined;
  }

  /**
   * Appends the tags of one or more whole audio frames: a sequence header first, when its bytes have changed.
   */
  audio(codec: AudioCodec, packet: MediaPacket, out: FlvTag[]): void {
    if (this.#audio?.codec === codec) {
      this.#audio.track.mux(packet, out);
      return;
    }
    if (this.#nextAudio?.codec !== codec)
      this.#nextAudio = { codec, track: createAudioTrack(codec, this.#timeline, this.#audioClock) };
    const before = out.length;
    this.#nextAudio.track.mux(packet, out);
    if (out.length === before) return;
    this.#audio = this.#nextAudio;
    this.#nextAudio = undefined;
  }

  /** Appends a script data tag: an AMF0-encoded body, as it is. Both times NaN: it takes the latest time. */
  scriptData(packet: MediaPacket, out: FlvTag[]): void {
    this.#scriptData.mux(packet, out);
  }

  /**
   * Fresh copies of the last sequence headers, audio first, and of the last `colorInfo`, for a destination
   * that starts or restarts late.
   */
  sequenceHeaders(timestamp: number): FlvTag[] {
    const audio = this.#audio?.track.sequenceHeader(timestamp);
    const video = this.#video?.track.sequenceHeaders(timestamp) ?? [];
    return audio === undefined ? video : [audio, ...video];
  }

  /**
   * Names the picture that waits for more of its slices, which may come in packets of their own: another
   * number for each; 0: none waits. A packet that gives no tag, and after which there is one, is a part of
   * it.
   */
  get heldPicture(): number {
    return this.#video?.track.heldPicture || this.#nextVideo?.track.heldPicture || 0;
  }

  /** Appends the tags of the picture that waits for more of its slices: none will come, or not in time. */
  flush(out: FlvTag[]): void {
    this.#video?.track.flush(out);
    const next = this.#nextVideo;
    const before = out.length;
    next?.track.flush(out);
    if (next !== undefined && out.length > before) this.#startNext(next);
  }

  /**
   * Says that a picture was lost before it came here, as when a queue in front was full: pictures that refer
   * to it are refused, up to the next key frame (`ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME`). After a picture that
   * the muxer has refused itself it does so of its own accord.
   */
  awaitKeyFrame(): void {
    for (const named of [this.#video, this.#nextVideo]) named?.track.awaitKeyFrame();
  }

  /**
   * Begins another stream of the same source: its clock starts from 0 with the next packet, whose time may be
   * any, and its video with a key frame. Parameter sets and stream headers stay known, and sequence headers
   * that have been given out are not given out again: {@link sequenceHeaders} has them.
   */
  restart(): void {
    this.#timeline.restart();
    this.#videoClock.restart();
    this.#audioClock.restart();
    this.#scriptData.restart();
    for (const named of [this.#video, this.#nextVideo]) named?.track.restart();
  }

  /**
   * The state that another muxer needs to go on with the stream; undefined before the first tag. It changes
   * with the sequence headers, which `out` shows, and with {@link origin}; a new object each time.
   */
  get state(): MuxerState | undefined {
    const { origin } = this.#timeline;
    if (origin === undefined) return undefined;
    return {
      origin,
      hevcForm: this.#hevcForm,
      video: trackState(this.#video),
      audio: trackState(this.#audio),
    };
  }

  /**
   * The caller's time, in ms, that is 0 on the stream's clock; undefined before the first packet. It changes
   * when the caller's clock has been set.
   */
  get origin(): number | undefined {
    return this.#timeline.origin;
  }

  /** Time of the stream, in ms from its origin. */
  get elapsed(): number {
    return this.#timeline.elapsed;
  }

  /** Form that H.265 is sent in; a change takes effect, with a new sequence header, at the next picture. */
  get hevcForm(): HevcForm {
    return this.#hevcForm;
  }

  set hevcForm(form: HevcForm) {
    this.#changeHevcForm(form, false);
  }

  /**
   * Goes on in another form of H.265 where the caller has converted the tags made so far: no sequence header
   * follows, for servers cut the stream at one that is repeated.
   */
  convertHevc(form: HevcForm): void {
    this.#changeHevcForm(form, true);
  }

  /**
   * The parameters of the video, by its active parameter sets; undefined before the first picture. It is the
   * same object until something in it changes, and then a new one. A packet that is refused changes nothing
   * in it.
   */
  get videoParameters(): VideoParameters | undefined {
    return this.#video?.track.parameters;
  }

  /**
   * The parameters of the audio, by its configuration; undefined before the first frame. The same object
   * until something changes.
   */
  get audioParameters(): AudioParameters | undefined {
    return this.#audio?.track.parameters;
  }

  /** Source of the video's `colorInfo`; a change takes effect at the next key frame. */
  get colorInfo(): ColorInfoOption {
    return this.#colorInfo;
  }

  set colorInfo(option: ColorInfoOption) {
    this.#colorInfo = requireColorInfo(option);
    for (const named of [this.#video, this.#nextVideo])
      if (named !== undefined) named.track.colorInfo.option = option;
  }

  #resume({ state, elapsed }: MuxerResumption): void {
    const { origin, hevcForm, video, audio } = state;
    this.#hevcForm = hevcForm;
    this.#timeline.resume(origin, elapsed);
    if (video !== undefined) {
      this.#video = this.#startVideo(video.codec);
      if (this.#video.track instanceof NalTrack) this.#video.track.resume(video.configuration);
    }
    if (audio !== undefined) {
      this.#audio = {
        codec: audio.codec,
        track: createAudioTrack(audio.codec, this.#timeline, this.#audioClock),
      };
      if (this.#audio.track instanceof EnhancedAudioTrack) this.#audio.track.resume(audio.configuration);
    }
  }

  #changeHevcForm(form: HevcForm, isConverted: boolean): void {
    this.#hevcForm = form;
    for (const named of [this.#video, this.#nextVideo])
      if (named?.codec === 'h265') (named.track as NalTrack).changeFormat(hevcTagFormatOf(form), isConverted);
  }

  #startVideo(codec: VideoCodec): NamedTrack<VideoCodec, VideoTrack> {
    const track = createVideoTrack(codec, {
      timeline: this.#timeline,
      clock: this.#videoClock,
      hevcForm: this.#hevcForm,
      slices: this.#slices,
    });
    track.colorInfo.option = this.#colorInfo;
    return { codec, track };
  }
}

/** The state of a track whose packets may have told something only once. */
function trackState<Codec>(
  named: NamedTrack<Codec, VideoTrack | AudioTrack> | undefined,
): TrackState<Codec> | undefined {
  if (!(named?.track instanceof NalTrack || named?.track instanceof EnhancedAudioTrack)) return undefined;
  const { configuration } = named.track;
  return configuration === undefined ? undefined : { codec: named.codec, configuration };
}
