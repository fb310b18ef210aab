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
  /** Tells this offer from every other one, of the same slot too. */
  readonly offer: string;
  /** Where the slot's channels have ended, for the next owner to begin there; undefined: they go on still. */
  readonly keyFrames?: KeyFrames | undefined;
}

/** The key frames that channels begin with, by the channel's name. */
export type KeyFrames = Readonly<Record<string, string>>;

/** The answer to an offer: that node could begin at once. */
export interface ReadyRecord extends ClaimRecord {
  readonly offer: string;
}

/** Totals of a node, every ten seconds. */
export interface StatusRecord {
  readonly channels: number;
  /** Bytes a second that leave the node. */
  readonly load: number;
  /** The same by slot, where there is any. */
  readonly loads: Readonly<Record<string, number>>;
}

/** The most slots that data of a cluster may have. */
const MAX_SLOTS = 2 ** 20;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isTextOrNone: Check = (value) => value === undefined || typeof value === 'string';
const isPositive: Check = (value) => typeof value === 'number' && value > 0;
const isObject: Check = (value) => typeof value === 'object' && value !== null;
const isSlots: Check = (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_SLOTS;

/** Reads a record. @returns undefined of what is not of that form: anybody may have written it */
export type RecordReader<T> = (text: string) => T | undefined;

/** Fields that are not checked may be missing; a newer version may write more than this one knows. */
function reader<T>(checks: { readonly [Field in keyof T]?: Check }): RecordReader<T> {
  const all = Object.entries<Check | undefined>(checks);
  return (text) => {
    try {
      const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
      return isObject(value) && all.every(([field, check]) => check?.(value![field]))
        ? (value as T)
        : undefined;
    } catch {
      return undefined;
    }
  };
}

export const readMetaRecord = reader<MetaRecord>({ version: isPositive, slots: isSlots });
export const readNodeRecord = reader<NodeRecord>({
  id: isText,
  capacity: isPositive,
  incarnation: isText,
  address: isTextOrNone,
  state: isText,
  version: isText,
});
export const readClaimRecord = reader<ClaimRecord>({ node: isText, incarnation: isText });
export const readOfferRecord = reader<OfferRecord>({
  node: isText,
  to: isText,
  offer: isText,
  keyFrames: (value) =>
    value === undefined || (isObject(value) && Object.values(value as object).every(isText)),
});
export const readReadyRecord = reader<ReadyRecord>({ node: isText, offer: isText });
export const readStatusRecord = reader<StatusRecord>({ loads: isObject });
