/** Samples of an AAC frame (ISO/IEC 14496-3 §4.5.1.1), and a second. */
const FRAME_SAMPLES = 1024;
const SAMPLE_RATE = 44_100;
const FRAME_DURATION = (FRAME_SAMPLES * 1000) / SAMPLE_RATE;
/** After a leap of the pictures of more than this, in ms, silence goes on where they do. */
const MAX_GAP = 1000;

/** AAC LC, 44.1 kHz, two channels: an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). */
export const SILENCE_CONFIGURATION = Uint8Array.of(0x12, 0x10);
/** A channel pair element without a sound: valid at every sampling frequency. */
export const SILENT_FRAME = Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c);

/** The clock of a sound track without a sound, which goes along with the pictures. */
export class Silence {
  /** Time at which the next frame is due; NaN before the first picture. */
  #next = Number.NaN;

  /** The time of the next frame that is due until a picture's time; undefined: none is. */
  take(pictureTime: number): number | undefined {
    if (!(Math.abs(pictureTime - this.#next) <= MAX_GAP)) this.#next = pictureTime;
    if (this.#next > pictureTime) return undefined;
    const time = this.#next;
    this.#next += FRAME_DURATION;
    return time;
  }
}
