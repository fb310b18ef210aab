import type { Metric, Result, Sample } from './model.js';

/** How long each measurement takes, in seconds. */
export interface Times {
  readonly seconds: number;
  readonly warmUp: number;
  /** Of whole programs, whose code is optimized while they run. */
  readonly programWarmUp: number;
}

/** One of those that an experiment measures in turns. */
export interface Contestant {
  readonly name: string;
  /** A program that must be installed; without it the contestant is left out. */
  readonly needs?: string;
  /** It is not measured beyond this x: it would take too much of the machine. */
  readonly upTo?: number;
  /** It is left out of a quick run. */
  readonly slow?: boolean;
  measure(x: number, times: Times): Promise<Sample>;
}

/** A question, and those who answer it. */
export interface Experiment extends Omit<Result, 'entries'> {
  readonly xs: readonly number[];
  /** In a quick run; none: it is left out. */
  readonly quickXs: readonly number[];
  readonly contestants: readonly Contestant[];
  readonly main: Metric;
}
