import type { TrackKind } from '@cloudpush/engine/sources';
import type { Frame } from './frame.js';

/**
 * Difference of a frame: it never came, it came with other content, it came once more, it came before or
 * after its turn, it was never sent, or it came as it is with the wrong decoder configuration, wrong times or
 * the wrong key frame mark.
 */
type DifferenceKind =
  | 'lost'
  | 'changed'
  | 'duplicated'
  | 'reordered'
  | 'unexpected'
  | 'configuration'
  | 'timestamp'
  | 'keyFrame';

export interface Difference {
  readonly kind: DifferenceKind;
  readonly track: TrackKind;
  /**
   * Number of the frame in its track, from 1, as it was sent; one past the last for a frame beyond the end.
   */
  readonly frame: number;
  readonly detail: string;
}

export interface Comparison {
  /**
   * Frames that arrived as they were sent: same content, same decoder configuration, same turn, same times.
   */
  readonly matched: number;
  readonly differences: readonly Difference[];
}

/** FLV and RTMP carry whole milliseconds: a time may differ by the rounding, and by no more. */
const TIME_TOLERANCE = 1;

/** Number of frames to look ahead for the place where two sequences meet again. */
const LOOK_AHEAD = 250;

/**
 * Compares what was sent with what was received, frame by frame, each track in its order. Each side may
 * have a clock of its own, but one for both tracks: an offset between the tracks counts as a difference too.
 */
export function compareFrames(sent: readonly Frame[], received: readonly Frame[]): Comparison {
  const shift = shiftBetween(sent, received);
  const walks = (['video', 'audio'] as const).map((track) => {
    const walk = new TrackWalk(track, ofTrack(sent, track), ofTrack(received, track), shift);
    walk.run();
    return walk;
  });
  return {
    matched: walks.reduce((sum, walk) => sum + walk.matched, 0),
    differences: walks.flatMap((walk) => walk.differences),
  };
}

/**
 * From the clock of what was sent to that of what was received: by the first picture that arrived, else the
 * first sound.
 */
function shiftBetween(sent: readonly Frame[], received: readonly Frame[]): number {
  for (const track of ['video', 'audio'] as const) {
    const first = received.find((frame) => frame.kind === track);
    const origin = sent.find((frame) => frame.kind === track && frame.fingerprint === first?.fingerprint);
    if (first !== undefined && origin !== undefined) return first.dts - origin.dts;
  }
  return 0;
}

function ofTrack(frames: readonly Frame[], track: TrackKind): Frame[] {
  return frames.filter((frame) => frame.kind === track);
}

/** Goes through both sides of one track, and after a difference finds the place where they meet again. */
class TrackWalk {
  matched = 0;
  readonly differences: Difference[] = [];
  readonly #track: TrackKind;
  readonly #sent: readonly Frame[];
  readonly #received: readonly Frame[];
  readonly #shift: number;
  #s = 0;
  #r = 0;

  constructor(track: TrackKind, sent: readonly Frame[], received: readonly Frame[], shift: number) {
    this.#track = track;
    this.#sent = sent;
    this.#received = received;
    this.#shift = shift;
  }

  run(): void {
    while (this.#s < this.#sent.length && this.#r < this.#received.length) {
      if (this.#isSame(0, 0)) {
        this.#match();
      } else {
        this.#resync();
      }
    }
    this.#lose(this.#sent.length - this.#s);
    this.#skipUnexpected(this.#received.length - this.#r);
  }

  #isSame(sentAhead: number, receivedAhead: number): boolean {
    const sent = this.#sent[this.#s + sentAhead];
    const received = this.#received[this.#r + receivedAhead];
    return sent !== undefined && received !== undefined && sent.fingerprint === received.fingerprint;
  }

  #match(): void {
    const sent = this.#sent[this.#s]!;
    const received = this.#received[this.#r]!;
    const dts = received.dts - this.#shift;
    const pts = received.pts - this.#shift;
    if (sent.configuration !== received.configuration) {
      this.#differ('configuration', configurationText(received));
    } else if (!isNear(sent.dts, dts)) {
      this.#differ('timestamp', `dts ${ms(dts)} instead of ${ms(sent.dts)}`);
    } else if (!isNear(sent.pts, pts)) {
      this.#differ('timestamp', `pts ${ms(pts)} instead of ${ms(sent.pts)}`);
    } else if (sent.kind === 'video' && sent.keyFrame !== received.keyFrame) {
      this.#differ('keyFrame', received.keyFrame ? 'marked as a key frame' : 'not marked as a key frame');
    } else {
      this.matched++;
    }
    this.#s++;
    this.#r++;
  }

  #resync(): void {
    if (this.#isSame(0, 1) && this.#isSame(1, 0)) {
      this.#differ('reordered', 'came after the frame that follows it');
      this.#s += 2;
      this.#r += 2;
    } else if (this.#repeatsLast() && (this.#isSame(0, 1) || this.#r + 1 === this.#received.length)) {
      this.#differ('duplicated', 'the frame before it came once more', this.#s);
      this.#r++;
    } else {
      this.#lookAhead();
    }
  }

  #repeatsLast(): boolean {
    return this.#received[this.#r]!.fingerprint === this.#received[this.#r - 1]?.fingerprint;
  }

  #lookAhead(): void {
    for (let ahead = 1; ahead <= LOOK_AHEAD; ahead++) {
      if (this.#isSame(ahead, ahead)) break;
      if (this.#isSame(ahead, 0)) {
        this.#lose(ahead);
        return;
      }
      if (this.#isSame(0, ahead)) {
        this.#skipUnexpected(ahead);
        return;
      }
    }
    this.#differ('changed', `other content (dts ${ms(this.#sent[this.#s]!.dts)})`);
    this.#s++;
    this.#r++;
  }

  #lose(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#differ('lost', `never came (dts ${ms(this.#sent[this.#s]!.dts)})`);
      this.#s++;
    }
  }

  #skipUnexpected(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#r > 0 && this.#repeatsLast()) {
        this.#differ('duplicated', 'the frame before it came once more', this.#s);
      } else {
        this.#differ('unexpected', `was never sent (dts ${ms(this.#received[this.#r]!.dts - this.#shift)})`);
      }
      this.#r++;
    }
  }

  #differ(kind: DifferenceKind, detail: string, frame = this.#s + 1): void {
    this.differences.push({ kind, track: this.#track, frame, detail });
  }
}

function configurationText({ kind, configuration }: Frame): string {
  const what = kind === 'video' ? 'parameter sets' : 'AudioSpecificConfig';
  const other = kind === 'video' ? 'other' : 'another';
  return configuration === '' ? `without its ${what}: it cannot be decoded` : `under ${other} ${what}`;
}

function isNear(expected: number, actual: number): boolean {
  return Math.abs(expected - actual) <= TIME_TOLERANCE;
}

function ms(time: number): string {
  return `${Math.round(time * 100) / 100} ms`;
}
