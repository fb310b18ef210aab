// Events of a channel that is given bad packets: each cause is told once, and the next good packet goes out.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Channel, type ChannelSettings, type PacketProblem, PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { badPackets } from './bad-packets.js';
import { cameraPackets } from './camera.js';
import { closeEmpty, samples, transcript } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();
const [keyFrame, interFrame] = packets.filter(({ kind }) => kind === 'video').map(({ data }) => data);
const adts = packets.find(({ kind }) => kind === 'audio')!.data;
/** The same problem is told once in this time, in ms. */
const REPEAT_INTERVAL = 1000;

vi.setConfig({ testTimeout: 30_000 });

let receiver: RecordingReceiver;
let engine: PushEngine;
let streams = 0;

beforeAll(async () => {
  receiver = await RecordingReceiver.listen();
  engine = await PushEngine.create({ maxConnections: 1 });
});

afterAll(async () => {
  await closeEmpty(engine);
  await receiver[Symbol.asyncDispose]();
});

/** The packets sent to a channel that publishes, its reports on them, and what arrives. */
interface Told {
  readonly events: string[];
  readonly problems: PacketProblem[];
  readonly channel: Channel;
  readonly stream: ArrivedStream;
}

async function told(
  options: ChannelSettings,
  send: (channel: Channel, problems: PacketProblem[]) => Promise<void> | void,
): Promise<Told> {
  const name = `stream-${streams++}`;
  const channel = engine.openChannel({ ...options, url: receiver.url(name) });
  const events = transcript(channel);
  const problems: PacketProblem[] = [];
  channel.on('problem', (problem) => problems.push(problem));
  await channel.connected();
  await send(channel, problems);
  const closed = once(channel, 'close');
  void channel.close();
  expect(await closed).toEqual([{ clean: true, error: undefined }]);
  expect(engine.stats()).toMatchObject({ poolBlocksInUse: 0, channels: 0 });
  return { events, problems, channel, stream: receiver.stream(name) };
}

describe.each(badPackets)('a packet of $name with', ({ codecs, track, good, bad }) => {
  test.for(bad)(
    '%s is a problem %s, once, and the next one goes out',
    async ([, code, fault, data, before]) => {
      const sent = before === undefined ? [data, good] : [before, data, good];
      const { events, problems, channel, stream } = await told(codecs, (channel) => {
        for (const [i, packet] of sent.entries()) {
          const pts = i * 40;
          const taken =
            track === 'video' ? channel.sendVideo(packet, { pts }) : channel.sendAudio(packet, { pts });
          expect(taken).toBe(true);
        }
      });
      expect(events).toEqual(['connect', `problem ERR_CLOUDPUSH_${code}`, 'close']);
      const error = { code: `ERR_CLOUDPUSH_${code}`, class: 'fatal', details: { fault } };
      expect(problems).toMatchObject([{ error, repeats: 0 }]);
      expect(channel.stats()).toMatchObject({ packetsInvalid: 1, packetsLost: 0 });
      const arrived = samples(stream, MessageType[track]);
      expect(arrived).toHaveLength(before === undefined || before.length < 100 ? 1 : 2);
      expect(arrived.at(-1)!.payload.length).toBeGreaterThan(good.length / 2);
    },
  );
});

test('of a packet of a good frame and half of one, the good one goes out, and the other is told and counted', async () => {
  const { events, channel, stream } = await told({}, (channel) => {
    channel.sendAudio(Buffer.concat([adts, adts.subarray(0, 9)]), { pts: 0 });
    channel.sendAudio(adts, { pts: 40 });
  });
  expect(events).toEqual(['connect', 'problem ERR_CLOUDPUSH_ADTS_CUT_OFF', 'close']);
  expect(channel.stats()).toMatchObject({ audioFrames: 2, packetsInvalid: 1, packetsLost: 0 });
  expect(samples(stream, MessageType.audio).map(({ timestamp }) => timestamp)).toEqual([0, 40]);
});

