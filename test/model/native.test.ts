// Random commands to the native interface beside a model of it that is as simple as can be. Fast-check
// shrinks what fails, and prints its seed and path. Again: `MODEL_SEED=7 MODEL_PATH=3:0 npx vitest run
// test/model`; more: `MODEL_RUNS=1000`.

import { type Channel, CloudPushError, type Destination, PushEngine } from '@cloudpush/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cameraPackets } from '../engine/camera.js';
import { closeEmpty } from '../engine/expectations.js';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { parameters } from './parameters.js';

const MOST_DESTINATIONS = 4;
const camera = cameraPackets();
const picture = camera.find(({ kind }) => kind === 'video')!.data;
const frame = camera.find(({ kind }) => kind === 'audio')!.data;

interface ModelChannel {
  /** Takes packets. */
  open: boolean;
  /** Destinations that were not told to end. */
  destinations: number;
  /** Destinations that there have been. */
  made: number;
  accepted: { video: number; audio: number };
}

interface Model {
  readonly channels: ModelChannel[];
}

interface Real {
  readonly engine: PushEngine;
  readonly receiver: RecordingReceiver;
  readonly channels: { readonly channel: Channel; readonly destinations: Destination[]; closes: number }[];
}

type Command = fc.AsyncCommand<Model, Real>;

/** A command about a channel that there is, whichever state it is in. */
abstract class OnChannel implements Command {
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  check({ channels }: Model): boolean {
    return channels.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const i = this.at % model.channels.length;
    await this.apply(model.channels[i]!, real.channels[i]!, real);
  }

  abstract apply(model: ModelChannel, real: Real['channels'][number], all: Real): Promise<void>;

  toString(): string {
    return `${this.constructor.name}(${this.at})`;
  }
}

class Open implements Command {
  check({ channels }: Model): boolean {
    return channels.length < 4;
  }

  async run(model: Model, { engine, receiver, channels }: Real): Promise<void> {
    const url = receiver.url(`c${channels.length}`);
    const channel = engine.openChannel({ url, reconnect: true });
    const made = { channel, destinations: [...channel.destinations], closes: 0 };
    channel.on('close', () => {
      made.closes++;
    });
    channels.push(made);
    model.channels.push({ open: true, destinations: 1, made: 1, accepted: { video: 0, audio: 0 } });
    expect([channel.state, channel.paused, channel.destinations.length]).toEqual(['connecting', false, 1]);
  }

  toString(): string {
    return 'Open()';
  }
}

class Send extends OnChannel {
  readonly kind: 'video' | 'audio';
  readonly count: number;

  constructor(at: number, kind: 'video' | 'audio', count: number) {
    super(at);
    this.kind = kind;
    this.count = count;
  }

  async apply(model: ModelChannel, { channel }: Real['channels'][number]): Promise<void> {
    for (let i = 0; i < this.count; i++) {
      const pts = 40 * (model.accepted.video + model.accepted.audio);
      const taken =
        this.kind === 'video' ? channel.sendVideo(picture, { pts }) : channel.sendAudio(frame, { pts });
      if (taken) {
        // A channel that has ended takes nothing.
        expect(model.open).toBe(true);
        model.accepted[this.kind]++;
      }
    }
  }

  override toString(): string {
    return `Send(${this.at}, ${this.kind}, ${this.count})`;
  }
}

class AddDestination extends OnChannel {
  async apply(model: ModelChannel, real: Real['channels'][number], { receiver }: Real): Promise<void> {
    if (model.destinations >= MOST_DESTINATIONS) return;
    const url = receiver.url(`d${this.at}-${real.destinations.length}`);
    if (model.open) {
      real.destinations.push(real.channel.addDestination({ url, reconnect: true }));
      model.destinations++;
      model.made++;
    } else expect(() => real.channel.addDestination({ url })).toThrow(CloudPushError);
  }
}

class EndDestination extends OnChannel {
  readonly how: 'close' | 'abort';

