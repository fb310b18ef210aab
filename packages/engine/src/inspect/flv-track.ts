import {
  type DemuxableTag,
  FlvDemuxer,
  readAudioTagHeader,
  readVideoTagHeader,
  TagType,
  type VideoTagHeader,
} from '@cloudpush/muxer';
import type { TrackInspection } from './track-inspection.js';

/** A tag, or one track's part of a tag. */
export interface PlacedTag extends DemuxableTag {
  /** Offset in the file, in bytes. */
  readonly offset: number;
  /** Its timestamp in ms, on a clock that does not wrap. */
  readonly at: number;
}

/** The fields of any tag's header. */
export type TagHeader = Omit<VideoTagHeader, 'codec'>;

export function readTagHeader({ type, payload }: DemuxableTag): TagHeader {
  if (type === TagType.video) return readVideoTagHeader(payload);
  const { content, enhanced, position } = readAudioTagHeader(payload);
  return { content, enhanced, keyFrame: true, compositionTimeOffset: 0, position };
}

/** Takes the samples of one track out of their tags. */
export class FlvTrack<Codec, Track extends TrackInspection<Codec>> {
  readonly track: Track;
  readonly #demuxer = new FlvDemuxer();

  constructor(track: Track) {
    this.track = track;
  }

  /** @throws MuxerError for a tag that is neither a sample nor can be read */
  see(tag: PlacedTag, header: TagHeader): void {
    this.track.seeForm(header.enhanced);
    if (header.content === 'frame') {
      this.#seeSample(tag, header);
      return;
    }
    if (header.content === 'endOfSequence') this.track.seeEndOfSequence();
    const unit = this.#demuxer.demux(tag);
    if (unit !== undefined) this.track.configure(unit.codec as Codec, unit.data, tag.offset);
  }

  #seeSample(tag: PlacedTag, { position, keyFrame, compositionTimeOffset }: TagHeader): void {
    const { offset, at } = tag;
    const size = tag.payload.length - position;
    const sample = { size, offset, dts: at, pts: at + compositionTimeOffset, keyFrame };
    try {
      const unit = this.#demuxer.demux(tag);
      if (unit !== undefined) this.track.see(sample, unit.codec as Codec, unit.data);
    } catch (error) {
      this.track.seeDamaged(sample, error);
    }
  }
}
