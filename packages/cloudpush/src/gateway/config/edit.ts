import { isDeepStrictEqual } from 'node:util';
import { isMap, type YAMLMap } from 'yaml';
import { readYaml } from './yaml.js';

type Path = readonly string[];

/** New values of channels; undefined where one is removed. */
export type ChannelEdits = ReadonlyMap<string, unknown>;

/**
 * The text of a configuration with some of its channels changed. Whatever is not concerned stays as it was
 * written, comments included.
 * @param text valid YAML
 */
export function editChannels(text: string, edits: ChannelEdits): string {
  const document = readYaml(text);
  const channels = document.get('channels') as YAMLMap | undefined;
  if (isMap(channels) && channels.items.length === 0) channels.flow = false;
  const values =
    (document.toJS({ maxAliasCount: 10_000 }) as { channels?: Record<string, unknown> }).channels ?? {};
  for (const [name, value] of edits) change(['channels', name], values[name], value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });

  function change(path: Path, before: unknown, after: unknown): void {
    if (isDeepStrictEqual(before, after)) return;
    if (after === undefined) {
      document.deleteIn(path);
      return;
    }
    const node = document.getIn(path, true);
    if (!isMap(node) || !isRecord(before) || !isRecord(after)) {
      document.setIn(path, document.createNode(after));
      return;
    }
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      // Keys that a merge key brings in stand elsewhere: leaving one out needs the whole value anew.
      if (after[key] === undefined && !node.has(key)) {
        document.setIn(path, document.createNode(after));
        return;
      }
      change([...path, key], before[key], after[key]);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
