import type { RtmpPublisher } from '@cloudpush/transport';
import { classOf } from '../../base/errors.js';
import type { ShardTarget } from '../../options/destination-config.js';
import type { Connection } from './connection.js';

/** Another place for the stream. */
export interface MoveTarget {
  readonly target: ShardTarget;
  /** The token provider returns it from now on. */
  readonly renewed: boolean;
}

/** The surroundings of a {@link Mover}. */
export interface MoverOwner {
  /** A connection that has yet to be made. */
  createConnection(): Connection;
  /** Makes it. Rejects when it cannot be made. */
  publish(connection: Connection, target: ShardTarget): Promise<void>;
  /** Reason why a server cannot take the stream; undefined when it can. */
  refusalOf(publisher: RtmpPublisher): Error | undefined;
  /** Gives a connection up that the stream does not go to. */
  discard(connection: Connection): void;
  /** The stream stays where it is. */
  onStay(reason: Error): void;
  /** A fault of ours in what a connection that stands has set off. */
  onFault(fault: unknown): void;
}

/** A move that can be made: over a connection that stands, or, without one, after the old one has ended. */
export interface ReadyMove extends MoveTarget {
  readonly connection: Connection | undefined;
}

type State =
  | { readonly kind: 'none' }
  /** Nothing is being published: the next connection leads there. */
  | { readonly kind: 'pending'; readonly move: MoveTarget }
  | { readonly kind: 'connecting'; readonly move: MoveTarget; readonly connection: Connection }
  | { readonly kind: 'ready'; readonly move: MoveTarget; readonly connection: Connection }
  /** The server lets only one connection publish the name: the old one must end first. */
  | { readonly kind: 'afterClose'; readonly move: MoveTarget };

const NONE: State = { kind: 'none' };

/**
 * Moves a stream: makes the connection that is to take it up, while the old one goes on. While nothing is
 * being published, it remembers where the next connection is to lead.
 */
export class Mover {
  readonly #owner: MoverOwner;
  #state: State = NONE;

  constructor(owner: MoverOwner) {
    this.#owner = owner;
  }

  /** The move that is under way while the stream is being published; undefined: none. */
  get underWay(): MoveTarget | undefined {
    const state = this.#state;
    return state.kind === 'none' || state.kind === 'pending' ? undefined : state.move;
  }

  /** A move waits for the next connection. */
  get isPending(): boolean {
    return this.#state.kind === 'pending';
  }

  /** {@link take} gives a move. */
  get canMove(): boolean {
    const { kind } = this.#state;
    return kind === 'ready' || kind === 'afterClose';
  }

  /** Makes a connection to another place, instead of to the one before. */
  start(move: MoveTarget): void {
    this.cancel();
    const connection = this.#owner.createConnection();
    this.#state = { kind: 'connecting', move, connection };
    this.#owner
      .publish(connection, move.target)
      .then(
        () => this.#onConnected(connection),
        (error: Error) => this.#onFailed(connection, error),
      )
      .catch((fault: unknown) => this.#owner.onFault(fault));
  }

  /** Remembers the move for the next connection: nothing is being published. */
  postpone(move: MoveTarget): void {
    this.cancel();
    this.#state = { kind: 'pending', move };
  }

  /** The stream is lost, or rests: the next connection leads where it was about to move. */
  suspend(): void {
    const move = this.cancel();
    if (move !== undefined) this.#state = { kind: 'pending', move };
  }

  /** Hands over the move that the next connection is to make. */
  takePending(): MoveTarget | undefined {
    const state = this.#state;
    if (state.kind !== 'pending') return undefined;
    this.#state = NONE;
    return state.move;
  }

  /** Hands the move over, if it can be made: it is no longer this one's. */
  take(): ReadyMove | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'none':
      case 'pending':
      case 'connecting':
        return undefined;
      case 'ready':
        this.#state = NONE;
        return { ...state.move, connection: state.connection };
      case 'afterClose':
        this.#state = NONE;
        return { ...state.move, connection: undefined };
      default:
        return state satisfies never;
    }
  }

  /** Hands over a move whose connection stands, and no other. */
  takeConnected(): (ReadyMove & { readonly connection: Connection }) | undefined {
    const state = this.#state;
    if (state.kind !== 'ready') return undefined;
    this.#state = NONE;
    return { ...state.move, connection: state.connection };
  }

  /**
   * Gives the move up, with its connection.
   * @returns where it led
   */
  cancel(): MoveTarget | undefined {
    const state = this.#state;
    this.#state = NONE;
    switch (state.kind) {
      case 'none':
        return undefined;
      case 'connecting':
      case 'ready':
        this.#owner.discard(state.connection);
        return state.move;
      case 'pending':
      case 'afterClose':
        return state.move;
      default:
        return state satisfies never;
    }
  }

  /**
   * A connection is gone.
   * @returns false when it is not this one's
   */
  onClosed(connection: Connection, error: Error | undefined): boolean {
    if (!this.#isOwn(connection)) return false;
    this.#state = NONE;
    if (error !== undefined) this.#owner.onStay(error);
    return true;
  }

  #onConnected(connection: Connection): void {
    const state = this.#state;
    if (state.kind !== 'connecting' || state.connection !== connection) return;
    const refusal = this.#owner.refusalOf(connection.publisher!);
    if (refusal === undefined) {
      this.#state = { kind: 'ready', move: state.move, connection };
      return;
    }
    this.cancel();
    this.#owner.onStay(refusal);
  }

  #onFailed(connection: Connection, error: Error): void {
    const state = this.#state;
    if (state.kind !== 'connecting' || state.connection !== connection) return;
    // The name is taken, by ourselves.
    if (classOf(error) === 'busy') {
      this.#state = { kind: 'afterClose', move: state.move };
      return;
    }
    this.#state = NONE;
    this.#owner.onStay(error);
  }

  #isOwn(connection: Connection): boolean {
    const state = this.#state;
    return (state.kind === 'connecting' || state.kind === 'ready') && state.connection === connection;
  }
}