  constructor(at: number, how: 'close' | 'abort') {
    super(at);
    this.how = how;
  }

  async apply(model: ModelChannel, real: Real['channels'][number]): Promise<void> {
    // Without any, the channel would be over.
    if (model.destinations < 2) return;
    const destination = real.destinations.pop()!;
    model.destinations--;
    if (this.how === 'abort') destination.abort();
    else await destination.close();
  }

  override toString(): string {
    return `EndDestination(${this.at}, ${this.how})`;
  }
}

class MoveTo extends OnChannel {
  async apply(model: ModelChannel, real: Real['channels'][number], { receiver }: Real): Promise<void> {
    const [destination] = real.destinations;
    if (model.open) destination!.moveTo({ url: receiver.url(`m${this.at}`) });
  }
}

class Lose extends OnChannel {
  async apply(_model: ModelChannel, _real: Real['channels'][number], { receiver }: Real): Promise<void> {
    receiver.all.at(this.at % Math.max(1, receiver.all.length))?.drop();
  }
}

class Wait extends OnChannel {
  async apply(model: ModelChannel, { channel }: Real['channels'][number]): Promise<void> {
    const waiting = channel.writable(AbortSignal.timeout(20_000));
    if (model.open) await waiting;
    else await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOUDPUSH_CHANNEL_CLOSED' });
  }
}

class Look extends OnChannel {
  async apply(model: ModelChannel, { channel }: Real['channels'][number]): Promise<void> {
    const { state, videoFrames, droppedAudio, lostPictures, packetsInvalid } = channel.stats();
    expect(model.open ? ['connecting', 'publishing'] : ['closing', 'closed']).toContain(state);
    for (const count of [videoFrames, droppedAudio, lostPictures]) expect(count).toBeGreaterThanOrEqual(0);
    expect(packetsInvalid).toBe(0);
  }
}

class End extends OnChannel {
  readonly how: 'close' | 'abort';

  constructor(at: number, how: 'close' | 'abort') {
    super(at);
    this.how = how;
  }

  async apply(model: ModelChannel, { channel }: Real['channels'][number]): Promise<void> {
    model.open = false;
    if (this.how === 'abort') channel.abort();
    else expect(await channel.close()).toEqual(await channel.close());
    expect(channel.sendVideo(picture, { pts: 0 })).toBe(false);
  }

  override toString(): string {
    return `End(${this.at}, ${this.how})`;
  }
}

const at = fc.nat(7);
const how = fc.constantFrom('close' as const, 'abort' as const);
const commands = [
  fc.constant(new Open()),
  fc
    .tuple(at, fc.constantFrom('video' as const, 'audio' as const), fc.integer({ min: 1, max: 60 }))
    .map((args) => new Send(...args)),
  at.map((i) => new AddDestination(i)),
  fc.tuple(at, how).map((args) => new EndDestination(...args)),
  at.map((i) => new MoveTo(i)),
  at.map((i) => new Lose(i)),
  at.map((i) => new Wait(i)),
  at.map((i) => new Look(i)),
  fc.tuple(at, how).map((args) => new End(...args)),
];

test('the native interface does what its model does, whatever is asked of it', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (sequence) => {
      await using receiver = await RecordingReceiver.listen();
      const engine = await PushEngine.create({
        maxConnections: 32,
        shards: 1,
        poolSize: 8 * 2 ** 20,
        debugPool: true,
      });
      const real: Real = { engine, receiver, channels: [] };
      const model: Model = { channels: [] };
      try {
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        for (const { channel } of real.channels) await channel.close();
      } finally {
        await closeEmpty(engine);
      }
      for (const [i, { channel, closes }] of real.channels.entries()) {
        expect([channel.state, closes]).toEqual(['closed', 1]);
        const { accepted, made } = model.channels[i]!;
        expect(channel.stats().videoFrames).toBeLessThanOrEqual(accepted.video * made);
      }
    }),
    parameters,
  );
});
