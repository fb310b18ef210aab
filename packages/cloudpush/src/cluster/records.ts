import type { AssignedNode } from './assignment/assignment.js';

/** Of the data in the store: versions that read the same may run side by side. */
export const SCHEMA_VERSION = 1;

export interface MetaRecord {
  readonly version: number;
  readonly slots: number;
}

/** `up`: takes slots · `draining`: gives its slots away, and takes none. */
export type NodeStanding = 'up' | 'draining';

/** A node, as it tells the others of itself. */
export interface NodeRecord extends AssignedNode {
  /** Of one life of the node: another with each lease. */
  readonly incarnation: string;
  /** `http://host:port` of its API; undefined: it has none. */
  readonly address: string | undefined;
  readonly state: NodeStanding;
  /** It makes slots ready that are offered to it; left out by versions that do not know of that. */
  readonly prepares?: boolean | undefined;
  /** Of the program. */
  readonly version: string;
}

/** The owner of a slot. */
export interface ClaimRecord {
  readonly node: string;
  readonly incarnation: string;
}

/** The offer of a slot, by its owner. */
export interface OfferRecord extends ClaimRecord {
  /** The node that is to have it. */
  readonly to: string;
}

/** Totals of a node, every ten seconds. */
export interface StatusRecord {
  readonly channels: number;
  /** Bytes a second that leave the node. */
  readonly load: number;
  /** The same by slot, where there is any. */
  readonly loads: Readonly<Record<string, number>>;
}

/** @returns undefined of what is not of that form: a newer version may write more than this one reads */
export function parseRecord<T>(text: string, ...needed: readonly (keyof T & string)[]): T | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    const isWhole = value !== null && needed.every((key) => value[key] !== undefined);
    return isWhole ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
