import { type DemuxableTag, TagType } from '@cloudpush/muxer';
import { readTracks } from '@cloudpush/transport';

/** The part of a multitrack tag that belongs to one track, as a tag of its own. */
export interface TrackTag extends DemuxableTag {
  readonly trackId: number;
}

/**
 * Takes a multitrack tag apart (Enhanced RTMP v2) into tags as ordinary tracks have them.
 * @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL`
 */
export function splitTracks({ type, timestamp, payload }: DemuxableTag): TrackTag[] {
  // SoundFormat 9, or isExVideoHeader with the frame type.
  const lead = type === TagType.audio ? 0x90 : payload[0]! & 0xf0;
  return readTracks(type, payload).map(({ trackId = 0, fourCc, packetType, body }) => ({
    trackId,
    type,
    timestamp,
    payload: Buffer.concat([Buffer.of(lead | packetType), Buffer.from(fourCc, 'latin1'), body]),
  }));
}
