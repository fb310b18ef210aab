import { invalidType, requireObject } from '../../base/validation.js';
import { InterleaveReader } from '../files/interleave-reader.js';
import { LoopReader } from '../files/loop-reader.js';
import type { PacketReader } from '../reader.js';
import type { MediaSource } from '../source.js';

/** Reads a source `passes` times over (`Infinity`: for ever) as one stream, in order of decoding time. */
export function play(source: MediaSource, passes: number): PacketReader {
  if (typeof requireObject('source', source).open !== 'function')
    throw invalidType('source.open', source.open, 'a function');
  if (passes === 1) return source.open();
  const looped = new LoopReader(() => source.open(), passes);
  return source.video !== undefined && source.audio !== undefined ? new InterleaveReader(looped) : looped;
}
