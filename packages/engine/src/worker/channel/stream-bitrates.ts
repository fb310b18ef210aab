import type { FlvTag } from '@cloudpush/muxer';
import type { Bitrates } from '../../metadata/on-meta-data.js';
import { isAudioFrame, isPicture } from '../destination/drop-policy.js';
import { BitrateMeter } from './bitrate-meter.js';

/** The bit rates of a stream's tracks: as measured, or, before that, as the caller has reported them. */
export class StreamBitrates {
  readonly #video = new BitrateMeter();
  readonly #audio = new BitrateMeter();
  /** As the caller has reported them. */
  reported: Bitrates = { audio: undefined, video: undefined };

  /** As measured. */
  get measured(): Bitrates {
    return { audio: this.#audio.rate, video: this.#video.rate };
  }

  /** As measured, or else as reported. */
  get current(): Bitrates {
    const { audio, video } = this.measured;
    return { audio: audio ?? this.reported.audio, video: video ?? this.reported.video };
  }

  /** Takes note of a tag that goes out. */
  add(tag: FlvTag): void {
    if (isPicture(tag)) this.#video.add(tag.size, tag.timestamp);
    else if (isAudioFrame(tag)) this.#audio.add(tag.size, tag.timestamp);
  }
}