describe('a timestamp', () => {
  test.each<[what: string, options: ChannelSettings, send: (channel: Channel) => void, code: string]>([
    [
      'that steps back, of a picture',
      {},
      (channel) => channel.sendVideo(interFrame!, { pts: 960 }),
      'TIMESTAMP_STEP_BACK',
    ],
    [
      'that steps back, of audio',
      {},
      (channel) => channel.sendAudio(adts, { pts: 999 }),
      'TIMESTAMP_STEP_BACK',
    ],
    [
      'that steps back, of data',
      {},
      (channel) => channel.sendData('onCuePoint', [], { pts: 999 }),
      'TIMESTAMP_STEP_BACK',
    ],
    [
      'too far from its decoding time',
      {},
      (channel) => channel.sendVideo(interFrame!, { dts: 1040, pts: 10_000_000 }),
      'COMPOSITION_OFFSET_RANGE',
    ],
    [
      'that 32 bits do not hold',
      { inputClock: 'wrapping32' },
      (channel) => channel.sendVideo(interFrame!, { pts: 2 ** 32 }),
      'TIMESTAMP_INVALID',
    ],
  ])('%s is told once, with what is permitted', async (_what, options, send, code) => {
    const { events, problems, stream, channel } = await told(options, (channel) => {
      channel.sendVideo(keyFrame!, { pts: 1000 });
      channel.sendAudio(adts, { pts: 1000 });
      channel.sendData('onCuePoint', [], { pts: 1000 });
      send(channel);
      channel.sendVideo(keyFrame!, { pts: 1040 });
    });
    expect(events).toEqual(['connect', `problem ERR_CLOUDPUSH_${code}`, 'close']);
    expect(problems).toMatchObject([
      { error: { class: 'fatal', details: { fault: 'timestamp' } }, repeats: 0 },
    ]);
    expect(problems[0]!.error.details['permitted']).toBeDefined();
    const [video, audio] = [MessageType.video, MessageType.audio].map((type) =>
      samples(stream, type).map(({ timestamp }) => timestamp),
    );
    if (code === 'TIMESTAMP_INVALID') expect([video, audio]).toEqual([[0, 40], [0]]);
    else {
      // It goes out 1 ms behind the one before, or at its decoding time. onMetaData is the sixth.
      expect(video!.length + audio!.length + samples(stream, MessageType.dataAmf0).length).toBe(6);
      expect(video).toEqual([...video!].sort((a, b) => a - b));
      expect(channel.stats()).toMatchObject({ packetsInvalid: 0, packetsLost: 0 });
    }
  });

  test('that jumps, of a clock that was set, is told once with its size, and both tracks go on', async () => {
    for (const [step, inputClock] of [
      [-5000, 'native'],
      [1.6e12, 'native'],
      [-7e8, 'wrapping32'],
    ] as const) {
      const { events, problems, stream } = await told({ inputClock }, (channel) => {
        for (let time = 0; time < 1000; time += 40) {
          const pts = 1e9 + time + (time >= 520 ? step : 0);
          channel.sendVideo(time === 0 ? keyFrame! : interFrame!, { pts });
          channel.sendAudio(adts, { pts: pts + 20 });
        }
      });
      expect(events).toHaveLength(3);
      expect(problems).toMatchObject([
        { error: { details: { fault: 'timestamp', field: 'clock' } }, repeats: 0 },
      ]);
      expect(Number.parseFloat(problems[0]!.error.details['actual'] as string)).toBeCloseTo(step + 40, 0);
      const times = (type: number) => samples(stream, type).map(({ timestamp }) => timestamp);
      expect(times(MessageType.video)).toEqual(Array.from({ length: 25 }, (_, i) => i * 40));
      expect(times(MessageType.audio)).toEqual(Array.from({ length: 25 }, (_, i) => i * 40 + 20));
    }
  });

  test('that jumps back while the connection is lost costs nothing of what comes after it', async () => {
    const name = `stream-${streams++}`;
    const channel = engine.openChannel({ url: receiver.url(name), reconnect: { initialDelay: 1 } });
    const problems: PacketProblem[] = [];
    channel.on('problem', (problem) => problems.push(problem));
    await channel.connected();
    const send = (from: number, step: number): void => {
      for (let time = from; time < from + 400; time += 40) {
        channel.sendVideo(time === from ? keyFrame! : interFrame!, { pts: 1e6 + time + step });
        channel.sendAudio(adts, { pts: 1e6 + time + step + 20 });
      }
    };
    send(0, 0);
    await waitFor('the first part', 20_000, () => receiver.stream(name).messages.length > 20 || undefined);
    const again = once(channel, 'connect');
    receiver.stream(name).drop();
    await again;
    send(400, -5000);
    await channel.close();
    const second = receiver.streams(name).at(-1)!;
    const times = (type: number) => samples(second, type).map(({ timestamp }) => timestamp);
    expect(times(MessageType.video)).toEqual(Array.from({ length: 10 }, (_, i) => 400 + i * 40));
    expect(times(MessageType.audio)).toEqual(Array.from({ length: 10 }, (_, i) => 420 + i * 40));
    expect(problems).toMatchObject([{ error: { details: { field: 'clock', actual: '-4960 ms' } } }]);
  });

  test('long before the start of the stream is told once, and the packet goes out', async () => {
    const { events, stream } = await told({}, (channel) => {
      channel.sendVideo(keyFrame!, { pts: 1_000_000 });
      channel.sendAudio(adts, { pts: 0 });
      channel.sendAudio(adts, { pts: 23 });
    });
    expect(events.slice(0, 2)).toEqual(['connect', 'problem ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START']);
    expect(samples(stream, MessageType.audio)).toHaveLength(2);
  });
});

