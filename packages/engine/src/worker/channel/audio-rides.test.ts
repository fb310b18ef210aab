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
    source: undefined,
    sendRiding: () => {
      rides.end(number);
      sent.push([number, clock.now()]);
    },
  };
}

/** In a turn of its own. */
function begin(number: number, since: number): void {
  rides.begin(carrier(number), since);
  rides.endTurn();
}

test('sound that no picture has come for is sent before the bound', () => {
  begin(1, clock.now());
  clock.pass(10);
  begin(200, clock.now());
  clock.pass(100);
  expect(sent).toEqual([
    [1, DELAY - 1],
    [200, 10 + DELAY - 1],
  ]);
});

test('sound that came earlier than what is listed before it is not late for that', () => {
  clock.pass(100);
  begin(1, 90);
  begin(2, 80);
  clock.pass(100);
  expect(sent).toEqual([
    [2, 80 + DELAY - 1],
    [1, 90 + DELAY - 1],
  ]);
});

test('sound that has gone with a picture is not sent again, and one timer serves all channels', () => {
  for (let number = 0; number < 50; number++) begin(number, clock.now());
  expect(clock.pending).toBe(1);
  for (let number = 0; number < 50; number++) rides.end(number);
  clock.pass(1000);
  expect([sent, alarms, clock.pending]).toEqual([[], 1, 0]);
});

test('sound of a channel whose number another one had is sent by the channel that has it now', () => {
  begin(7, clock.now());
  rides.end(7);
  clock.pass(10);
  let sentByTheNext = 0;
  const next = {
    number: 7,
    source: undefined,
    sendRiding: () => {
      sentByTheNext++;
      rides.end(7);
    },
  };
  rides.begin(next, clock.now());
  rides.endTurn();
  clock.pass(DELAY);
  expect([sent, sentByTheNext]).toEqual([[], 1]);
});

test('the timer fires once a picture at most', () => {
  for (let i = 0; i < 50; i++) {
    begin(0, clock.now());
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

test('more sound is expected while some waits, and when some has come long before it was looked at', () => {
  expect(rides.isExpected()).toBe(false);
  begin(3, clock.now());
  expect(rides.isExpected()).toBe(true);
  rides.end(3);
  expect(rides.isExpected()).toBe(false);
  clock.pass(20);
  begin(3, clock.now() - 20);
  rides.end(3);
  expect([rides.isExpected(), rides.isExpected()]).toEqual([true, false]);
});

test('for sound that leaves in the turn in which it came no timer is set', () => {
  rides.begin(carrier(0), clock.now());
  rides.end(0);
  rides.endTurn();
  expect(clock.pending).toBe(0);
});

test('nothing fires once it is stopped', () => {
  begin(0, 0);
  rides.stop();
  clock.pass(1000);
  expect([alarms, clock.pending]).toEqual([0, 0]);
});
