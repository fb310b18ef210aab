import {
  type CompatOptions,
  E_SV_EVENT_TYPE,
  type EventCallback,
  SVPush_API_Initialize,
  SVPush_API_Uninitialize,
  uninitialized,
} from '@cloudpush/engine/compat';
import { expect } from 'vitest';
import { waitFor } from '../support/wait.js';

/** An event as the callback got it. */
export interface RaisedEvent {
  readonly lcid: number;
  readonly type: E_SV_EVENT_TYPE;
  readonly wparam: number;
  readonly lparam: number;
}

const CLOSE = E_SV_EVENT_TYPE.RTMP_CONNECT_CLOSE;
const PATIENCE = 60_000;

/** The time between `Initialize` and `Uninitialize` in a test, with every event that came. */
export class CompatClient implements AsyncDisposable {
  readonly events: RaisedEvent[] = [];
  /** For the connect functions. */
  readonly callback: EventCallback = (lcid, type, wparam, lparam) => {
    this.events.push({ lcid, type, wparam, lparam });
    return 0;
  };

  static initialize(
    options: CompatOptions & { poolSize?: number; maxConnections?: number } = {},
  ): CompatClient {
    const { poolSize = 16 * 1024 * 1024, maxConnections = 20 } = options;
    expect(SVPush_API_Initialize(poolSize, maxConnections, options)).toBe(0);
    return new CompatClient();
  }

  /** A connection's events so far: type and `wparam`. */
  of(lcid: number): [type: E_SV_EVENT_TYPE, wparam: number][] {
    return this.events.filter((event) => event.lcid === lcid).map(({ type, wparam }) => [type, wparam]);
  }

  /** Waits for an event of a connection to come, `times` times in all. */
  async until(lcid: number, type: E_SV_EVENT_TYPE, times = 1): Promise<void> {
    await waitFor(`event 0x${type.toString(16)} of connection ${lcid}`, PATIENCE, () => {
      const came = this.of(lcid).filter(([each]) => each === type);
      return came.length >= times || undefined;
    });
  }

  /** All events of a connection from its beginning to its end. */
  async toItsEnd(lcid: number): Promise<[type: E_SV_EVENT_TYPE, wparam: number][]> {
    await this.until(lcid, CLOSE);
    return this.of(lcid);
  }

  /** Uninitializes, and checks that `CONNECT_CLOSE` was the last event of every connection, and came once. */
  async [Symbol.asyncDispose](): Promise<void> {
    SVPush_API_Uninitialize();
    await uninitialized();
    for (const lcid of new Set(this.events.map((event) => event.lcid))) {
      const types = this.of(lcid).map(([type]) => type);
      expect([types.filter((type) => type === CLOSE).length, types.at(-1)]).toEqual([1, CLOSE]);
    }
    expect(this.events.every(({ lparam }) => lparam === 0)).toBe(true);
  }
}
