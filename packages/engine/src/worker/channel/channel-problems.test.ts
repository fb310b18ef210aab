import { MuxerError } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { REPEAT_INTERVAL } from '../../base/problem-limiter.js';
import { ChannelCounter } from '../../memory/counters.js';
import { FakeShard } from '../testing/fake-shard.js';
import { ChannelProblems } from './channel-problems.js';

const CHANNEL = 2;

function setUp() {
  const shard = new FakeShard();
  const faults: Error[] = [];
  const problems = new ChannelProblems(CHANNEL, shard, (fault) => void faults.push(fault));
  const count = (counter: ChannelCounter): number => shard.counters.channels.get(CHANNEL, counter);
  return { shard, faults, problems, count };
}

const truncated = new MuxerError('ERR_CLOUDPUSH_ADTS_CUT_OFF');

test('a packet that is refused is counted and told, and one like it is counted only, for a while', () => {
  const { shard, problems, count } = setUp();
  for (let i = 0; i < 3; i++) problems.refuse(truncated);
  expect(count(ChannelCounter.packetsInvalid)).toBe(3);
  expect(shard.of('problem')).toMatchObject([
    { channel: CHANNEL, refused: true, repeats: 0, error: { code: truncated.code } },
  ]);
  shard.clock.pass(REPEAT_INTERVAL);
  problems.refuse(truncated);
  expect(shard.of('problem').map(({ repeats }) => repeats)).toEqual([0, 2]);
});

test('another code, or another field, is another problem', () => {
  const { shard, problems } = setUp();
  const backwards = (field: string): MuxerError =>
    new MuxerError('ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK', { field });
  problems.refuse(truncated);
  problems.refuse(backwards('dts'));
  problems.refuse(backwards('pts'));
  problems.refuse(backwards('dts'));
  expect(shard.of('problem').map(({ error }) => error.details['field'])).toEqual([undefined, 'dts', 'pts']);
});

test('what a connection cannot carry is a refusal; any other error ends the channel instead', () => {
  const { shard, faults, problems, count } = setUp();
  problems.refuse(new RtmpError(RtmpErrorCode.messageTooLarge, 'publishing', 'too large'));
  expect([faults, count(ChannelCounter.packetsInvalid)]).toEqual([[], 1]);
  const fault = new TypeError('no such field');
  problems.refuse(fault);
  expect([faults, count(ChannelCounter.packetsInvalid)]).toEqual([[fault], 1]);
  expect(shard.told).toEqual(['problem']);
});

test('a warning tells of a packet that goes out: only frames that are lost with it are counted', () => {
  const { shard, problems, count } = setUp();
  problems.warn(truncated, 0);
  expect(count(ChannelCounter.packetsInvalid)).toBe(0);
  problems.warn(truncated, 3);
  expect(count(ChannelCounter.packetsInvalid)).toBe(1);
  expect(shard.of('problem').map(({ refused }) => refused)).toEqual([false]);
});

test('what a source sends that no pool could hold is refused as well', () => {
  const { shard, faults, problems, count } = setUp();
  problems.refuseFromSource(new CloudPushError('ERR_CLOUDPUSH_PACKET_TOO_LARGE', 'too large'));
  expect([faults, count(ChannelCounter.packetsInvalid), shard.told]).toEqual([[], 1, ['problem']]);
});

test('what comes between two segments has a count of its own', () => {
  const { shard, problems, count } = setUp();
  problems.refuseBetweenSegments();
  expect(count(ChannelCounter.packetsBetweenSegments)).toBe(1);
  expect(count(ChannelCounter.packetsInvalid)).toBe(0);
  expect(shard.of('problem')).toMatchObject([
    { refused: true, error: { code: 'ERR_CLOUDPUSH_BETWEEN_SEGMENTS' } },
  ]);
});
