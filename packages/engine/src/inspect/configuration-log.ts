import { BoundedList, type ListReport } from './bounded-list.js';

/** A configuration that came in mid-stream: other parameter sets, or another header. */
export type ConfigurationChange<Configuration> = Configuration & {
  /** Offset of the first sample under it, in bytes. */
  readonly offset: number;
  /** Decoding time of that sample, in ms. */
  readonly at: number;
};

/** Notes how the configuration of a track changes. */
export class ConfigurationLog<Parameters extends object, Configuration> {
  readonly #describe: (parameters: Parameters) => Configuration;
  readonly #changes = new BoundedList<ConfigurationChange<Configuration>>();
  #first: Parameters | undefined;
  #current: Parameters | undefined;

  /** @param describe what of the muxer's parameters is worth reporting */
  constructor(describe: (parameters: Parameters) => Configuration) {
    this.#describe = describe;
  }

  /** The configuration that the track begins with; undefined while none has come. */
  get first(): Configuration | undefined {
    return this.#first === undefined ? undefined : this.#describe(this.#first);
  }

  /**
   * Takes in what is in force for a sample: the same object as long as nothing in it changes.
   * @param changed the bytes of the configuration are others, whatever they tell
   */
  see(parameters: Parameters, changed: boolean, offset: number, at: number): void {
    if (this.#first === undefined) {
      this.#first = parameters;
    } else if (changed || parameters !== this.#current) {
      this.#changes.add({ ...this.#describe(parameters), offset, at });
    }
    this.#current = parameters;
  }

  report(): ListReport<ConfigurationChange<Configuration>> {
    return this.#changes.report();
  }
}
