/** Types of RTMP messages (RTMP 1.0 §7.1). */
export const AUDIO = 8;
export const VIDEO = 9;

/** Requests to the far side: to have no more faults, or to say what it saw and end. */
export type FarRequest = 'heal' | 'report';

/** Arrivals of one stream. */
export interface Stretch {
  /** Numbers of packets; −1: none. */
  first: number;
  last: number;
  pictures: number;
  frames: number;
  /** Messages that are not, bit for bit, packets of the channel. */
  altered: number;
  /** Packets that came behind later ones, or twice. */
  disordered: number;
}

export interface FarReport {
  /** Faults that took effect, by kind. */
  readonly injected: Readonly<Record<string, number>>;
  readonly connections: number;
  /** Of each channel, each of its streams. */
  readonly stretches: readonly (readonly Stretch[])[];
}
