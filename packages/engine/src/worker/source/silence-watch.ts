/** The part of its time-out that a source may be silent before that is told. */
const STALLED = 1 / 2;
/** A source that is silent is looked after this often, in ms: it may go on. */
export const LOOK_INTERVAL = 500;

/** A source that is connected and gives media as it comes. Times in ms of the monotonic clock. */
export interface WatchedSource {
  /** Time of the latest packet. */
  readonly at: number;
  /** Time of the latest picture. */
  readonly pictureAt: number;
  readonly hasVideo: boolean;
  /** That it is silent has been told. */
  readonly isStalled: boolean;
  /** ms without anything after which it is lost. */
  readonly timeout: number;
  /** ms without a picture after which it is lost. */
  readonly videoTimeout: number;
}

/** The state that a source's silence puts it in, the kind of media that is missing, and for how many ms. */
export type SilenceVerdict =
  | { readonly name: 'lost' | 'stalled'; readonly kind: 'all' | 'video'; readonly ms: number }
  | { readonly name: 'streaming' };

export function silenceVerdict(source: WatchedSource, now: number): SilenceVerdict {
  const { at, pictureAt, hasVideo, timeout, videoTimeout } = source;
  const silent = now - at;
  const blind = hasVideo ? now - pictureAt : 0;
  if (silent >= timeout) return { name: 'lost', kind: 'all', ms: silent };
  if (blind >= videoTimeout) return { name: 'lost', kind: 'video', ms: blind };
  if (silent >= timeout * STALLED) return { name: 'stalled', kind: 'all', ms: silent };
  if (blind >= videoTimeout * STALLED) return { name: 'stalled', kind: 'video', ms: blind };
  return { name: 'streaming' };
}

/**
 * Time at which the verdict may be another one.
 * @param lookedAt time of the latest verdict
 */
export function nextVerdictAt(source: WatchedSource, lookedAt: number): number {
  const { at, pictureAt, hasVideo, isStalled, timeout, videoTimeout } = source;
  const part = isStalled ? 1 : STALLED;
  const silent = at + timeout * part;
  const next = hasVideo ? Math.min(silent, pictureAt + videoTimeout * part) : silent;
  return isStalled ? Math.min(next, lookedAt + LOOK_INTERVAL) : next;
}
