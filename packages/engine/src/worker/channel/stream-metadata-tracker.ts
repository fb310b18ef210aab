import {
  type AudioParameters,
  type EncryptedTrack,
  type EncryptionParameters,
  FlvTag,
  type HevcForm,
  TagRole,
  TagType,
  type VideoParameters,
} from '@cloudpush/muxer';
import { encodeAmf0 } from '@cloudpush/transport';
import { type AnnouncedTracks, type Bitrates, encodeStreamMetadata } from '../../metadata/on-meta-data.js';
import type { TrackPlan } from '../../options/stream-config.js';
import { audioCodecId, videoCodecId } from './track-codec-ids.js';

/** The parts of a description. */
interface DescriptionParts {
  readonly video: VideoParameters | undefined;
  readonly audio: AudioParameters | undefined;
  readonly announced: AnnouncedTracks;
  readonly encryption: readonly FlvTag[];
  readonly changed: readonly FlvTag[];
  readonly version: number;
}

/** The parameters of a stream that a server must know from a tag on. */
export class StreamDescription {
  readonly #video: VideoParameters | undefined;
  readonly #audio: AudioParameters | undefined;
  readonly #announced: AnnouncedTracks;
  /** `onEncryption` of each track that has any. */
  readonly encryption: readonly FlvTag[];
  /** Counts up with each change: the later description knows more. */
  readonly version: number;
  /** Tags that must go out in front of the one which brings the description: they are new. */
  readonly changed: readonly FlvTag[];

  constructor({ video, audio, announced, encryption, changed, version }: DescriptionParts) {
    this.#video = video;
    this.#audio = audio;
    this.#announced = announced;
    this.encryption = encryption;
    this.changed = changed;
    this.version = version;
  }

  /**
   * `onMetaData` for a connection that starts, with the rates as they are known now; none before any track
   * has come.
   */
  metadata(bitrates: Bitrates): FlvTag | undefined {
    if (this.#video === undefined && this.#audio === undefined) return undefined;
    return metadataTag(encodeStreamMetadata(this.#video, this.#audio, bitrates, this.#announced));
  }
}

/**
 * Describes a stream anew whenever something of what is known about it changes. A bit rate that becomes known
 * is no such change: not every server expects `onMetaData` in mid-stream, so that it waits for the next one.
 */
export class StreamMetadataTracker {
  /** The parameters that the last description told. */
  #videoParameters: VideoParameters | undefined;
  #audioParameters: AudioParameters | undefined;
  readonly #encryption = new Map<EncryptedTrack, FlvTag>();
  readonly #tracks: TrackPlan;
  readonly #muxer: { readonly hevcForm: HevcForm };
  #current: StreamDescription | undefined;

  /**
   * @param tracks the codecs that the caller has named for tracks that may still come
   * @param muxer says in which form H.265 goes out
   */
  constructor(tracks: TrackPlan, muxer: { readonly hevcForm: HevcForm }) {
    this.#tracks = tracks;
    this.#muxer = muxer;
  }

  /** The last description. */
  get current(): StreamDescription | undefined {
    return this.#current;
  }

  /** True when these parameters are those of the last description. */
  tells(parameters: VideoParameters | AudioParameters): boolean {
    return parameters === this.#videoParameters || parameters === this.#audioParameters;
  }

  /**
   * Undefined when the parameters are those of the last description.
   * @param bitrates asked for when they are not
   */
  describe(
    video: VideoParameters | undefined,
    audio: AudioParameters | undefined,
    bitrates: { readonly current: Bitrates },
  ): StreamDescription | undefined {
    if (video === this.#videoParameters && audio === this.#audioParameters) return undefined;
    this.#videoParameters = video;
    this.#audioParameters = audio;
    const metadata = encodeStreamMetadata(video, audio, bitrates.current, this.#announced);
    return this.#renew([metadataTag(metadata)]);
  }

  /**
   * Describes the stream for the form in which H.265 goes out now. Undefined before the first description.
   */
  reform(): StreamDescription | undefined {
    if (this.#videoParameters === undefined) return this.#current;
    const id = videoCodecId('h265', this.#muxer.hevcForm)!;
    this.#videoParameters = { ...this.#videoParameters, videoCodecId: id };
    return this.#renew([]);
  }

  /** @returns the message about a track's encryption, which brings the new description */
  describeEncryption(parameters: EncryptionParameters, timestamp: number): FlvTag {
    const tag = dataTag(encodeAmf0('onEncryption', { ...parameters }), timestamp);
    this.#encryption.set(parameters.track, tag);
    this.#renew([]);
    return tag;
  }

  get #announced(): AnnouncedTracks {
    const { video, audio } = this.#tracks;
    return { video: videoCodecId(video, this.#muxer.hevcForm), audio: audioCodecId(audio) };
  }

  #renew(changed: readonly FlvTag[]): StreamDescription {
    const version = (this.#current?.version ?? 0) + 1;
    const encryption = [...this.#encryption.values()];
    this.#current = new StreamDescription({
      video: this.#videoParameters,
      audio: this.#audioParameters,
      announced: this.#announced,
      encryption,
      changed,
      version,
    });
    return this.#current;
  }
}

/**
 * `onMetaData`. Its time is 0 wherever it stands in the stream: with any other, FFmpeg takes it for the first
 * packet of a subtitle track.
 */
function metadataTag(body: Uint8Array): FlvTag {
  return dataTag(body, 0);
}

/**
 * A data message of the stream's own: it owns its memory, and has no room in front, as several connections
 * may send it.
 */
export function dataTag(body: Uint8Array, timestamp: number): FlvTag {
  return new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
}
