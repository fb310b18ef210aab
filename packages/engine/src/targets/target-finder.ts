import type { CloudPushError } from '../base/errors.js';
import type { TokenProvider } from './push-target.js';
import { TargetCache } from './target-cache.js';
import { TokenServer } from './token-server.js';
import type { TokenServerOptions } from './token-server-options.js';

/** Source of targets: the caller's own, or one that the engine makes. */
export interface TargetSettings {
  readonly shared: TargetCache | undefined;
  readonly server: TokenServerOptions;
  readonly provider: TokenProvider | undefined;
}

/**
 * Finds an engine's targets: by a memory of its own in front of a server or a provider, or one that it
 * shares.
 */
export class TargetFinder {
  readonly cache: TargetCache;
  /** Undefined for a memory that is not ours. */
  readonly #server: TokenServer | undefined;

  /** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
  constructor(
    { shared, server, provider }: TargetSettings,
    onRefreshFailed: (error: CloudPushError) => void,
  ) {
    this.#server = shared === undefined ? new TokenServer(server) : undefined;
    this.cache = shared ?? new TargetCache(provider ?? this.#server!.provide, { onRefreshFailed });
  }

  async close(): Promise<void> {
    if (this.#server === undefined) return;
    this.cache.close();
    await this.#server.close();
  }
}
