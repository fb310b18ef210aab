import type { Sample } from './sample.js';

/** An observer of the samples of a track. */
export interface TrackInspection<Codec> {
  /** A tag of the track has come, in this form. */
  seeForm(enhanced: boolean): void;
  seeEndOfSequence(): void;
  /**
   * From here on, samples are encrypted in a way that only the caller knows, and nothing inside them is
   * looked at.
   */
  encryptedByCaller: boolean;
  /** A sequence header has come at `offset`; `data` is as a demuxer gives it. */
  configure(codec: Codec, data: Uint8Array, offset: number): void;
  /** @param data as the muxer takes it: Annex-B, ADTS, and the frames of other codecs as they are */
  see(sample: Sample, codec: Codec, data: Uint8Array): void;
  /** A sample has come that cannot be taken out of its container. */
  seeDamaged(sample: Sample, error: unknown): void;
}
