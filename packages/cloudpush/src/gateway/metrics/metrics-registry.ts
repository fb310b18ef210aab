import { Counter, Gauge, Registry, Summary } from 'prom-client';
import type { GatewayState } from '../state.js';
import { channelInfo } from './channel-info.js';
import { metricFamilies } from './metric-families.js';
import type { LabelValues, MetricFamily, Sample } from './metric-family.js';

/**
 * The metrics of the gateway in the text format of Prometheus, made of its state when they are asked for. All
 * who ask at the same time get the same text.
 */
export class MetricsRegistry {
  readonly #registry = new Registry();
  readonly #takeState: () => Promise<GatewayState>;
  #state: GatewayState | undefined;
  #scrape: Promise<string> | undefined;

  constructor(takeState: () => Promise<GatewayState>) {
    this.#takeState = takeState;
    for (const family of metricFamilies) this.#register(family);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Rejects when the gateway gives no state. */
  scrape(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  async #collect(): Promise<string> {
    const state = await this.#takeState();
    this.#state = state;
    // The set of labels changes with the configuration: this metric is made anew each time.
    this.#registry.removeSingleMetric(channelInfo.name);
    this.#register({ ...channelInfo, labels: channelInfo.labelsOf(state) });
    const text = await this.#registry.metrics();
    this.#state = undefined;
    return text;
  }

  #register(family: MetricFamily): void {
    const { name, help } = family;
    const registers = [this.#registry];
    const labelNames = [...family.labels];
    const samples = () => (this.#state === undefined ? [] : family.samples(this.#state));
    switch (family.type) {
      case 'gauge':
        new Gauge({
          name,
          help,
          labelNames,
          registers,
          collect() {
            this.reset();
            for (const [labels, value] of samples()) this.set(labelled(labelNames, labels), value);
          },
        });
        return;
      case 'counter':
        new Counter({
          name,
          help,
          labelNames,
          registers,
          collect() {
            this.reset();
            for (const [labels, value] of samples()) this.inc(labelled(labelNames, labels), value);
          },
        });
        return;
      case 'summary':
        new CollectedSummary(family, samples, this.#registry);
        return;
      default:
        family.type satisfies never;
    }
  }
}

/** A summary whose quantiles somebody else has computed: prom-client's own takes single observations only. */
class CollectedSummary extends Summary {
  readonly #family: MetricFamily;
  readonly #samples: () => Iterable<Sample>;

  constructor(family: MetricFamily, samples: () => Iterable<Sample>, registry: Registry) {
    super({ name: family.name, help: family.help, percentiles: [], registers: [registry] });
    this.#family = family;
    this.#samples = samples;
  }

  override async get() {
    const { name, labels: names } = this.#family;
    const values = [...this.#samples()].map(([labels, value]) =>
      // The number of observations has no label.
      labels.length === 0
        ? { metricName: `${name}_count`, labels: {}, value }
        : { metricName: name, labels: labelled(names, labels), value },
    );
    return { ...(await super.get()), values };
  }
}

function labelled(names: readonly string[], values: LabelValues): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}
