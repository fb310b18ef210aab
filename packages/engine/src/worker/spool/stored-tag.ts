import { FlvTag } from '@cloudpush/muxer';
import type { SpoolTag } from '../../spool/index.js';

/** A tag that was read from disk: it owns its memory, and lies there still until the server has it. */
export class StoredTag extends FlvTag {
  constructor({ type, role, timestamp, parts, size }: SpoolTag) {
    super(type, role, timestamp, parts, size, 0);
  }
}
