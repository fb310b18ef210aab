import type { ConfigurationFault } from '../../state.js';

/** A channel's configuration while it is edited, as the configuration file has it. */
export type ChannelDocument = Readonly<Record<string, unknown>>;

/** Configuration that the form of a new channel begins with. */
export const newDocument: ChannelDocument = { source: '', destinations: [''] };

/** A part of the source: `url`, or another key of its map. An empty text where it says nothing. */
export function sourceField(document: ChannelDocument, key: string): string {
  const { source } = document;
  if (typeof source === 'string') return key === 'url' ? source : '';
  return textOf(isMap(source) ? source[key] : undefined);
}

/** Tells whether the source is, or may become, a URL: others are edited as YAML only. */
export function hasUrlSource({ source }: ChannelDocument): boolean {
  return source === undefined || typeof source === 'string' || (isMap(source) && 'url' in source);
}

/**
 * The document with a part of its source changed; an empty text takes it out. A source with nothing but its
 * URL is the URL itself.
 */
export function withSourceField(document: ChannelDocument, key: string, value: string): ChannelDocument {
  const { source } = document;
  const map = isMap(source) ? source : { url: textOf(source) };
  const next = key === 'url' ? { ...map, url: value } : withKey(map, key, value);
  return { ...document, source: Object.keys(next).length === 1 ? next['url'] : next };
}

/** A key that holds a plain text, such as `audio`. */
export function textField(document: ChannelDocument, key: string): string {
  return textOf(document[key]);
}

/** The document with a key changed; an empty text takes it out, and the default holds. */
export function withTextField(document: ChannelDocument, key: string, value: string): ChannelDocument {
  return withKey(document, key, value);
}

/** Labels as one text: `site=north, floor=2`. */
export function labelsText({ labels }: ChannelDocument): string {
  if (!isMap(labels)) return '';
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** The document with these labels. What has no `=` is a label without value. */
export function withLabels({ labels: _, ...rest }: ChannelDocument, text: string): ChannelDocument {
  const pairs = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => /^([^=]*)=?(.*)$/s.exec(part)!)
    .map(([, name, value]) => [name!.trim(), value!.trim()]);
  return pairs.length === 0 ? rest : { ...rest, labels: Object.fromEntries(pairs) };
}

/** One row of the form. */
export interface DestinationField {
  readonly name: string;
  /** Undefined where a device stands in its place: such a one is edited as YAML only. */
  readonly url: string | undefined;
}

/** The destinations, in their order. */
export function destinationFields(document: ChannelDocument): DestinationField[] {
  return destinationsOf(document).map((destination) => {
    if (!isMap(destination)) return { name: '', url: textOf(destination) };
    const url = destination['url'];
    return { name: textOf(destination['name']), url: url === undefined ? undefined : textOf(url) };
  });
}

/** The document with one destination changed, or with one more; its other keys stay. */
export function withDestination(
  document: ChannelDocument,
  index: number,
  field: Partial<DestinationField>,
): ChannelDocument {
  const destinations = [...destinationsOf(document)];
  const before = destinations[index];
  const map = isMap(before) ? before : { url: textOf(before) };
  const named = field.name === undefined ? map : withKey(map, 'name', field.name);
  const next = field.url === undefined ? named : { ...named, url: field.url };
  destinations[index] = Object.keys(next).length === 1 && 'url' in next ? next['url'] : next;
  return { ...document, destinations };
}

/** The document without one destination. */
export function withoutDestination(document: ChannelDocument, index: number): ChannelDocument {
  return { ...document, destinations: destinationsOf(document).filter((_, at) => at !== index) };
}

/**
 * Sorts faults by the field that they stand at: `name`, `source`, `destinations.0`, any key, or empty for
 * the whole.
 */
export function faultsByField(
  faults: readonly ConfigurationFault[],
  channel: string,
): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>();
  for (const { path, message } of faults) {
    const field = fieldOf(path, channel);
    result.set(field, [...(result.get(field) ?? []), message]);
  }
  return result;
}

function fieldOf(path: string, channel: string): string {
  const prefix = `channels.${channel}`;
  if (path === 'channels') return 'name';
  if (path !== prefix && !path.startsWith(`${prefix}.`) && !path.startsWith(`${prefix}[`)) return '';
  const [first = '', second] = path
    .slice(prefix.length)
    .split(/[.[\]]+/)
    .filter((part) => part !== '');
  return first === 'destinations' && second !== undefined ? `${first}.${second}` : first;
}

function destinationsOf({ destinations }: ChannelDocument): readonly unknown[] {
  return Array.isArray(destinations) ? destinations : [];
}

function withKey(map: ChannelDocument, key: string, value: string): ChannelDocument {
  const { [key]: _, ...rest } = map;
  return value === '' ? rest : { ...map, [key]: value };
}

function isMap(value: unknown): value is ChannelDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
