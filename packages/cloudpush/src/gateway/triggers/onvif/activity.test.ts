import { expect, test } from 'vitest';
import { Activity } from './activity.js';

const motion = (isActive: boolean | undefined, origin = 'a', topic = 'tns1:VideoSource/MotionAlarm') => ({
  topic,
  origin,
  isActive,
});

test('one rule that begins and ends', () => {
  const activity = new Activity(['motion']);
  expect(
    [motion(false), motion(true), motion(true), motion(false), motion(false)].map((one) =>
      activity.note(one),
    ),
  ).toEqual([undefined, 'start', undefined, 'stop', undefined]);
});

test('goes on as long as any rule says so', () => {
  const activity = new Activity(['motion']);
  const changes = [motion(true, 'a'), motion(true, 'b'), motion(false, 'a'), motion(false, 'b')];
  expect(changes.map((one) => activity.note(one))).toEqual(['start', undefined, undefined, 'stop']);
});

test('other topics do not count, and what has no state happens once', () => {
  const activity = new Activity(['Motion', 'LineDetector/Crossed']);
  expect(activity.note(motion(true, 'a', 'tns1:Device/Trigger/Relay'))).toBeUndefined();
  expect(activity.note(motion(undefined, 'a', 'tns1:RuleEngine/LineDetector/Crossed'))).toBe('pulse');
});

test('a camera that is not heard any more: what went on is over, as far as is known', () => {
  const activity = new Activity(['motion']);
  expect(activity.clear()).toBeUndefined();
  activity.note(motion(true));
  expect(activity.clear()).toBe('stop');
  expect(activity.clear()).toBeUndefined();
  expect(activity.note(motion(true))).toBe('start');
});

test('a camera that invents rules without end takes no more memory', () => {
  const activity = new Activity(['motion']);
  for (let i = 0; i < 10_000; i++) activity.note(motion(true, `rule ${i}`));
  for (let i = 0; i < 255; i++) expect(activity.note(motion(false, `rule ${i}`))).toBeUndefined();
  expect(activity.note(motion(false, 'rule 255'))).toBe('stop');
});
