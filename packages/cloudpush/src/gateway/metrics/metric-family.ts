import type { ChannelState, DestinationState, GatewayState } from '../state.js';

/** The values of the labels of a series, in the order of the family's labels. */
export type LabelValues = readonly string[];
export type Sample = readonly [labels: LabelValues, value: number];

/** A metric with all its series, and where they come from in the state of the gateway. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a summary, the sample without labels is the number of observations. */
  readonly samples: (state: GatewayState) => Iterable<Sample>;
}

type Definition = Pick<MetricFamily, 'name' | 'type' | 'help'>;
/** A value, values by one more label, or undefined: there is none now. */
type Value = number | undefined;

/** A metric without labels. */
export function single(
  definition: Definition & { readonly value: (state: GatewayState) => Value },
): MetricFamily {
  const { value, ...rest } = definition;
  return {
    ...rest,
    labels: [],
    *samples(state) {
      yield* sample([], value(state));
    },
  };
}

/** A metric of each channel. */
export function ofChannels(
  definition: Definition & { readonly value: (channel: ChannelState) => Value },
): MetricFamily {
  const { value, ...rest } = definition;
  return {
    ...rest,
    labels: ['channel'],
    *samples({ channels }) {
      for (const channel of channels) yield* sample([channel.name], value(channel));
    },
  };
}

/** A metric of each channel, with values by one more label. */
export function ofChannelsBy(
  label: string,
  definition: Definition & { readonly values: (channel: ChannelState) => Readonly<Record<string, number>> },
): MetricFamily {
  const { values, ...rest } = definition;
  return {
    ...rest,
    labels: ['channel', label],
    *samples({ channels }) {
      for (const channel of channels) {
        for (const [key, value] of Object.entries(values(channel))) yield [[channel.name, key], value];
      }
    },
  };
}

/** A metric of each destination. */
export function ofDestinations(
  definition: Definition & { readonly value: (destination: DestinationState) => Value },
): MetricFamily {
  const { value, ...rest } = definition;
  return {
    ...rest,
    labels: ['channel', 'destination'],
    *samples({ channels }) {
      for (const { name, destinations } of channels) {
        for (const destination of destinations) yield* sample([name, destination.name], value(destination));
      }
    },
  };
}

/** A metric of each destination, with values by one more label. */
export function ofDestinationsBy(
  label: string,
  definition: Definition & {
    readonly values: (destination: DestinationState) => Readonly<Record<string, number>>;
  },
): MetricFamily {
  const { values, ...rest } = definition;
  return {
    ...rest,
    labels: ['channel', 'destination', label],
    *samples({ channels }) {
      for (const { name, destinations } of channels) {
        for (const destination of destinations) {
          for (const [key, value] of Object.entries(values(destination))) {
            yield [[name, destination.name, key], value];
          }
        }
      }
    },
  };
}

function* sample(labels: LabelValues, value: Value): Iterable<Sample> {
  if (value !== undefined) yield [labels, value];
}
