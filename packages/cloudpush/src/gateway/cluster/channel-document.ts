import { slotOf } from '../../cluster/assignment/assignment.js';
import { type ClusterKeys, lastPart } from '../../cluster/keys.js';
import type { Entry } from '../../cluster/store/cluster-store.js';

/** A channel's configuration as it stands in the store; its schema has not been looked at. */
export type ChannelDocument = Readonly<Record<string, unknown>>;

/**
 * A channel as an entry of the store has it, or why that is none: other programs, and damaged disks, write
 * what they like.
 */
export type ReadChannel = {
  readonly name: string;
  /** Of its latest change. */
  readonly revision: number;
} & (
  | { readonly document: ChannelDocument; readonly fault?: undefined; readonly isMisplaced?: undefined }
  | {
      readonly document?: undefined;
      readonly fault: string;
      /** The key is not that of the channel of its name. */
      readonly isMisplaced: boolean;
    }
);

/** Reads an entry of the channels. @param slots of the cluster */
export function readChannel({ key, value, revision }: Entry, keys: ClusterKeys, slots: number): ReadChannel {
  const name = lastPart(key);
  const own = keys.channel(slotOf(name, slots), name);
  // Two nodes would run a channel that stands in two slots.
  if (key !== own) {
    const fault = `${key} stands where no channel is looked for: remove it from the store`;
    return { name, revision, fault, isMisplaced: true };
  }
  const document = objectOf(value);
  if (document !== undefined) return { name, revision, document };
  const fault = `the value of ${key} in the store is not a JSON object: write the channel anew, or remove it`;
  return { name, revision, fault, isMisplaced: false };
}

function objectOf(text: string): ChannelDocument | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as ChannelDocument) : undefined;
  } catch {
    return undefined;
  }
}
