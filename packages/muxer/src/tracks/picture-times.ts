import type { MediaPacket } from '../media-packet.js';
import type { NalCodec } from '../nal/nal-codec.js';
import type { VideoParameters } from '../parameters.js';
import { DtsFromPts } from '../timeline/dts-from-pts.js';
import { ReorderWatch } from '../timeline/reorder-watch.js';
import { stamp, type Timeline, type TrackClock, wrap32 } from '../timeline/timeline.js';
import { compositionTimeError, compositionTimeOffset, fitsCompositionTime } from './composition-time.js';
import type { PictureSurvey } from './picture-survey.js';

/**
 * The times of pictures in their tags. Decoding times that the caller does not give are made of the
 * presentation times.
 */
export class PictureTimes {
  readonly #codec: NalCodec;
  readonly #survey: PictureSurvey;
  readonly #timeline: Timeline;
  readonly #clock: TrackClock;
  #dtsFromPts = new DtsFromPts();
  /** Of a stream without decoding times that does not tell its reorder depth, or tells too little. */
  #watch: ReorderWatch | undefined;
  /** Of the picture that was placed last. */
  timestamp = 0;
  compositionTimeOffset = 0;

  constructor(codec: NalCodec, survey: PictureSurvey, timeline: Timeline, clock: TrackClock) {
    this.#codec = codec;
    this.#survey = survey;
    this.#timeline = timeline;
    this.#clock = clock;
  }

  /** Begins anew with the next picture. */
  restart(): void {
    this.#dtsFromPts = new DtsFromPts();
    this.#watch?.restart();
  }

  /** Gives a picture its place. Throws MuxerError when it has no times; nothing has changed then. */
  place(packet: MediaPacket, parameters: VideoParameters, keyFrame: boolean): void {
    const timeline = this.#timeline;
    const derived = Number.isNaN(packet.dts);
    let dts = timeline.unwrap(derived ? packet.pts : packet.dts);
    let pts = derived || Number.isNaN(packet.pts) ? dts : timeline.unwrapNear(packet.pts, dts);
    if (derived) dts = this.#deriveDts(packet, pts, parameters, keyFrame);
    if (!fitsCompositionTime(pts - dts)) {
      timeline.onWarning?.(compositionTimeError(pts - dts));
      pts = dts;
    }
    const time = timeline.place(this.#clock, dts);
    const milliseconds = stamp(this.#clock, time);
    const presentation = timeline.presentation(this.#clock, pts, dts, time);
    this.compositionTimeOffset = compositionTimeOffset(presentation, milliseconds, pts === dts);
    this.timestamp = wrap32(milliseconds);
    if (derived) this.#dtsFromPts.accept();
  }

  #deriveDts(packet: MediaPacket, pts: number, parameters: VideoParameters, keyFrame: boolean): number {
    const { frameRate, reorderDepth } = parameters;
    const isSet = this.#timeline.isSet(this.#clock, pts);
    if (isSet) this.restart();
    const earliest = isSet ? Number.NEGATIVE_INFINITY : this.#timeline.earliest(this.#clock);
    // An SPS may say less than the pictures do.
    if (reorderDepth === undefined || pts < earliest) this.#watch ??= new ReorderWatch(this.#codec.orderUnit);
    this.#watch?.see(this.#pictureOrder(packet), this.#codec.orderReset, pts);
    const frameDuration = frameRate === undefined ? undefined : 1000 / frameRate;
    return this.#dtsFromPts.propose(pts, reorderDepth, this.#watch, frameDuration, keyFrame, earliest);
  }

  #pictureOrder({ data, encrypted }: MediaPacket): number {
    if (encrypted === true) return Number.NaN;
    return this.#codec.pictureOrder(data, this.#survey.sliceStart, this.#survey.sliceEnd);
  }
}
