import { expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.js';
import { modelRuns } from '../base/testing/model-runs.js';
import { seededRandom } from '../base/testing/seeded-random.js';
import { diskError } from './testing/simulated-disk.js';
import { recovered, SpoolScenario } from './testing/spool-scenario.js';

const RUNS = modelRuns(300);

test('a power loss at any call of the disk leaves whole groups, and all that was durable', async () => {
  const calls = await new SpoolScenario(1, 'second').run();
  expect(calls).toBeGreaterThan(60);
  for (let at = 0; at <= calls; at++) {
    for (let seed = 1; seed <= Math.ceil(modelRuns(3)); seed++) {
      const scenario = new SpoolScenario(1, 'second');
      await scenario.run({ at });
      const disk = scenario.disk.afterPowerLoss(seededRandom(seed * 1000 + at));
      await scenario.check(disk, `power lost at call ${at}, seed ${seed}`);
    }
  }
});

test('a power loss at any byte of a write leaves whole groups, and all that was durable', async () => {
  const sizes = new SpoolScenario(2, 'second');
  const writes: { at: number; bytes: number }[] = [];
  sizes.disk.onStep = ({ call, bytes }) => {
    if (call === 'write') writes.push({ at: sizes.disk.steps - 1, bytes });
    return undefined;
  };
  await sizes.run();
  const places = writes.flatMap(({ at, bytes }) =>
    Array.from({ length: bytes }, (_, written) => ({ at, written })),
  );
  const step = Math.ceil(places.length / RUNS);
  for (let i = 0; i < places.length; i += step) {
    const place = places[i]!;
    const scenario = new SpoolScenario(2, 'second');
    await scenario.run(place);
    await scenario.check(scenario.disk.afterKill(), `killed at byte ${place.written} of call ${place.at}`);
    await scenario.check(
      scenario.disk.afterPowerLoss(seededRandom(i)),
      `power lost at byte ${place.written} of call ${place.at}, seed ${i}`,
    );
  }
});

test.each(['second', 'segment', 'none'] as const)(
  'whatever was done, a power loss with sync %s costs no more than its bound, and never gives a wrong tag',
  async (sync) => {
    for (let seed = 1; seed <= modelRuns(60); seed++) {
      const whole = await new SpoolScenario(seed, sync).run();
      const random = seededRandom(seed);
      const scenario = new SpoolScenario(seed, sync);
      await scenario.run({ at: Math.floor(random() * whole) });
      await scenario.check(scenario.disk.afterPowerLoss(random), `sync ${sync}, seed ${seed}`);
    }
  },
);

test("a power loss while a spool is opened again is none of its media's", async () => {
  for (let seed = 1; seed <= modelRuns(100); seed++) {
    const scenario = new SpoolScenario(seed, 'second');
    await scenario.run({ at: 30 + (seed % 40) });
    const random = seededRandom(seed);
    let disk = scenario.disk.afterPowerLoss(random);
    for (let at = 0; at < 6; at++) {
      let left = at;
      disk.onStep = ({ call }) => (call !== 'read' && left-- <= 0 ? diskError('EPOWER') : undefined);
      await recovered(disk, new FakeClock()).catch(() => undefined);
      disk = disk.afterPowerLoss(random);
      await scenario.check(disk, `seed ${seed}, power lost again ${at} calls later`);
    }
  }
});
