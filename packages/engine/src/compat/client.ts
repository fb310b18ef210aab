import { CloudPushError } from '../base/errors.js';
import type { Channel } from '../engine/channel/channel.js';
import { PushEngine } from '../engine/engine.js';
import type { DestinationPlace } from '../options/options.js';
import type { EventCallback } from './callback.js';
import { CompatLog } from './compat-log.js';
import type { CompatOptions, ConnectionDefaults } from './compat-options.js';
import { Connection, type ConnectionHost } from './connection.js';

/** Ids are never used again, not even by the next client. */
let nextId = 1;

/** Errors after which there is no connection, and so no event. */
const NO_CONNECTION: readonly string[] = [
  'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS',
  'ERR_CLOUDPUSH_ENGINE_CLOSED',
];

/** Target of a connection. */
export type ConnectionTarget = DestinationPlace & { readonly token?: string | undefined };

/** All that there is between `Initialize` and `Uninitialize`. */
export class Client implements ConnectionHost {
  readonly log = new CompatLog();
  /** Token server that connections opened from now on ask for their targets. */
  tokenUrl: string | undefined;
  readonly #engine: PushEngine;
  readonly #defaults: ConnectionDefaults;
  /** By id: those that are neither closed nor over. */
  readonly #connections = new Map<number, Connection>();

  /** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
  constructor(poolSize: number, maxConnections: number, { engine, connection }: CompatOptions) {
    this.#engine = PushEngine.createSync({ ...engine, poolSize, maxConnections, logger: this.log.logger });
    this.#defaults = connection ?? {};
  }

  /**
   * @returns the connection's id
   * @throws CloudPushError `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`, `ERR_CLOUDPUSH_ENGINE_CLOSED`
   */
  connect(where: ConnectionTarget, callback: EventCallback | undefined): number {
    const id = nextId;
    const connection = new Connection(id, this.#open(where, id), callback, this);
    nextId++;
    this.#connections.set(connection.id, connection);
    return connection.id;
  }

  find(id: number): Connection | undefined {
    return this.#connections.get(id);
  }

  /** False when there is no such connection. */
  closeConnection(id: number): boolean {
    this.#connections.get(id)?.close();
    return this.#connections.delete(id);
  }

  onEnded({ id }: Connection): void {
    this.#connections.delete(id);
  }

  /** Closes every connection cleanly. Resolves when nothing is left of any, and the log is written. */
  async close(): Promise<void> {
    this.#connections.clear();
    await this.#engine.close();
    await this.log.close();
  }

  /** @param id in each line of the log about the connection */
  #open({ token, ...place }: ConnectionTarget, id: number): Channel | CloudPushError {
    const { connection } = this.#defaults;
    try {
      return this.#engine.openChannel({
        ...this.#defaults,
        ...place,
        connection: token === undefined ? connection : { ...connection, token },
        label: `lcid ${id}`,
        inputClock: 'wrapping32',
      });
    } catch (error) {
      const failure = CloudPushError.wrap(error);
      if (NO_CONNECTION.includes(failure.code)) throw failure;
      return failure;
    }
  }
}
