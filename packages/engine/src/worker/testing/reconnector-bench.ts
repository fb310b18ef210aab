import { setImmediate as turn } from 'node:timers/promises';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { CloudPushError } from '../../base/errors.js';
import { FakeClock } from '../../base/testing/fake-clock.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { ConnectLimiter } from '../connection/connect-limiter.js';
import { Reconnector } from '../connection/reconnector.js';
import type { ReconnectorOwner } from '../connection/reconnector-owner.js';
import { TargetSource } from '../connection/target-source.js';
import { type FakeConnection, FakeConnections } from './fake-connection.js';

export const HOME: ShardTarget = { url: 'rtmp://home/live/a', token: undefined };
export const AWAY: ShardTarget = { url: 'rtmp://away/live/a', token: undefined };
export const FARTHER: ShardTarget = { url: 'rtmp://farther/live/a', token: undefined };

/** The standing of a destination in the midst of a segment. */
export const IN_SEGMENT = { isBetween: false, isAtRest: false, isOpening: false };

export function failure(errorClass: 'retryable' | 'busy' = 'retryable'): CloudPushError {
  return new CloudPushError('ERR_TEST', 'the test says so', { class: errorClass });
}

/** A reset by the server, before it has answered to `publish`, or behind it. */
export function reset(stage: 'create-stream' | 'publish'): RtmpError {
  return new RtmpError(RtmpErrorCode.socket, stage, `reset (${stage})`);
}

/** A reconnector, and what it told its owner. */
interface Told {
  readonly reconnector: Reconnector;
  readonly told: string[];
}

/** Reconnectors whose connections are made and lost, and whose time passes, as their test says. */
export class ReconnectorBench {
  readonly clock = new FakeClock();
  readonly connections = new FakeConnections();

  /** A reconnector that has yet to connect. `told`: what it tells its owner. */
  reconnectorOf(
    differences: Partial<ReconnectorOwner>,
    more: Partial<DestinationConfig>,
    told: string[],
  ): Reconnector {
    const owner: ReconnectorOwner = {
      refusalOf: () => undefined,
      onPublishing: () => void told.push('publishing'),
      onDrain: () => void told.push('drain'),
      onCommand: () => {},
      onWarning: (message) => void told.push(`warning: ${message}`),
      wantsConnection: true,
      segments: IN_SEGMENT,
      onLeave: (isMoving) => void told.push(isMoving ? 'other connection' : 'rest'),
      onLeftClosed: (error) => {
        if (error !== undefined) told.push(`left badly: ${error.message}`);
      },
      onNextStream: () => void told.push('next stream'),
      assess: (error) => ({ error, mended: false }),
      onLost: () => void told.push('lost'),
      onEnded: (error) => void told.push(`over: ${error?.message ?? 'clean'}`),
      ...differences,
    };
    const config = {
      target: HOME,
      stallTimeout: 0,
      reconnect: { maxAttempts: 100, initialDelay: 1000, maxDelay: 1000, resetAfter: 1000 },
      ...more,
    } as unknown as DestinationConfig;
    return new Reconnector(owner, config, {
      limiter: new ConnectLimiter(8),
      targets: new TargetSource(HOME, () => {}),
      clock: this.clock,
      createConnection: this.connections.create,
    });
  }

  /** A reconnector that publishes on its first connection. */
  async publishing(
    differences: Partial<ReconnectorOwner> = {},
    more: Partial<DestinationConfig> = {},
  ): Promise<Told> {
    const told: string[] = [];
    const reconnector = this.reconnectorOf(differences, more, told);
    reconnector.connect();
    await turn();
    await this.link(0).succeed();
    return { reconnector, told };
  }

  /** The connection with this number, from 0 on. */
  link(number: number): FakeConnection {
    return this.connections.made[number]!;
  }

  /** The wait for the next attempt is over. */
  async waitForRetry(): Promise<void> {
    this.clock.pass(60_000);
    await turn();
  }
}
