import type { AmfValue, RtmpPublisher } from '@cloudpush/transport';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { ClosingConnections } from './closing-connections.js';
import type { Connection, ConnectionOwner } from './connection.js';
import type { ConnectionAttempt } from './connection-attempt.js';
import { MoveRequests } from './move-requests.js';
import { Mover, type MoverOwner } from './mover.js';
import type { ReconnectorContext, ReconnectorOwner } from './reconnector-owner.js';

/** The reconnector of a set: it knows the current connection, and is told about it and about no other. */
export interface ConnectionSetOwner {
  /** The connection that publishes, or is being made. */
  readonly current: Connection | undefined;
  readonly isPublishing: boolean;
  /** The current connection has room again. */
  onDrain(): void;
  /** The current connection is gone, with all that it held. */
  onCurrentClosed(connection: Connection, error: Error | undefined): void;
  /** The last of the connections that the stream has left is gone. */
  onLeftClosed(): void;
  /** A fault of ours in what a connection has set off. */
  onFault(fault: unknown): void;
}

/** A server asks a connection to move. */
interface MoveRequest {
  readonly connection: Connection;
  readonly target: ShardTarget;
}

/** Parts that every connection is made from. */
interface ConnectionSetParts {
  readonly config: DestinationConfig;
  readonly context: ReconnectorContext;
  readonly attempt: ConnectionAttempt;
}

/**
 * The connections of a destination: the current one, the one that is to take the stream up, and those that
 * the stream has left. What happens to each reaches whom it concerns; the wish of a server that the stream
 * move is followed here.
 */
export class ConnectionSet implements ConnectionOwner, MoverOwner {
  readonly #owner: ConnectionSetOwner;
  readonly #destination: ReconnectorOwner;
  readonly #config: DestinationConfig;
  readonly #context: ReconnectorContext;
  readonly #attempt: ConnectionAttempt;
  readonly #moveRequests: MoveRequests<MoveRequest>;
  readonly mover: Mover;
  /** Connections that the stream has left, and that have yet to end. */
  readonly left: ClosingConnections;

  constructor(
    owner: ConnectionSetOwner,
    destination: ReconnectorOwner,
    { config, context, attempt }: ConnectionSetParts,
  ) {
    this.#owner = owner;
    this.#destination = destination;
    this.#config = config;
    this.#context = context;
    this.#attempt = attempt;
    this.left = new ClosingConnections((message) => destination.onWarning(message));
    this.#moveRequests = new MoveRequests((request) => this.#follow(request), context.clock);
    this.mover = new Mover(this);
  }

  /** Bytes that the kernel has accepted, on all connections so far. */
  get bytesWritten(): number {
    return this.left.bytesWritten + (this.#owner.current?.bytesWritten ?? 0);
  }

  createConnection(): Connection {
    return this.#context.createConnection(this, this.#config, this.#context);
  }

  /**
   * Leads the stream to another target; the last call counts. While nothing is being published, it is where
   * the next connection leads, after one that is under way.
   */
  moveTo(target: ShardTarget, renewed: boolean): void {
    if (this.#owner.isPublishing) this.mover.start({ target, renewed });
    else this.mover.postpone({ target, renewed });
  }

  /** The stream moves nowhere any more. */
  stopMoving(): void {
    this.#moveRequests.stop();
    this.mover.cancel();
  }

  onDrain(connection: Connection): void {
    if (connection === this.#owner.current) this.#owner.onDrain();
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#destination.onCommand(name, args);
  }

  onWarning(message: string): void {
    this.#destination.onWarning(message);
  }

  onReconnectRequest(connection: Connection, target: ShardTarget): void {
    if (connection !== this.#owner.current || !this.#destination.wantsConnection) return;
    const wait = this.#moveRequests.ask({ connection, target });
    if (wait === undefined) return;
    const seconds = Math.ceil(wait / 1000);
    this.onWarning(
      `the server asks the stream to move again; it moves in ${seconds} s, as its last move was a short time ago`,
    );
  }

  onConnectionClosed(connection: Connection, error: Error | undefined): void {
    if (this.left.onClosed(connection, error)) {
      if (this.left.isEmpty) this.#owner.onLeftClosed();
    } else if (!this.mover.onClosed(connection, error) && connection === this.#owner.current)
      this.#owner.onCurrentClosed(connection, error);
  }

  publish(connection: Connection, target: ShardTarget): Promise<void> {
    return this.#attempt.publish(connection, target);
  }

  refusalOf(publisher: RtmpPublisher): Error | undefined {
    return this.#destination.refusalOf(publisher);
  }

  discard(connection: Connection): void {
    this.left.discard(connection);
  }

  onStay({ message }: Error): void {
    this.onWarning(`the stream stays where it is, it could not be moved: ${message}`);
  }

  onFault(fault: unknown): void {
    this.#owner.onFault(fault);
  }

  /** Follows the server's request, unless the stream has left that server or is on its way already. */
  #follow({ connection, target }: MoveRequest): void {
    const move = this.mover.underWay?.target;
    const isUnderWay = move !== undefined && move.url === target.url && move.token === target.token;
    if (connection === this.#owner.current && this.#destination.wantsConnection && !isUnderWay)
      this.moveTo(target, false);
  }
}
