import { expect, test, vi } from 'vitest';
import { useRecord } from '../../memory/record.js';
import type { StreamMetadata } from '../../metadata/types.js';
import { ChannelEncryption } from '../../options/encryption-options.js';
import { ChannelSegments } from './channel-segments.js';
import { MetadataSender } from './metadata-sender.js';
import type { PacketSender } from './packet-sender.js';

const key = new Uint8Array(16).fill(7);
const encrypt = { type: 'videoEncrypt', mode: 'allFrames', key } as const;

function newSender(
  taken: boolean,
  first: 'open' | 'standby' = 'open',
): {
  records: object[];
  given: Uint8Array[];
  encryption: ChannelEncryption;
  segments: ChannelSegments;
  sender: MetadataSender;
} {
  const records: object[] = [];
  const given: Uint8Array[] = [];
  const sendRecord = vi.fn((_command: unknown, record: Uint8Array) => {
    given.push(record);
    useRecord(Buffer.from(record), (value: object) => void records.push(structuredClone(value)));
    return taken;
  });
  const encryption = new ChannelEncryption('h264', 'aac', undefined);
  const segments = new ChannelSegments({ segmentEnded: () => {} }, first);
  const sender = new MetadataSender({ sendRecord } as unknown as PacketSender, encryption, segments);
  return { records, given, encryption, segments, sender };
}

test('metadata that was refused changes no segment, and metadata that was taken does', () => {
  const end = { type: 'streamEnd', alarmDuration: 0, time: 0 } as const;
  const refused = newSender(false);
  expect(refused.sender.send(end, undefined)).toBe(false);
  expect(refused.segments.state).toEqual({ number: 1, isOpen: true });
  const taken = newSender(true);
  expect(taken.sender.send(end, undefined)).toBe(true);
  expect(taken.segments.state).toEqual({ number: 1, isOpen: false });
  expect(taken.records).toMatchObject([{ type: 'streamEnd' }]);
});

test('a key is in force for the channel only once it is on its way to the shard', () => {
  const refused = newSender(false);
  refused.sender.send(encrypt, undefined);
  expect(refused.encryption.current.video).toBeUndefined();
  const taken = newSender(true);
  taken.sender.send(encrypt, undefined);
  expect(taken.encryption.current.video).toBeDefined();
  expect(taken.records).toMatchObject([{ type: 'videoEncrypt', key }]);
});

test('the record that held a key is wiped, whether it was taken or not', () => {
  for (const taken of [true, false]) {
    const { sender, given } = newSender(taken);
    sender.send(encrypt, undefined);
    expect(given[0]!.every((byte) => byte === 0)).toBe(true);
  }
});

test.each([undefined, null, 'streamStart'])('what is no metadata is refused by its name: %s', (given) => {
  const { sender, records } = newSender(true);
  expect(() => sender.send(given as unknown as StreamMetadata, undefined)).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' }),
  );
  expect(records).toEqual([]);
});

test('the end of a segment is not sent before the first destination, which it could not reach', () => {
  const { sender, records, segments } = newSender(true, 'standby');
  const end = { type: 'streamEnd', alarmDuration: 0, time: 0 } as const;
  expect(() => sender.send(end, undefined)).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_STATE' }),
  );
  expect([records, segments.state]).toEqual([[], { number: 1, isOpen: true }]);
  segments.onAttached();
  expect(sender.send(end, undefined)).toBe(true);
});
