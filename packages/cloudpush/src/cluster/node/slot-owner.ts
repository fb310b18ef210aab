import type { KeyFrames } from '../records.js';

/** Runs the channels in the slots of a node. */
export interface SlotOwner {
  /**
   * Slots are the node's from now on, by epoch.
   * @param keyFrames what channels in them begin with that were made ready, and that another node has ended
   */
  own(slots: ReadonlyMap<number, number>, keyFrames: KeyFrames): void;
  /** Whether something runs in a slot. */
  isBusy(slot: number): boolean;
  /**
   * Makes ready what is in a slot that is another's, without sending anything: the slot is about to be this
   * node's. Resolves when it could begin at once, or never will.
   */
  prepare(slot: number): Promise<void>;
  /** The slot is not to be this node's after all. */
  forget(slot: number): void;
  /**
   * Ends what runs in a slot, in good order, before a key frame where there is one. Resolves when nothing of
   * it is sent any more, to those key frames.
   */
  release(slot: number): Promise<KeyFrames>;
  /** Ends everything at once. Resolves when nothing is sent any more. */
  drop(): Promise<void>;
}
