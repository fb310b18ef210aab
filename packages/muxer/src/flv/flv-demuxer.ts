import { AudioDemuxer } from './audio-demuxer.js';
import type { DemuxableTag, DemuxedUnit } from './demuxed-unit.js';
import { TagType } from './flv-tag.js';
import { VideoDemuxer } from './video-demuxer.js';

/** Turns FLV tags back into elementary streams. Keeps the configuration of the tracks from tag to tag. */
export class FlvDemuxer {
  readonly #video = new VideoDemuxer();
  readonly #audio = new AudioDemuxer();

  /**
   * The unit that a tag holds; undefined for tags that hold none (script data, end of sequence, metadata,
   * commands, and bodies that are empty). Throws MuxerError for a codec it does not know and for bytes that
   * are not valid.
   */
  demux(tag: DemuxableTag): DemuxedUnit | undefined {
    if (tag.payload.length === 0) return undefined;
    if (tag.type === TagType.video) return this.#video.demux(tag);
    if (tag.type === TagType.audio) return this.#audio.demux(tag);
    return undefined;
  }
}
