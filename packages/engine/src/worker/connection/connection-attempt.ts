import { classOf } from '../../base/errors.js';
import type { ShardTarget } from '../../options/destination-config.js';
import type { TargetReason } from '../../targets/push-target.js';
import type { ConnectLimiter } from './connect-limiter.js';
import type { Connection } from './connection.js';
import type { TargetSource } from './target-source.js';

/** Makes connections: each in its turn, to the target that is due. */
export class ConnectionAttempt {
  readonly #limiter: ConnectLimiter;
  readonly #targets: TargetSource;

  constructor(limiter: ConnectLimiter, targets: TargetSource) {
    this.#limiter = limiter;
    this.#targets = targets;
  }

  /** Connects and publishes when its turn has come. */
  publish(connection: Connection, target: ShardTarget): Promise<void> {
    return this.#limiter.run(() => connection.publish(target), connection.signal);
  }

  /**
   * Asks for the target, unless it is given, and publishes there; with a new target when the server refuses
   * the token that the caller's thread had remembered.
   */
  async reach(connection: Connection, reason: TargetReason, given: ShardTarget | undefined): Promise<void> {
    const target = given ?? (await this.#targets.get(reason, connection.signal));
    try {
      await this.publish(connection, target);
    } catch (error) {
      if (classOf(error) !== 'auth' || !this.#targets.isAsked) throw error;
      await this.publish(connection, await this.#targets.get('rejected', connection.signal));
    }
  }
}
