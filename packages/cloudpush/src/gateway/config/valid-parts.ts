import type { GatewayDocument } from './schema.js';
import type { SchemaFault } from './validation.js';

type Sections = Record<string, unknown>;

/** Sections that stand for those at fault, where others look at them; the rest is left out. */
const STAND_INS: Readonly<Record<keyof GatewayDocument & string, unknown>> & Readonly<Sections> = {
  version: 1,
  log: undefined,
  // As many destinations as there are: the limit is not known.
  engine: { maxConnections: Number.MAX_SAFE_INTEGER },
  api: undefined,
  metrics: undefined,
  stopTimeout: undefined,
  watch: undefined,
  spool: { folder: '.' },
  cluster: undefined,
  tokenServer: { url: 'http://localhost/' },
  channelDefaults: undefined,
  channels: {},
};

/** Sections that cannot be judged without another: where that is at fault, they are left out as well. */
const DEPENDENT: ReadonlyMap<string, readonly string[]> = new Map([
  ['api', ['metrics', 'cluster']],
  // Channels of a cluster are counted elsewhere.
  ['cluster', ['engine']],
  ['channelDefaults', ['channels']],
]);

/**
 * The parts of a document that the schema permits, whole sections and whole channels, so that faults of their
 * values can be told together with those that the schema has found elsewhere.
 * @returns undefined when nothing can be told from it
 */
export function validParts(values: unknown, faults: readonly SchemaFault[]): GatewayDocument | undefined {
  if (!isMap(values) || faults.some(({ path }) => path.length === 0)) return undefined;
  const parts: Sections = { ...values };
  const { channels } = values;
  const withhold = (section: string): void => {
    parts[section] = Object.hasOwn(STAND_INS, section) ? STAND_INS[section] : undefined;
    for (const dependent of DEPENDENT.get(section) ?? []) withhold(dependent);
  };
  if (isMap(channels)) {
    const faulty = new Set(faults.filter(({ path }) => path[0] === 'channels').map(({ path }) => path[1]));
    parts['channels'] = Object.fromEntries(Object.entries(channels).filter(([name]) => !faulty.has(name)));
  }
  for (const { path } of faults) if (path[0] !== 'channels' || !isMap(channels)) withhold(String(path[0]));
  return parts as unknown as GatewayDocument;
}

export function isMap(value: unknown): value is Sections {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
