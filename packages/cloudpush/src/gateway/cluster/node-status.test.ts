import { expect, test } from 'vitest';
import { slotOf } from '../../cluster/assignment/assignment.js';
import type { ChannelState } from '../state.js';
import { nodeStatus } from './node-status.js';

const SLOTS = 64;

function channel(name: string, ...bitRates: readonly number[]): Pick<ChannelState, 'name' | 'destinations'> {
  const destinations = bitRates.map((bitRate) => ({ bitRate }));
  return { name, destinations: destinations as unknown as ChannelState['destinations'] };
}

test('what leaves a node is told in bytes a second, in all and by slot', () => {
  const states = [channel('gate', 8000, 800), channel('door', 1600)];
  expect(nodeStatus(states, SLOTS)).toEqual({
    channels: 2,
    load: 1300,
    loads: { [slotOf('gate', SLOTS)]: 1100, [slotOf('door', SLOTS)]: 200 },
  });
});

test('slots that send nothing are left out', () => {
  const states = [channel('gate', 0), channel('door'), channel('yard', 3)];
  expect(nodeStatus(states, SLOTS)).toEqual({ channels: 3, load: 0, loads: {} });
});
