import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import {
  PUBLISHER_LIMITS,
  PublishSession,
  RECEIVER_LIMITS,
  ReceiveSession,
  type RtmpError,
} from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { readFlv } from './support/flv.js';

/** Conversations of foreign programs, recorded by vectors/capture.mjs. */
function recorded(name: string): Buffer {
  return readFileSync(new URL(`vectors/${name}.bin`, import.meta.url));
}

const source = readFlv(new URL('vectors/source.flv', import.meta.url));
const random = (target: Uint8Array): void => void target.fill(7);
const now = (): number => 0;

/**
 * In front of the name `onStatus` stand a chunk header of 12 bytes and the AMF0 string's marker and length.
 */
const STATUS_HEADER = 15;

/**
 * Offsets to split at: the handshake blocks and long runs of media differ in nothing but the offset, so a
 * sample of them stands for all; everything from the commands into the first media messages is split at every
 * byte.
 */
function* splits(length: number): Generator<number> {
  for (let at = 1; at < length; at += at < 3000 || at > 4200 ? 97 : 1) yield at;
}

interface Seen {
  events: string[];
  messages: { type: number; timestamp: number; payload: Buffer }[];
}

/** Feeds a client's side of a conversation to our receiving session. */
function receive(pieces: Buffer[]): Seen {
  const events: string[] = [];
  const messages: Seen['messages'] = [];
  const session = new ReceiveSession(
    {
      handshake: 'auto',
      chunkSize: 4096,
      windowAcknowledgementSize: 2_500_000,
      firstMessageStreamId: 1,
      releaseStreamAnswer: '_result',
      connectInfo: {},
      connectProperties: {},
      acknowledges: true,
      setupTimeout: 1000,
      limits: RECEIVER_LIMITS,
      random,
      now,
    },
    { push: () => undefined },
    {
      onConnect: ({ app, digestScheme }) => {
        events.push(`connect ${app}, digest ${digestScheme}`);
        return 'accept';
      },
      onCreateStream: () => 'accept',
      onPublish: ({ streamName, publishType }) => {
        events.push(`publish ${streamName} ${publishType}`);
        return 'accept';
      },
      onPublished: () => undefined,
      onMessage: (_id, type, timestamp, payload) => {
        messages.push({ type, timestamp, payload: Buffer.from(payload) });
      },
      onUnpublish: (id) => void events.push(`unpublish ${id}`),
      onCommand: (name) => void events.push(`command ${name}`),
      onFailure: (error) => void events.push(`failure ${error?.message}`),
    },
  );
  for (const piece of pieces) session.receive(piece);
  return { events, messages };
}

describe('what foreign clients say, read by the receiving session', () => {
  test.each([
    'ffmpeg-nginx.client',
    'ffmpeg-nms.client',
    'rtmp2sink-nginx.client',
    'rtmp2sink-ffmpeg.client',
    'librtmp-nginx.client',
  ])('%s', (name) => {
    const bytes = recorded(name);
    const whole = receive([bytes]);
    expect(whole.events[0]).toMatch(/^connect live, digest /);
    expect(whole.events.slice(1)).toEqual(['publish camera7 live', 'unpublish 1']);
    expect(receive(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(whole);
    const video = whole.messages.filter(({ type }) => type === 9);
    expect(video.length).toBeGreaterThanOrEqual(source.filter(({ type }) => type === 9).length - 1);
    for (const at of splits(bytes.length)) {
      const split = receive([bytes.subarray(0, at), bytes.subarray(at)]);
      if (!isDeepStrictEqual(split, whole)) expect(split, `split at ${at}`).toEqual(whole);
    }
  });

  test('ffmpeg’s stream is tag for tag the file that it sent', () => {
    const { messages } = receive([recorded('ffmpeg-nginx.client')]);
    const media = messages.filter(({ type }) => type !== 18);
    // ffmpeg ends with an AVC end-of-sequence of its own that the file has too.
    const expected = source.filter(({ type }) => type !== 18);
    expect(media.map(({ payload }) => payload)).toEqual(expected.map(({ body }) => body));
    expect(media.map(({ timestamp }) => timestamp)).toEqual(expected.map(({ timestamp }) => timestamp));
  });
});

describe('what foreign servers say, read by the publish session', () => {
  /**
   * Publishes against a recorded server; its answers fit because our transaction ids are those of the
   * recorded client.
   */
  function publish(pieces: Buffer[]): { statuses: string[]; published: number; failures: string[] } {
    const seen = { statuses: [] as string[], published: 0, failures: [] as string[] };
    const session = new PublishSession(
      {
        connectObject: { app: 'live', tcUrl: 'rtmp://h/live' },
        connectArguments: [],
        streamName: 'camera7',
        publishType: 'live',
        handshake: 'simple',
        digestScheme: 1,
        profile: 'auto',
        chunkSize: undefined,
        timeouts: { handshake: 1, connect: 1, createStream: 1, publish: 1 },
        limits: PUBLISHER_LIMITS,
        random,
        now,
      },
      { push: () => undefined },
      {
        onPublishing: () => void seen.published++,
        onStatus: ({ code }) => void seen.statuses.push(code),
        onCommand: (name) => void seen.failures.push(`command ${name}`),
        onReconnectRequest: () => undefined,
        onFailure: (error: RtmpError) => void seen.failures.push(error.message),
      },
    );
    session.start();
    for (const piece of pieces) session.receive(piece);
    return seen;
  }

  test.each(['ffmpeg-nginx.server', 'ffmpeg-nms.server', 'librtmp-nginx.server'])('%s', (name) => {
    const bytes = recorded(name);
    // Recorded behind the start of publishing is the server's answer to the end, which our session has not
    // asked for.
    const end = bytes.indexOf('NetStream.Unpublish.Success');
    const setup = end < 0 ? bytes : bytes.subarray(0, bytes.lastIndexOf('onStatus', end) - STATUS_HEADER);
    const whole = publish([setup]);
    expect(whole).toMatchObject({ published: 1, failures: [] });
    expect(whole.statuses).toContain('NetStream.Publish.Start');
    for (const at of splits(setup.length)) {
      expect(publish([setup.subarray(0, at), setup.subarray(at)])).toEqual(whole);
    }
  });
});
