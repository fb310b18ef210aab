import type { ColorInfo } from '../colour/color-info.js';
import type { MuxerError } from '../errors.js';
import type { MuxerResumption } from './muxer-state.js';

/** How H.265 is put into FLV: Enhanced RTMP's `hvc1`, or the older "codec id 12" that many servers expect. */
export type HevcForm = 'enhanced' | 'legacy';

/** `'native'`: 64-bit times that never wrap. `'wrapping32'`: unsigned 32-bit milliseconds that go on at 0 after 2^32 − 1. */
export type InputClock = 'native' | 'wrapping32';

/**
 * Where the `colorInfo` of Enhanced RTMP comes from: `'auto'`: from the stream, when its dynamic range is high (SPS and
 * SEI, or sequence header); an object: from the caller; `'never'`: none is sent.
 */
export type ColorInfoOption = 'auto' | 'never' | ColorInfo;

/**
 * What becomes of slices of H.264 and H.265 that come in packets of their own. `'whole'`: every packet must be whole pictures, and what is
 * left of one is refused. `'join'`: they become one picture; once a stream has been seen to send them so, each picture comes out with the packet
 * behind it, or by `Muxer.flush`. `'await'`: so does a first picture that looks as if others would follow: a single NAL unit, of a stream whose
 * parameter sets came in packets of their own.
 */
export type SliceHandling = 'whole' | 'join' | 'await';

export interface MuxerOptions {
  /** Default `'enhanced'`. */
  readonly hevcForm?: HevcForm | undefined;
  /** Default `'native'`. */
  readonly inputClock?: InputClock | undefined;
  /** Default `'auto'`. H.264 and legacy H.265 have no place for it. */
  readonly colorInfo?: ColorInfoOption | undefined;
  /** Default `'join'`. */
  readonly slices?: SliceHandling | undefined;
  /** The stream that another muxer has begun: its clock goes on, and what was told only once is known. `hevcForm` is its own. */
  readonly resume?: MuxerResumption | undefined;
  /**
   * Is told what was wrong with a packet that goes out all the same, repaired: its error says what and how much, and `lostFrames` how many
   * of its audio frames were damaged and left out; undefined: none. It is called during the method that takes the packet, and must not throw.
   */
  readonly onWarning?: ((warning: MuxerError, lostFrames?: number) => void) | undefined;
}
