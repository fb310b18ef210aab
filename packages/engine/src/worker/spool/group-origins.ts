import type { FlvTag } from '@cloudpush/muxer';
import type { SpoolGap } from '../../spool/index.js';
import type { Backlog } from '../destination/backlog.js';
import type { DiskGroup } from './tail-group.js';

/** Where a tag lies on disk that begins a group there. */
export interface Origin extends DiskGroup {
  /** Decoding can start at it; false: it is the rest of a group that was too long for the disk. */
  readonly isStart: boolean;
}

/** Where groups lie on disk that wait in the queue, by their first tags. */
export class GroupOrigins {
  readonly #origins = new WeakMap<FlvTag, Origin>();
  readonly #queue: Pick<Backlog, 'forEach'>;

  constructor(queue: Pick<Backlog, 'forEach'>) {
    this.#queue = queue;
  }

  get(first: FlvTag): Origin | undefined {
    return this.#origins.get(first);
  }

  set(first: FlvTag, origin: Origin): void {
    this.#origins.set(first, origin);
  }

  /** Whether some of a gap waits in the queue. */
  isWaiting(gap: SpoolGap): boolean {
    let isWaiting = false;
    this.#queue.forEach(({ tag }) => {
      isWaiting ||= this.#origins.get(tag)?.gap === gap;
    });
    return isWaiting;
  }

  /** What waits is taken for something that is in memory alone. */
  forget(): void {
    this.#queue.forEach(({ tag }) => void this.#origins.delete(tag));
  }
}
