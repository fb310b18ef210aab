import type { MetaRecord, NodeStanding } from '../records.js';
import { isStoreError, type Lease } from '../store/cluster-store.js';
import { readMeta } from './cluster-meta.js';
import { ClusterView } from './cluster-view.js';
import { type GrantedLease, grantLease, NodeLife } from './node-life.js';
import type { NodeEventType, NodeParts } from './node-parts.js';
import { Settling } from './settling.js';
import { sendStatus } from './status.js';
import { ToldEntries } from './told-entries.js';

/**
 * Changes that come together are answered together; a node that restarts is back before others take its
 * slots. In ms.
 */
const SETTLE = 150;
/** Before the store is asked again that did not answer, in ms. */
const RETRY = 500;

/**
 * Where the node is: `joining` asks for its first lease · `up` and `draining` have one · `fenced`: the lease
 * is over, or may be, and what ran is being dropped · `rejoining` asks for the next lease, with nothing
 * running · `left`.
 */
type State =
  | { readonly kind: 'joining' | 'rejoining' | 'fenced' | 'left' }
  | { readonly kind: NodeStanding; readonly life: NodeLife; readonly isolated: boolean };

type NodeState = State['kind'];

/** A node of a cluster. Its state changes here and nowhere else. */
export class ClusterNode {
  readonly #parts: NodeParts;
  #state: State = { kind: 'joining' };
  #view: ClusterView | undefined;
  #standing: NodeStanding = 'up';
  #fences = 0;
  #claimedBefore = 0;
  #movedBefore = 0;
  readonly #settling: Settling;
  readonly #malformed = new ToldEntries();
  #cancelLook: () => void = () => {};
  #cancelStatus: () => void = () => {};

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#settling = new Settling(parts.clock, SETTLE, () => this.#reconcile());
  }

  get state(): NodeState {
    return this.#state.kind;
  }

  /** The store does not answer, and what is connected goes on. */
  get isIsolated(): boolean {
    return 'life' in this.#state && this.#state.isolated;
  }

  /** Undefined before the first answer of the store. */
  get view(): ClusterView | undefined {
    return this.#view;
  }

  /** Epoch by slot. */
  get owned(): ReadonlyMap<number, number> {
    return this.#life?.claims.owned ?? new Map();
  }

  get lease(): Lease | undefined {
    return this.#life?.keeper.lease;
  }

  /** Counted since the node began; times in ms. */
  get figures() {
    const { keeper, claims } = this.#life ?? {};
    return {
      leaseRemaining: keeper === undefined ? 0 : Math.max(0, keeper.until - this.#parts.clock.now()),
      storeLatency: keeper?.latency ?? 0,
      claims: this.#claimedBefore + (claims?.claimed ?? 0),
      moves: this.#movedBefore + (claims?.moved ?? 0),
      fences: this.#fences,
      slots: claims?.owned.size ?? 0,
    };
  }

  get #life(): NodeLife | undefined {
    return 'life' in this.#state ? this.#state.life : undefined;
  }

  /**
   * Joins the cluster, as soon as the store answers.
   * @throws StoreError `refused`; Error when the store holds the data of another version
   */
  async start(): Promise<void> {
    const { store, keys, clock, predecessor, ttl } = this.#parts;
    const meta = await this.#firstAnswer();
    if (meta === undefined) return;
    if (predecessor !== undefined) await store.leave({ id: predecessor, ttl }).catch(() => {});
    const { slots } = meta;
    this.#view = new ClusterView(store, keys, { slots, clock, onChange: () => this.#onView() });
    await this.#view.start();
    await this.#join();
    if (this.#life !== undefined) this.#cancelStatus = sendStatus(this.#parts, () => this.lease);
  }

  /** Gives all slots away, one by one, and takes none until {@link resume}. */
  async drain(): Promise<void> {
    await this.#stand('draining');
  }

  async resume(): Promise<void> {
    await this.#stand('up');
  }

  /**
   * Hands everything over and leaves.
   * @param timeout the longest that handing over may take, in ms; what is left then is ended here
   */
  async leave(timeout: number): Promise<void> {
    if (this.#life !== undefined) {
      const deadline = this.#parts.clock.now() + timeout;
      await this.drain().catch(() => {});
      // Without anybody who takes slots there is nothing to wait for.
      while (
        this.#view?.assignment() !== undefined &&
        this.owned.size > 0 &&
        this.#parts.clock.now() < deadline
      ) {
        await this.#pause(SETTLE / 3);
      }
    }
    const life = this.#life;
    this.#endLife();
    this.#state = { kind: 'left' };
    this.#cancelStatus();
    this.#view?.close();
    await this.#parts.owner.drop();
    this.#parts.fence.close();
    if (life !== undefined) await this.#parts.store.leave(life.keeper.lease).catch(() => {});
  }

  /** Slots and version of the cluster, as soon as the store answers; undefined: the node has left before. */
  async #firstAnswer(): Promise<MetaRecord | undefined> {
    const { store, keys } = this.#parts;
    for (let attempt = 0; this.state !== 'left'; attempt++) {
      try {
        return await readMeta(store, keys);
      } catch (error) {
        if (!isStoreError(error, 'unavailable')) throw error;
        if (attempt === 0) this.#tell('isolated', `the store does not answer: ${error.message}`);
        await this.#pause(RETRY);
      }
    }
    return undefined;
  }

  /**
   * Begins a life. Nothing of the life before may run: others read the new incarnation as an end of the old
   * one.
   * @param before the lease of that life
   */
  async #join(before?: Lease): Promise<void> {
    const { store, self, keys } = this.#parts;
    while (this.#isJoining) {
      try {
        const granted = await grantLease(this.#parts, () => this.#standing);
        if (!this.#isJoining) {
          await store.leave(granted.lease).catch(() => {});
          return;
        }
        // A new leader of the store gives every lease its whole time again: nobody may wait for the old one.
        if (before !== undefined) void store.leave(before).catch(() => {});
        this.#begin(granted);
        this.#tell('joined', `${self.id} has joined the cluster ${keys.meta.split('/')[1]}`);
      } catch (error) {
        if (isStoreError(error, 'refused')) this.#tell('refused', error.message);
        await this.#pause(RETRY);
      }
    }
  }

  get #isJoining(): boolean {
    return this.state === 'joining' || this.state === 'rejoining';
  }

  #begin(granted: GrantedLease): void {
    const life: NodeLife = new NodeLife(this.#parts, granted, this.#view!, {
      onKept: (until) => this.#onKept(until),
      onLost: () => this.#onLost('leaseLost', 'the store says that the lease is over'),
    });
    this.#state = { kind: this.#standing, life, isolated: false };
    this.#look();
    this.#settling.run();
  }

  #onKept(until: number): void {
    this.#parts.fence.extend(until);
    const state = this.#state;
    if (!('life' in state) || !state.isolated) return;
    this.#state = { ...state, isolated: false };
    this.#tell('reconnected', 'the store answers again, and the lease has lasted');
    this.#settling.run();
  }

  /** Looks whether the lease still lasts, when it may not. */
  #look(): void {
    this.#cancelLook();
    const { clock, fence } = this.#parts;
    const state = this.#state;
    if (!('life' in state)) return;
    const left = state.life.keeper.until - clock.now();
    if (left > 0) {
      this.#cancelLook = clock.after(left, () => this.#look());
      return;
    }
    if (fence.isolation === 'fence') {
      this.#onLost('fenced', 'the lease could not be renewed in time: all connections are reset');
      return;
    }
    if (!state.isolated) {
      this.#state = { ...state, isolated: true };
      this.#tell(
        'isolated',
        'the lease could not be renewed in time: what is connected goes on, and nothing connects anew',
      );
    }
    this.#cancelLook = clock.after(RETRY, () => this.#look());
  }

  #onLost(type: 'fenced' | 'leaseLost', message: string): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#parts.fence.close();
    this.#endLife();
    this.#fences++;
    this.#state = { kind: 'fenced' };
    this.#tell(type, message);
    void this.#rejoin(life);
  }

  async #rejoin(life: NodeLife): Promise<void> {
    await this.#parts.owner.drop();
    // It may have lasted after all: what hangs on it must not keep others from taking it.
    void this.#parts.store.leave(life.keeper.lease).catch(() => {});
    if (this.state !== 'fenced') return;
    this.#state = { kind: 'rejoining' };
    await this.#join(life.keeper.lease);
  }

  #endLife(): void {
    const life = this.#life;
    if (life === undefined) return;
    life.end();
    this.#claimedBefore += life.claims.claimed;
    this.#movedBefore += life.claims.moved;
    this.#cancelLook();
    this.#settling.cancel();
  }

  async #stand(standing: NodeStanding): Promise<void> {
    this.#standing = standing;
    const state = this.#state;
    if (!('life' in state)) return;
    await state.life.stand(standing);
    if (!('life' in this.#state)) return;
    this.#state = { ...this.#state, kind: standing };
    if (standing === 'draining') this.#tell('draining', 'the node gives its slots away');
  }

  #onView(): void {
    this.#settling.run();
    // A slot that was offered is not waited for: its stream stands still meanwhile. If it fails, it is done
    // again with all the rest.
    if (!this.isIsolated) this.#life?.claims.takeOffered().catch(() => {});
  }

  async #reconcile(): Promise<void> {
    const state = this.#state;
    if (!('life' in state) || state.isolated || this.#view?.isReady !== true) return;
    for (const { key } of this.#malformed.fresh(this.#view.malformed)) {
      this.#tell('malformed', `the value of ${key} in the store cannot be read: remove it`);
    }
    try {
      await state.life.claims.reconcile();
    } catch {
      // The beats say whether the lease still lasts.
      await this.#pause(RETRY);
      this.#settling.run();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ms, resolve));
  }

  #tell(type: NodeEventType, message: string): void {
    this.#parts.onEvent?.(type, message);
  }
}
