import type { ColorInfoOption } from '../colour/color-info.js';
import type { MuxerError } from '../errors.js';
import type { HevcForm } from '../flv/video-tag-header.js';
import { checkOptions, invalidOption } from '../option-checks.js';
import type { InputClock } from '../timeline/timeline.js';
import type { SliceHandling } from '../tracks/picture-assembler.js';
import type { MuxerResumption } from './muxer-state.js';

/** Options of {@link Muxer}. */
export interface MuxerOptions {
  /** Default `'enhanced'`. */
  readonly hevcForm?: HevcForm | undefined;
  /** Default `'native'`. */
  readonly inputClock?: InputClock | undefined;
  /** Default `'auto'`. H.264 and legacy H.265 have no place for it. */
  readonly colorInfo?: ColorInfoOption | undefined;
  /** Default `'join'`. */
  readonly slices?: SliceHandling | undefined;
  /**
   * The stream that another muxer has begun: its clock goes on, and what was told only once is known.
   * `hevcForm` is its own.
   */
  readonly resume?: MuxerResumption | undefined;
  /**
   * Is told what was wrong with a packet that goes out all the same, repaired: its error says what and how
   * much, and `lostFrames` how many of its audio frames were damaged and left out; undefined: none. It is
   * called during the method that takes the packet, and must not throw.
   */
  readonly onWarning?: ((warning: MuxerError, lostFrames?: number) => void) | undefined;
}

/** @throws MuxerError `ERR_CLOUDPUSH_INVALID_OPTION` */
export function checkMuxerOptions(options: MuxerOptions): void {
  checkOptions(options, {
    hevcForm: ['enhanced', 'legacy'] satisfies HevcForm[],
    inputClock: ['native', 'wrapping32'] satisfies InputClock[],
    slices: ['whole', 'join', 'await'] satisfies SliceHandling[],
  });
  const { onWarning, resume } = options;
  if (onWarning !== undefined && typeof onWarning !== 'function')
    throw invalidOption('onWarning', onWarning, 'a function');
  if (resume !== undefined && (typeof resume !== 'object' || resume === null))
    throw invalidOption('resume', resume, 'an object');
}
