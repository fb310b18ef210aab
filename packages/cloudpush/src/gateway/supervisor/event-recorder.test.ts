import { expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { EventRecorder } from './event-recorder.js';

const plan = { preRoll: 0, postRoll: 1000, maxDuration: 60_000, httpTrigger: undefined, onvifTriggers: [] };
const motion = { name: 'motion' };
const tamper = { name: 'tamper' };

function stage() {
  const clock = new FakeClock();
  const ends: number[] = [];
  const recorder = new EventRecorder(plan, clock, {
    start: () => {},
    change: () => {},
    end: (duration) => ends.push(duration),
  });
  return { clock, recorder, ends };
}

test('a recording is held until the last of those that have begun something stops', async () => {
  const { clock, recorder, ends } = stage();
  recorder.trigger('start', 'moveDetect', motion);
  recorder.trigger('start', 'moveDetect', tamper);
  recorder.trigger('stop', 'moveDetect', tamper);
  await clock.advance(10_000);
  expect(ends).toEqual([]);
  recorder.trigger('stop', 'moveDetect', motion);
  await clock.advance(1000);
  expect(ends).toEqual([11_000]);
});

test('a stop of one that holds nothing changes nothing', async () => {
  const { clock, recorder, ends } = stage();
  recorder.trigger('pulse', 'moveDetect', motion);
  await clock.advance(600);
  recorder.trigger('stop', 'moveDetect', tamper);
  await clock.advance(400);
  expect(ends).toEqual([1000]);
});

test('a camera does not stop what a person has started, and a person stops for all', async () => {
  const { clock, recorder, ends } = stage();
  recorder.trigger('start', 'default');
  recorder.trigger('start', 'moveDetect', motion);
  recorder.trigger('stop', 'moveDetect', motion);
  await clock.advance(5000);
  expect(ends).toEqual([]);
  recorder.trigger('start', 'moveDetect', motion);
  recorder.trigger('stop', 'default');
  await clock.advance(1000);
  expect(ends).toEqual([6000]);
});

test('nobody holds the next recording for what began in the one before', async () => {
  const { clock, recorder, ends } = stage();
  recorder.trigger('start', 'moveDetect', motion);
  await clock.advance(60_000);
  recorder.trigger('pulse', 'moveDetect', tamper);
  await clock.advance(1000);
  expect(ends).toEqual([60_000, 1000]);
});
