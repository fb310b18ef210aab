import { expect, test, vi } from 'vitest';
import { CloudPushError, toErrorData } from '../base/errors.js';
import { EventLog } from '../logging/event-log.js';
import { planChannel, planStandby } from '../options/channel-plan.js';
import type { ShardReport } from '../protocol/reports.js';
import type { ChannelController } from './channel/channel-controller.js';
import { ChannelRegistry } from './channel-registry.js';
import { ReportRouter } from './report-router.js';
import { FakeEngine, FakeShard } from './testing/fake-engine.js';

const error = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'lost'));
const timings = { tcp: 1, handshake: 1, connect: 1, createStream: 1, publish: 1 };

class Fixture {
  readonly engine = new FakeEngine();
  readonly lines: [object, string][] = [];
  readonly log = new EventLog(
    Object.fromEntries(
      ['trace', 'debug', 'info', 'main', 'warn', 'error'].map((level) => [
        level,
        (fields: object, text: string) => void this.lines.push([fields, text]),
      ]),
    ) as unknown as ConstructorParameters<typeof EventLog>[0],
  );
  readonly shards = [new FakeShard(), new FakeShard()] as const;
  readonly set = {
    leastLoaded: () => this.shards[0].handle,
    takeBack: vi.fn(),
    rebalance: vi.fn(),
  };
  readonly registry = new ChannelRegistry(2, this.log, this.engine.pool, this.engine);
  readonly router = new ReportRouter({
    log: this.log,
    pool: this.engine.pool,
    shards: this.set,
    channels: this.registry,
  });

  constructor() {
    this.registry.runOn(this.set);
  }

  open(name = 'camera'): ChannelController {
    const plan = planChannel(
      { url: `rtmp://media.example/live/${name}`, reconnect: true },
      { maxPacket: 10_000 },
    );
    return this.registry.open(plan);
  }

  report(report: object, shard: FakeShard = this.shards[0]): void {
    this.router.route(shard.handle, report as ShardReport);
  }
}

test('a report finds the channel of its number, and no other', () => {
  const fixture = new Fixture();
  const [first, second] = [fixture.open('first'), fixture.open('second')];
  fixture.report({ type: 'connected', channel: 1, destination: 1, timings });
  expect([first.state, second.state]).toEqual(['connecting', 'publishing']);
  expect(fixture.lines).toMatchObject([[{ channel: 2, stream: 'live/second' }, expect.anything()]]);
});

test('reports of a shard that a channel has left are no news', () => {
  const fixture = new Fixture();
  const controller = fixture.open();
  fixture.report({ type: 'connected', channel: 0, destination: 0, timings }, fixture.shards[1]);
  fixture.report({ type: 'ended', channel: 0 }, fixture.shards[1]);
  fixture.report({ type: 'forgotten', channel: 1 });
  expect([controller.state, fixture.lines]).toEqual(['connecting', []]);
});

test('a lost connection is noted before its channel is asked whether it may leave', () => {
  const fixture = new Fixture();
  const controller = fixture.open();
  fixture.report({ type: 'connected', channel: 0, destination: 0, timings });
  fixture.set.rebalance.mockImplementation(() => expect(controller.mayLeaveShard).toBe(true));
  fixture.report({
    type: 'disconnected',
    channel: 0,
    destination: 0,
    error,
    delay: 100,
    wasPublishing: true,
  });
  expect(fixture.set.rebalance).toHaveBeenCalledWith(fixture.shards[0], controller);
});

test('whatever the answer to the wish to leave is, the channel counts where it was before it goes on', () => {
  for (const type of ['migrationRefused', 'migrated', 'broken']) {
    const fixture = new Fixture();
    const controller = fixture.open();
    controller.leaveShard();
    fixture.report({ type, channel: 0, error });
    expect(fixture.set.takeBack.mock.calls).toEqual([[fixture.shards[0], controller]]);
  }
});

test('a pause of the shard refuses packets until its end', () => {
  const fixture = new Fixture();
  const { channel } = fixture.open();
  fixture.report({ type: 'pause', channel: 0 });
  expect(channel.sendVideo(new Uint8Array(5), { pts: 0 })).toBe(false);
  fixture.report({ type: 'resume', channel: 0 });
  expect(channel.sendVideo(new Uint8Array(5), { pts: 0 })).toBe(true);
});

test('released blocks are offered to whoever waits for room, also when no channel is meant', () => {
  const fixture = new Fixture();
  const retry = vi.fn();
  fixture.engine.pool.awaitRoom({ retry });
  fixture.report({ type: 'released' });
  expect(retry).toHaveBeenCalledOnce();
});

test('a channel that is forgotten gives its number to the next, which gets none of its reports', () => {
  const fixture = new Fixture();
  const first = fixture.open();
  fixture.report({ type: 'detached', channel: 0, destination: 0, error });
  fixture.report({ type: 'ended', channel: 0 });
  fixture.report({ type: 'forgotten', channel: 0 });
  const second = fixture.open();
  expect([first.state, second.number, second.id]).toEqual(['closed', 0, 2]);
  fixture.report({ type: 'connected', channel: 0, destination: 0, timings });
  expect([first.state, second.state]).toEqual(['closed', 'publishing']);
});

test('a channel that ended on a fault, without a destination, is lost, and the log says why', () => {
  const fixture = new Fixture();
  fixture.registry.open(planStandby({ source: { file: 'a.h264' } }, { maxPacket: 10_000 }));
  fixture.report({ type: 'ended', channel: 0, error });
  fixture.report({ type: 'forgotten', channel: 0 });
  expect(fixture.lines).toMatchObject([[{ channel: 1, code: error.code }, expect.any(String)]]);
});
