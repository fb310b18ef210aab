import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { type AudioCarrier, AudioRides } from './audio-rides.js';

const DELAY = 40;

let clock: FakeClock;
let rides: AudioRides;
let alarms: number;
let sent: [channel: number, at: number][];

beforeEach(() => {
  clock = new FakeClock();
  alarms = 0;
  sent = [];
  rides = new AudioRides(DELAY, clock, () => {
    alarms++;
    rides.sendDue();
  });
});

function carrier(number: number): AudioCarrier {
  return {
    number,
    sendRiding: () => {
      rides.end(number);
      sent.push([number, clock.now()]);
    },
  };
}

test('sound that no picture has come for is sent before the bound', () => {
  const [a, b] = [carrier(1), carrier(200)];
  rides.begin(a, clock.now());
  clock.pass(10);
  rides.begin(b, clock.now());
  clock.pass(100);
  expect(sent).toEqual([
    [1, DELAY - 1],
    [200, 10 + DELAY - 1],
  ]);
});

test('sound that came earlier than what is listed before it is not late for that', () => {
  clock.pass(100);
  rides.begin(carrier(1), 90);
  rides.begin(carrier(2), 80);
  clock.pass(100);
  expect(sent).toEqual([
    [2, 80 + DELAY - 1],
    [1, 90 + DELAY - 1],
  ]);
});

test('sound that has gone with a picture is not sent again, and one timer serves all channels', () => {
  for (let number = 0; number < 50; number++) rides.begin(carrier(number), clock.now());
  expect(clock.pending).toBe(1);
  for (let number = 0; number < 50; number++) rides.end(number);
  clock.pass(1000);
  expect([sent, alarms, clock.pending]).toEqual([[], 1, 0]);
});

test('the timer fires once a picture at most', () => {
  const only = carrier(0);
  for (let i = 0; i < 50; i++) {
    rides.begin(only, clock.now());
    clock.pass(19);
    rides.end(0);
    clock.pass(1);
  }
  expect(alarms).toBeLessThanOrEqual(50);
  expect(sent).toEqual([]);
});

test('what may come without a word is looked for in time', () => {
  rides.expect();
  clock.pass(DELAY - 1);
  expect(alarms).toBe(1);
  clock.pass(1000);
  expect([alarms, clock.pending]).toEqual([1, 0]);
});

test('there is activity once for all sound that has come since it was asked for', () => {
  expect(rides.takeActivity()).toBe(false);
  rides.begin(carrier(3), 0);
  expect([rides.takeActivity(), rides.takeActivity()]).toEqual([true, false]);
});

test('nothing fires once it is stopped', () => {
  rides.begin(carrier(0), 0);
  rides.stop();
  clock.pass(1000);
  expect([alarms, clock.pending]).toEqual([0, 0]);
});
