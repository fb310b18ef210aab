// Random commands to the C interface beside a model of it: which calls succeed, and which ids there are.

import * as compat from '@cloudpush/engine/compat';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cameraPackets } from '../engine/camera.js';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { parameters } from './parameters.js';

const MOST = 3;
const picture = cameraPackets()[0]!.data;
const { RTMP_CONNECT_CLOSE } = compat.E_SV_EVENT_TYPE;

interface Model {
  initialized: boolean;
  /** Ids that were given out, and whether they are still valid. */
  readonly ids: { readonly id: number; valid: boolean }[];
}

interface Real {
  readonly receiver: RecordingReceiver;
  /** `CONNECT_CLOSE` of each id. */
  readonly closes: Map<number, number>;
}

type Command = fc.AsyncCommand<Model, Real>;

abstract class Always implements Command {
  check(): boolean {
    return true;
  }

  abstract run(model: Model, real: Real): Promise<void>;

  toString(): string {
    return this.constructor.name;
  }
}

class Initialize extends Always {
  async run(model: Model): Promise<void> {
    expect(compat.SVPush_API_Initialize(4 * 2 ** 20, MOST)).toBe(model.initialized ? -1 : 0);
    model.initialized = true;
  }
}

class Uninitialize extends Always {
  async run(model: Model): Promise<void> {
    expect(compat.SVPush_API_Uninitialize()).toBe(model.initialized ? 0 : -1);
    model.initialized = false;
    for (const each of model.ids) each.valid = false;
  }
}

class Connect extends Always {
  async run(model: Model, { receiver, closes }: Real): Promise<void> {
    const id = compat.SVPush_API_Connect(receiver.url(`c${model.ids.length}`), null, (lcid, type) => {
      if (type === RTMP_CONNECT_CLOSE) closes.set(lcid, (closes.get(lcid) ?? 0) + 1);
      return 0;
    });
    if (!model.initialized) expect(id).toBe(-1);
    // Those that were closed may still be on their way to their end.
    if (id < 0) return;
    expect(model.ids.map((each) => each.id)).not.toContain(id);
    expect(model.ids.filter(({ valid }) => valid).length).toBeLessThan(MOST);
    model.ids.push({ id, valid: true });
    closes.set(id, 0);
  }
}

class OnId extends Always {
  readonly call: 'packet' | 'metadata' | 'isConnect' | 'close';
  readonly at: number;

  constructor(call: OnId['call'], at: number) {
    super();
    this.call = call;
    this.at = at;
  }

  async run(model: Model): Promise<void> {
    const known = model.ids[this.at];
    const id = known?.id ?? this.at;
    const isValid = known?.valid === true;
    if (this.call === 'isConnect') expect(isValid ? [0, 1] : [0]).toContain(compat.SVPush_API_Is_Connect(id));
    else expect(isValid ? [0, -1] : [-1]).toContain(this.#answer(id));
    if (this.call === 'close' && known !== undefined) known.valid = false;
  }

  #answer(id: number): number {
    switch (this.call) {
      case 'packet':
        return compat.SVPush_API_Send_Packet(id, 0, picture, picture.length, 0, 1, 0);
      case 'metadata':
        return compat.SVPush_API_Send_Metadata(id, 0, 1, 2);
      default:
        return compat.SVPush_API_Close(id);
    }
  }

  override toString(): string {
    return `${this.call}(${this.at})`;
  }
}

const calls = fc.constantFrom('packet' as const, 'metadata' as const, 'isConnect' as const, 'close' as const);
const commands = [
  fc.constant(new Initialize()),
  fc.constant(new Connect()),
  fc.constant(new Connect()),
  fc.constant(new Uninitialize()),
  fc.tuple(calls, fc.nat(8)).map((args) => new OnId(...args)),
  fc.tuple(calls, fc.nat(3)).map((args) => new OnId(...args)),
];

test('the C interface does what its model does, whatever is asked of it', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (sequence) => {
      await using receiver = await RecordingReceiver.listen();
      const real: Real = { receiver, closes: new Map() };
      try {
        await fc.asyncModelRun(() => ({ model: { initialized: false, ids: [] }, real }), sequence);
      } finally {
        compat.SVPush_API_Uninitialize();
        await compat.uninitialized();
      }
      // Each connection says once that it is over.
      for (const [id, closes] of real.closes) expect([id, closes]).toEqual([id, 1]);
    }),
    parameters,
  );
});
