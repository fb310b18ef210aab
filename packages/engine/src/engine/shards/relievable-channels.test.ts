import { expect, test } from 'vitest';
import { RelievableChannels } from './relievable-channels.js';

class Channel {
  relieved = 0;
  readonly borrowedBytes: number;

  constructor(borrowedBytes: number) {
    this.borrowedBytes = borrowedBytes;
  }

  relieve(): void {
    this.relieved++;
  }
}

function relieved(...channels: Channel[]): number[] {
  return channels.map((channel) => channel.relieved);
}

test('the channel that has borrowed most gives room back, and never the one that needs it', () => {
  const [needy, little, much, none] = [new Channel(900), new Channel(10), new Channel(20), new Channel(0)];
  const channels = new RelievableChannels();
  for (const channel of [needy, little, much, none]) channels.add(channel);
  channels.relieveOther(needy);
  expect(relieved(needy, little, much, none)).toEqual([0, 0, 1, 0]);
  channels.delete(much);
  channels.relieveOther(needy);
  channels.delete(little);
  channels.relieveOther(needy);
  expect(relieved(needy, little, much, none)).toEqual([0, 1, 1, 0]);
});
