import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { requireHeadroom, requireMessageSize } from '../flv/tag-body.js';
import type { MediaPacket } from '../media-packet.js';
import { stamp, type Timeline, TrackClock, wrap32 } from '../timeline/timeline.js';

/**
 * Script data in order with the media. A packet without a time of its own takes the time of the latest media.
 */
export class ScriptDataTrack {
  readonly #timeline: Timeline;
  readonly #clock = new TrackClock();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  restart(): void {
    this.#clock.restart();
  }

  mux(packet: MediaPacket, out: FlvTag[]): void {
    requireHeadroom(packet);
    requireMessageSize(packet.data.length, 'ERR_CLOUDPUSH_DATA_TOO_LARGE');
    const timestamp = wrap32(this.#stamp(Number.isNaN(packet.dts) ? packet.pts : packet.dts));
    const { data, headroom } = packet;
    out.push(new FlvTag(TagType.scriptData, TagRole.data, timestamp, [data], data.length, headroom));
  }

  #stamp(dts: number): number {
    if (Number.isNaN(dts)) return stamp(this.#clock, this.#timeline.elapsed);
    return stamp(this.#clock, this.#timeline.placeData(this.#clock, this.#timeline.unwrap(dts)));
  }
}
