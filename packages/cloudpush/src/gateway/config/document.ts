import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  YAMLParseError,
} from 'yaml';
import type { ConfigurationFault } from '../state.js';
import { readYaml } from './yaml.js';

/** Names of keys, and numbers of list entries, from the root. */
export type Path = readonly (string | number)[];

/** A configuration of 10,000 channels has about 3 MB. */
export const MAX_DOCUMENT_LENGTH = 32 * 1024 * 1024;

/** A YAML document that remembers where each of its values stands. */
export class ConfigurationDocument {
  readonly #lines = new LineCounter();
  readonly document: Document.Parsed;

  constructor(text: string) {
    this.document = this.#read(text);
  }

  /** A text that is not even read is an empty document with that fault. */
  #read(text: string): Document.Parsed {
    try {
      return readYaml(text, this.#lines);
    } catch (error) {
      if (!(error instanceof YAMLParseError)) throw error;
      const empty = readYaml('');
      empty.errors.push(error);
      return empty;
    }
  }

  /** Nothing stands in it but space and comments. */
  get isEmpty(): boolean {
    const { contents } = this.document;
    return contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
  }

  /** Faults of the YAML itself, the first one of each line: most others follow from it. */
  syntaxFaults(): ConfigurationFault[] {
    const faults = new Map<number, ConfigurationFault>();
    for (const { pos, message } of this.document.errors) {
      const place = this.#at(pos[0]);
      if (faults.has(place.line)) continue;
      faults.set(place.line, { ...place, path: '', message: `not valid YAML: ${message}` });
    }
    return [...faults.values()];
  }

  /**
   * The document as plain values.
   * @throws Error when its aliases grow beyond measure
   */
  value(): unknown {
    return this.document.toJS({ maxAliasCount: 10_000 });
  }

  /**
   * A fault with its place: that of the value at `path`, or of the nearest one around it that stands in the
   * text.
   * @param atKey the place of the key in front of the value instead
   */
  fault(path: Path, message: string, atKey = false): ConfigurationFault {
    const offset = this.#offsetOf(path, atKey);
    return { ...(offset === undefined ? {} : this.#at(offset)), path: pathText(path), message };
  }

  #at(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #offsetOf(path: Path, atKey: boolean): number | undefined {
    let node: Node | null | undefined = this.document.contents;
    let offset = node?.range?.[0];
    for (const [index, key] of path.entries()) {
      const next = this.#step(node, key);
      if (next === undefined) break;
      const isLast = index === path.length - 1;
      node = next.value;
      // A key without a value is shown where the key stands.
      offset = (isLast && atKey ? next.keyOffset : node?.range?.[0]) ?? next.keyOffset ?? offset;
    }
    return offset;
  }

  #step(
    parent: Node | null | undefined,
    key: string | number,
  ): { value: Node | null | undefined; keyOffset: number | undefined } | undefined {
    const node = isAlias(parent) ? parent.resolve(this.document) : parent;
    if (isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      return item === undefined ? undefined : { value: item, keyOffset: item.range?.[0] };
    }
    if (!isMap(node)) return undefined;
    const pair = (node.items as Pair<Node, Node | null>[]).find(
      (one) => isScalar(one.key) && String(one.key.value) === String(key),
    );
    return pair === undefined ? undefined : { value: pair.value, keyOffset: pair.key.range?.[0] };
  }
}

/** `channels.gate.destinations[0].url` */
export function pathText(path: Path): string {
  let text = '';
  for (const key of path) {
    text += typeof key === 'number' ? `[${key}]` : text === '' ? key : `.${key}`;
  }
  return text;
}
