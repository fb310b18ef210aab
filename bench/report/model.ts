/** A quantity that a contestant is measured by. */
export type Metric =
  | 'cpuPerPacket'
  | 'cores'
  | 'cpuPerGigabyte'
  | 'gigabytesPerSecond'
  | 'p50'
  | 'p99'
  | 'rss'
  | 'lost'
  | 'cpuTime'
  | 'elapsed';

/** How a metric is written, and which way is better. */
export interface MetricInfo {
  readonly label: string;
  readonly unit: string;
  readonly decimals: number;
  readonly better: 'less' | 'more';
}

export const METRICS: Readonly<Record<Metric, MetricInfo>> = {
  cpuPerPacket: { label: 'CPU a packet', unit: 'µs', decimals: 1, better: 'less' },
  cores: { label: 'Processor', unit: 'cores', decimals: 3, better: 'less' },
  cpuPerGigabyte: { label: 'CPU time for a gigabyte', unit: 's', decimals: 2, better: 'less' },
  gigabytesPerSecond: { label: 'Throughput', unit: 'GB/s', decimals: 2, better: 'more' },
  p50: { label: 'Latency of a packet, median', unit: 'ms', decimals: 2, better: 'less' },
  p99: { label: 'Latency of a packet, 99th percentile', unit: 'ms', decimals: 2, better: 'less' },
  rss: { label: 'Resident memory', unit: 'MiB', decimals: 0, better: 'less' },
  lost: { label: 'Packets refused or dropped', unit: 'packets', decimals: 0, better: 'less' },
  cpuTime: { label: 'CPU time', unit: 'ms', decimals: 0, better: 'less' },
  elapsed: { label: 'Time', unit: 'ms', decimals: 0, better: 'less' },
};

/** One measurement of a contestant, in the units of {@link METRICS}. */
export type Sample = Readonly<Partial<Record<Metric, number>>>;

/** A contestant at one place of the x axis: a sample for each round. */
export interface Entry {
  readonly contestant: string;
  readonly x: number;
  readonly samples: readonly Sample[];
}

/** The outcome of an experiment, with what a reader needs to understand it. */
export interface Result {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** The x axis: its name, and whether it is drawn as a curve or as groups of bars. */
  readonly x: { readonly label: string; readonly kind: 'curve' | 'bars' };
  /** The contestant that the others are put beside. */
  readonly reference: string;
  /** The metric whose ratios are stated and guarded. */
  readonly main: Metric;
  /** The metrics that get a picture. */
  readonly pictures: readonly Metric[];
  readonly entries: readonly Entry[];
}

/** The machine as far as figures depend on it. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a processor when the run began, on average over a minute. */
  readonly load: number;
}

/** A whole run. */
export interface Report {
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Seconds of each measurement. */
  readonly seconds: number;
  /** Seconds before each measurement; undefined: an older report does not say. */
  readonly warmUp?: number | undefined;
  readonly results: readonly Result[];
}
