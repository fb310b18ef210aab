import { type DemuxedVideo, FlvDemuxer } from '@cloudpush/muxer';
import { decodeAmf0, MessageType, type ReceivedMessage } from '@cloudpush/transport';
import { Problem } from '../problem.js';
import { codecString } from './codec-string.js';

/** A picture of a channel, as the file formats of browsers want it. */
export interface PreviewPicture {
  readonly codec: 'h264' | 'h265';
  /** As browsers are told it, such as `avc1.64001F`. */
  readonly codecString: string;
  readonly width: number;
  readonly height: number;
  readonly keyFrame: boolean;
  /** Annex-B; a key frame with its parameter sets. */
  readonly data: Uint8Array;
  /** ms */
  readonly pts: number;
}

/** Turns the messages of a stream into pictures, from the first key frame on. */
export class PreviewPictures {
  readonly #demuxer = new FlvDemuxer();
  #size: { readonly width: number; readonly height: number } | undefined;
  #configuration: DemuxedVideo | undefined;
  #codecString: string | undefined;

  /**
   * The picture that a message holds; undefined for any other one, and before the first key frame.
   * @throws Problem where pictures of that kind cannot be shown; MuxerError where the bytes are at fault
   */
  take({ type, timestamp, payload }: ReceivedMessage): PreviewPicture | undefined {
    if (type === MessageType.dataAmf0) this.#size ??= sizeOf(payload);
    if (type !== MessageType.video) return undefined;
    const unit = this.#demuxer.demux({ type, timestamp, payload });
    if (unit?.track !== 'video') return undefined;
    const { codec, kind, keyFrame, data, pts, nalUnits } = unit;
    if (codec !== 'h264' && codec !== 'h265') {
      throw new Problem('conflict', `pictures of ${codec} are not shown, only those of H.264 and H.265`);
    }
    if (kind === 'config') {
      this.#configuration = { ...unit, data: data.slice(), nalUnits: [] };
      this.#codecString = codecString(codec, nalUnits) ?? this.#codecString;
      return undefined;
    }
    if (this.#configuration === undefined || this.#codecString === undefined) return undefined;
    return {
      codec,
      codecString: this.#codecString,
      // Decoders go by the parameter sets: this is what players lay their window out with.
      ...(this.#size ?? { width: 16, height: 9 }),
      keyFrame,
      data: keyFrame ? Buffer.concat([this.#configuration.data, data]) : data,
      pts,
    };
  }
}

/** Of `onMetaData`, where it tells. */
function sizeOf(payload: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const metadata = decodeAmf0(payload).find((value) => typeof value === 'object' && value !== null);
  const { width, height } = (metadata ?? {}) as { readonly width?: unknown; readonly height?: unknown };
  return isSize(width) && isSize(height) ? { width, height } : undefined;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 16_384;
}
