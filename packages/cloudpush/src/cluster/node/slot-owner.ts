/** Runs the channels in the slots of a node. */
export interface SlotOwner {
  /** Slots are the node's from now on, by epoch. */
  own(slots: ReadonlyMap<number, number>): void;
  /** Whether something runs in a slot. */
  isBusy(slot: number): boolean;
  /** Ends what runs in a slot, in good order. Resolves when nothing of it is sent any more. */
  release(slot: number): Promise<void>;
  /** Ends everything at once. Resolves when nothing is sent any more. */
  drop(): Promise<void>;
}