describe('problems', () => {
  test('of different causes come in the order of their packets, each as the first of its kind', async () => {
    const { events, problems } = await told({}, (channel) => {
      channel.sendVideo(interFrame!, { pts: 0 });
      channel.sendAudio(adts.subarray(0, 20), { pts: 0 });
      channel.sendVideo(keyFrame!, { pts: 40 });
      channel.sendVideo(Uint8Array.of(1, 2, 3, 4), { pts: 80 });
      channel.sendVideo(interFrame!, { pts: 0 });
      channel.sendVideo(interFrame!, { pts: 80 });
    });
    expect(events).toEqual([
      'connect',
      'problem ERR_CLOUDPUSH_NO_SPS_PPS',
      'problem ERR_CLOUDPUSH_ADTS_CUT_OFF',
      'problem ERR_CLOUDPUSH_VIDEO_NO_START_CODE',
      'problem ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK',
      'close',
    ]);
    expect(problems.map(({ repeats }) => repeats)).toEqual([0, 0, 0, 0]);
  });

  test('that repeat are told once a second at most, with the number of those that were not', async () => {
    const bad = keyFrame!.subarray(4);
    const { problems, channel } = await told({}, async (channel, heard) => {
      const tell = (): number => heard.reduce((sum, { repeats }) => sum + 1 + repeats, 0);
      for (let round = 1; round <= 2; round++) {
        for (let i = 0; i < 24; i++) channel.sendVideo(bad, { pts: i });
        const all = round * 25 - 1;
        await waitFor('the bad packets', 20_000, () => channel.stats().packetsInvalid === all || undefined);
        expect(tell()).toBeLessThanOrEqual(all);
        // From then on, the last report is too long ago to keep the next one back.
        await setTimeout(REPEAT_INTERVAL);
        channel.sendVideo(bad, { pts: 0 });
        await waitFor('the next report', 20_000, () => tell() === all + 1 || undefined);
      }
    });
    expect(channel.stats().packetsInvalid).toBe(50);
    expect(problems.length).toBeGreaterThanOrEqual(3);
    expect(problems.length).toBeLessThan(25);
  });

  test('do not keep a parameter set that is mended from being taken', async () => {
    const [, , , brokenSps] = badPackets[0]!.bad.find(([, code]) => code === 'SPS_CUT_OFF')!;
    const { events, stream } = await told({}, (channel) => {
      channel.sendVideo(keyFrame!, { pts: 0 });
      channel.sendVideo(brokenSps, { pts: 40 });
      channel.sendVideo(keyFrame!, { pts: 80 });
    });
    expect(events).toEqual(['connect', 'problem ERR_CLOUDPUSH_SPS_CUT_OFF', 'close']);
    expect(samples(stream, MessageType.video).map(({ timestamp }) => timestamp)).toEqual([0, 80]);
  });
});
