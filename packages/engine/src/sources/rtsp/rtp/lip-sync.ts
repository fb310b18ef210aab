import type { SenderReport } from './rtcp.js';
import type { TrackClock } from './track-clock.js';

/**
 * Milliseconds that wall clock and RTP clock may part between two reports before it is a step of the wall
 * clock.
 */
const MAX_DRIFT = 50;
/** Milliseconds between two tracks above which the reports are not believed: nobody would watch that. */
const MAX_SHIFT = 10_000;
/** Part of a small difference that one report mends: cameras write their reports some milliseconds off. */
const SMOOTHING = 0.25;
/** Milliseconds above which a difference is mended at once. */
const NOTICEABLE = 20;

interface SyncedTrack {
  readonly clock: TrackClock;
  /** The camera's wall clock at the origin of the timeline, by the last report; NaN: none yet. */
  wallClockAtOrigin: number;
  /** Steps of the wall clock known of when that report came. */
  epoch: number;
  aligned: boolean;
}

/**
 * Keeps the tracks of a camera in step by its sender reports (RFC 3550 §6.4.1). The first track is the
 * reference, and is never moved. When the camera sets its wall clock, tracks are compared again once each has
 * had a report since.
 */
export class LipSync {
  readonly #tracks: SyncedTrack[] = [];
  #epoch = 0;

  /** Adds a track; the one that pictures hang on comes first. */
  add(clock: TrackClock): number {
    return this.#tracks.push({ clock, wallClockAtOrigin: Number.NaN, epoch: 0, aligned: false }) - 1;
  }

  /** Takes a sender report of a track; `position` is what `add()` gave. */
  report(position: number, report: SenderReport): void {
    const track = this.#tracks[position]!;
    const time = track.clock.timeOfTimestamp(report.rtpTime);
    if (Number.isNaN(time) || report.compactNtp === 0) return;
    const wallClockAtOrigin = report.ntpTime - time;
    if (Math.abs(wallClockAtOrigin - track.wallClockAtOrigin) > MAX_DRIFT) this.#epoch++;
    track.wallClockAtOrigin = wallClockAtOrigin;
    track.epoch = this.#epoch;
    for (let i = 1; i < this.#tracks.length; i++) this.#align(this.#tracks[i]!);
  }

  #align(track: SyncedTrack): void {
    const reference = this.#tracks[0]!;
    if (reference.epoch !== this.#epoch || track.epoch !== this.#epoch) return;
    const wanted = track.wallClockAtOrigin - reference.wallClockAtOrigin;
    if (Number.isNaN(wanted) || Math.abs(wanted) > MAX_SHIFT) return;
    const difference = wanted - track.clock.shift;
    const atOnce = !track.aligned || Math.abs(difference) > NOTICEABLE;
    track.clock.shift += atOnce ? difference : difference * SMOOTHING;
    track.aligned = true;
  }
}
