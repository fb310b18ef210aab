import { type AudioCodec, MuxerError, TagType, type VideoCodec } from '@cloudpush/muxer';
import { RtmpError } from '@cloudpush/transport';
import { AudioTrackInspection } from './audio-track-inspection.js';
import type { DamageLog } from './damage-log.js';
import { FlvTrack, type PlacedTag, readTagHeader, type TagHeader } from './flv-track.js';
import { plainProperty } from './plain-value.js';
import type { DataMessage } from './script-data.js';
import type { TrackOptions } from './track-meter.js';
import { splitTracks } from './track-splitter.js';
import { VideoTrackInspection } from './video-track-inspection.js';

/** The tracks of an FLV file, by their numbers in multitrack tags; ordinary tags are of track 0. */
export class FlvTracks {
  readonly #options: TrackOptions;
  readonly #damage: DamageLog;
  readonly #video = new Map<number, FlvTrack<VideoCodec, VideoTrackInspection>>();
  readonly #audio = new Map<number, FlvTrack<AudioCodec, AudioTrackInspection>>();
  #videoByCaller = false;
  #audioByCaller = false;
  /** Tags of codecs that cloudpush does not know, and what the header of the first one says. */
  #foreign = 0;
  #firstForeign = '';

  constructor(options: TrackOptions, damage: DamageLog) {
    this.#options = options;
    this.#damage = damage;
  }

  get video(): VideoTrackInspection[] {
    return [...this.#video.values()].map(({ track }) => track);
  }

  get audio(): AudioTrackInspection[] {
    return [...this.#audio.values()].map(({ track }) => track);
  }

  /** Takes in an audio or video tag. */
  see(tag: PlacedTag): void {
    if (tag.payload.length === 0) return;
    try {
      const header = readTagHeader(tag);
      if (header.content === 'multitrack') {
        this.#seeParts(tag);
      } else {
        this.#track(tag.type, 0).see(tag, header);
      }
    } catch (error) {
      this.#note(error, tag);
    }
  }

  /** Takes in a data message: `onEncryption` tells whose encryption the samples behind it are of. */
  seeMessage({ name, values }: DataMessage): void {
    const track = name === 'onEncryption' ? plainProperty(values[0], 'track') : undefined;
    const byCaller = plainProperty(values[0], 'scheme') === 'caller';
    if (track === 'video') {
      this.#videoByCaller = byCaller;
      for (const video of this.video) video.encryptedByCaller = byCaller;
    } else if (track === 'audio') {
      this.#audioByCaller = byCaller;
      for (const audio of this.audio) audio.encryptedByCaller = byCaller;
    }
  }

  /** Says what there is to say about the file as a whole. */
  end(): void {
    if (this.#foreign > 0) {
      const tags = this.#foreign === 1 ? '1 tag is' : `${this.#foreign} tags are`;
      this.#damage.notice(`${tags} of a codec that cloudpush does not know: ${this.#firstForeign}`);
    }
  }

  #seeParts(tag: PlacedTag): void {
    const { offset, at } = tag;
    for (const { trackId, ...part } of splitTracks(tag)) {
      this.#track(tag.type, trackId).see({ ...part, offset, at }, readTagHeader(part));
    }
  }

  #track(type: number, trackId: number): { see(tag: PlacedTag, header: TagHeader): void } {
    if (type === TagType.video) {
      return entry(this.#video, trackId, () => {
        const track = new VideoTrackInspection(trackId, this.#options, this.#damage);
        track.encryptedByCaller = this.#videoByCaller;
        return new FlvTrack(track);
      });
    }
    return entry(this.#audio, trackId, () => {
      const track = new AudioTrackInspection(trackId, this.#options, this.#damage);
      track.encryptedByCaller = this.#audioByCaller;
      return new FlvTrack(track);
    });
  }

  /** A tag that cannot be read is damaged, unless it is only of a codec that is foreign to us. */
  #note(error: unknown, { type, offset, at }: PlacedTag): void {
    if (error instanceof MuxerError && error.code === 'ERR_CLOUDPUSH_FLV_CODEC') {
      this.#foreign++;
      this.#firstForeign ||= `${error.details.field} ${error.details.actual} at byte ${offset}`;
    } else if (error instanceof MuxerError || error instanceof RtmpError) {
      this.#damage.add({ offset, at, track: type === TagType.video ? 'video' : 'audio' }, error);
    } else {
      throw error;
    }
  }
}

function entry<T>(map: Map<number, T>, key: number, create: () => T): T {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}
