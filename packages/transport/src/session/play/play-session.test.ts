import { expect, test } from 'vitest';
import type { RtmpError } from '../../errors.js';
import { RECEIVER_LIMITS } from '../../limits.js';
import { MessageType } from '../../message/type.js';
import { hex, pattern } from '../../testing/bytes.js';
import { ScriptedPeer } from '../../testing/sessions.js';
import { PlaySession } from './play-session.js';
import type { PlaySessionHandler } from './play-state.js';

/** Notes what a session reports. */
class Recorder implements PlaySessionHandler {
  playing = 0;
  readonly media: [type: number, timestamp: number, payload: string][] = [];
  readonly failures: RtmpError[] = [];

  onPlaying(): void {
    this.playing++;
  }
  onMedia(type: number, timestamp: number, payload: Uint8Array): void {
    this.media.push([type, timestamp, Buffer.from(payload).toString('hex')]);
  }
  onStatus(): void {}
  onFailure(error: RtmpError): void {
    this.failures.push(error);
  }
}

const TIMEOUTS = { handshake: 100, connect: 200, createStream: 300, play: 400 };
const STREAM = 1;

class Server extends ScriptedPeer<PlaySession> {
  readonly recorder: Recorder;

  constructor() {
    const recorder = new Recorder();
    super((clock, sink) => {
      const options = {
        connectObject: { app: 'live', tcUrl: 'rtmp://h/live' },
        connectArguments: [],
        streamName: 'camera?key=hush-hush',
        secrets: [],
        handshake: 'simple',
        digestScheme: 1,
        timeouts: TIMEOUTS,
        limits: RECEIVER_LIMITS,
        random: (target: Uint8Array) => target.set(pattern(target.length)),
        now: clock.now,
      } as const;
      return new PlaySession(options, sink, recorder);
    });
    this.recorder = recorder;
  }

  /** Everything until `play` has been asked for. */
  acceptStream(): this {
    this.shakeHands().acceptConnect();
    return this.command('_result', this.last('createStream').transactionId, null, STREAM);
  }

  play(): this {
    return this.acceptStream().status('NetStream.Play.Start');
  }

  get failure(): RtmpError {
    expect(this.recorder.failures).toHaveLength(1);
    return this.recorder.failures[0]!;
  }
}

test('connects, creates a stream, and asks for live media of the name with its query', () => {
  const server = new Server().play();
  expect(server.commands.map(({ name }) => name)).toEqual(['connect', 'createStream', 'play']);
  expect(server.last('play').args).toEqual([null, 'camera?key=hush-hush', -1]);
  expect(server.sent.at(-1)).toMatchObject({
    type: MessageType.userControl,
    payload: Buffer.from(hex('0003 00000001 00000064')),
  });
  expect(server.session.state).toBe('playing');
  expect(server.recorder.playing).toBe(1);
});

test('gives media and data of its stream, also what comes before the status that announces it', () => {
  const server = new Server().acceptStream();
  server.say(MessageType.video, hex('17 00'), STREAM).status('NetStream.Play.Start');
  server.say(MessageType.audio, hex('af 01'), STREAM).say(MessageType.dataAmf0, hex('02 0000'), STREAM);
  expect(server.recorder.media).toEqual([
    [9, 0, '1700'],
    [8, 0, 'af01'],
    [18, 0, '020000'],
  ]);
});

test('takes media on whatever message stream it comes, once it has asked for any', () => {
  const server = new Server().shakeHands();
  server.say(MessageType.video, hex('17 00'), STREAM);
  expect(server.recorder.media).toEqual([]);
  server.acceptConnect().command('_result', server.last('createStream').transactionId, null, STREAM);
  server.say(MessageType.video, hex('17 01'), 0);
  expect(server.recorder.media).toEqual([[9, 0, '1701']]);
});

test('takes aggregates apart', () => {
  const server = new Server().play();
  server.say(
    MessageType.aggregate,
    hex('08 000001 000064 00 000000 af 0000000c 09 000001 000078 00 000000 27 0000000c'),
    STREAM,
  );
  expect(server.recorder.media).toEqual([
    [8, 0, 'af'],
    [9, 20, '27'],
  ]);
});

test.each(['NetStream.Play.StreamNotFound', 'NetStream.Play.UnpublishNotify', 'NetStream.Play.Stop'])(
  '%s ends it',
  (code) => {
    const server = new Server().play().status(code);
    expect(server.failure).toMatchObject({
      code: 'ERR_CLOUDPUSH_PLAY_FAILED',
      class: 'retryable',
      stage: 'playing',
    });
  },
);

test('a refusal of play is an error of that stage, without the query of the name', () => {
  const server = new Server().acceptStream();
  server.status('NetStream.Play.Failed', 'error', 'no camera?key=hush-hush here');
  expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_PLAY_FAILED', stage: 'play' });
  expect(server.failure.message).not.toContain('hush-hush');
});

test('statuses that are no end are none', () => {
  const server = new Server().play();
  server.status('NetStream.Play.PublishNotify').status('NetStream.Data.Start');
  expect(server.recorder.failures).toEqual([]);
  expect(server.session.state).toBe('playing');
});

test.each([
  ['handshake', (server: Server) => server.session.start()],
  ['connect', (server: Server) => server.shakeHands()],
  ['create-stream', (server: Server) => server.shakeHands().acceptConnect()],
  ['play', (server: Server) => server.acceptStream()],
] as const)('a server that does not answer ends it at the stage %s', (stage, reach) => {
  const server = new Server();
  reach(server);
  server.clock.time = server.session.deadline - 1;
  server.session.expire();
  expect(server.recorder.failures).toEqual([]);
  server.clock.time++;
  server.session.expire();
  expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage });
});

test('nothing is awaited while it plays', () => {
  expect(new Server().play().session.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('an answer to createStream without an id is an error', () => {
  const server = new Server().shakeHands().acceptConnect();
  server.command('_result', server.last('createStream').transactionId, null);
  expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_CREATE_STREAM_FAILED' });
});

test('a server that refuses connect is heard', () => {
  const server = new Server().shakeHands();
  server.command('_error', 1, null, { level: 'error', code: 'NetConnection.Connect.Rejected' });
  expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_CONNECT_REJECTED', stage: 'connect' });
});

test('bytes that are no RTMP end it, and nothing is heard afterwards', () => {
  const server = new Server().play();
  server.session.receive(hex('ff'.repeat(64)));
  expect(server.failure.class).toBe('retryable');
  server.session.receive(hex('00'));
  expect(server.recorder.failures).toHaveLength(1);
});

test('stop tells the server which stream it leaves', () => {
  const server = new Server().play();
  server.session.stop();
  server.listen();
  expect(server.last('deleteStream').args).toEqual([null, STREAM]);
});
