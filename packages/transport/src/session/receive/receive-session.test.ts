import { describe, expect, test } from 'vitest';
import type { AmfValue } from '../../amf/value.js';
import { ChunkReader } from '../../chunk/reader.js';
import { ChunkWriter } from '../../chunk/writer.js';
import type { RtmpError } from '../../errors.js';
import { RECEIVER_LIMITS } from '../../limits.js';
import { type Command, decodeCommand, encodeCommand } from '../../message/command.js';
import { encodeData } from '../../message/data.js';
import { MessageType } from '../../message/type.js';
import { ByteSink, hex, pattern } from '../../testing/bytes.js';
import { TestClock } from '../../testing/sessions.js';
import { ReceiveSession } from './receive-session.js';
import type { Decision, ReceiveSessionHandler, ReceiveSessionOptions } from './requests.js';

/** A receive session with a hand-made client around it. */
class ScriptedClient implements ReceiveSessionHandler {
  readonly clock = new TestClock();
  readonly events: string[] = [];
  readonly failures: (RtmpError | undefined)[] = [];
  decisions: { connect?: Decision; createStream?: Decision; publish?: Decision } = {};
  readonly session: ReceiveSession;
  /** Messages that the session has sent since the last look: types of control messages, and commands. */
  readonly #heard: (number | Command)[] = [];
  readonly #fromSession = new ByteSink();
  readonly #toSession = new ByteSink();
  readonly #writer = new ChunkWriter(this.#toSession);
  readonly #reader = new ChunkReader(
    {
      onMessage: (type, _id, _timestamp, payload) => {
        const command = type === MessageType.commandAmf0;
        this.#heard.push(command ? decodeCommand(type, payload, RECEIVER_LIMITS) : type);
      },
    },
    RECEIVER_LIMITS,
  );

  constructor(more: Partial<ReceiveSessionOptions> = {}) {
    const options: ReceiveSessionOptions = {
      handshake: 'auto',
      chunkSize: 4096,
      windowAcknowledgementSize: 2_500_000,
      firstMessageStreamId: 5,
      releaseStreamAnswer: '_result',
      connectInfo: {},
      connectProperties: {},
      acknowledges: true,
      setupTimeout: 100,
      limits: { ...RECEIVER_LIMITS, maxMessageStreams: 2 },
      random: (target) => target.set(pattern(target.length)),
      now: this.clock.now,
      ...more,
    };
    this.session = new ReceiveSession(options, this.#fromSession, this);
    this.session.receive(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]));
    this.#fromSession.take();
  }

  onConnect = ({ app }: { app: string }): Decision => {
    this.events.push(`connect ${app}`);
    return this.decisions.connect ?? 'accept';
  };
  onCreateStream = (): Decision => this.decisions.createStream ?? 'accept';
  onPublish = (): Decision => this.decisions.publish ?? 'accept';
  onPublished = ({ streamName, messageStreamId }: { streamName: string; messageStreamId: number }): void => {
    this.events.push(`published ${streamName} on ${messageStreamId}`);
  };
  onMessage = (id: number, type: number, timestamp: number): void => {
    this.events.push(`message ${id} ${type} ${timestamp}`);
  };
  onUnpublish = (id: number): void => {
    this.events.push(`unpublish ${id}`);
  };
  onCommand = (name: string): void => {
    this.events.push(`command ${name}`);
  };
  onFailure = (error: RtmpError | undefined): void => {
    this.failures.push(error);
  };

  say(type: number, payload: Uint8Array, messageStreamId = 0): (number | Command)[] {
    this.#writer.write(3, type, messageStreamId, 40, payload);
    this.session.receive(this.#toSession.take());
    this.#reader.push(this.#fromSession.take());
    return this.#heard.splice(0);
  }

  command(name: string, id: number, messageStreamId: number, ...args: AmfValue[]): (number | Command)[] {
    return this.say(MessageType.commandAmf0, encodeCommand(name, id, ...args), messageStreamId);
  }

  connect(): this {
    this.command('connect', 1, 0, { app: 'live', tcUrl: 'rtmp://h/live' });
    return this;
  }

  publish(): this {
    this.connect().command('createStream', 4, 0, null);
    this.command('publish', 5, 5, null, 'camera', 'live');
    return this;
  }
}

function statusCode(heard: (number | Command)[]): string | undefined {
  const command = heard.find((item) => typeof item === 'object');
  const info = command?.args.at(-1) as { code?: string } | undefined;
  return info?.code;
}

describe('receive session', () => {
  test('answers connect with window, bandwidth and the result, in that order', () => {
    const client = new ScriptedClient({ connectInfo: { capsEx: 1 }, connectProperties: { fmsVer: 'X' } });
    const heard = client.command('connect', 7, 0, { app: 'live' });
    expect(heard.slice(0, 2)).toEqual([5, 6]);
    expect(heard[2]).toMatchObject({
      name: '_result',
      transactionId: 7,
      args: [{ fmsVer: 'X' }, { capsEx: 1 }],
    });
  });

  test('gives out message stream ids from the first on, and publishes on them', () => {
    const client = new ScriptedClient().connect();
    expect(client.command('createStream', 4, 0, null)).toEqual([
      { name: '_result', transactionId: 4, args: [null, 5] },
    ]);
    expect(client.command('createStream', 6, 0, null)).toMatchObject([{ args: [null, 6] }]);
    const heard = client.command('publish', 0, 6, null, 'camera', 'live');
    expect(heard[0]).toBe(MessageType.userControl);
    expect(statusCode(heard)).toBe('NetStream.Publish.Start');
    client.say(MessageType.video, hex('17'), 6);
    client.say(MessageType.video, hex('17'), 5);
    expect(client.events).toEqual(['connect live', 'published camera on 6', 'message 6 9 40']);
  });

  test.each(['_result', '_error'] as const)(
    'answers releaseStream and FCPublish with %s',
    (releaseStreamAnswer) => {
      const client = new ScriptedClient({ releaseStreamAnswer }).connect();
      for (const name of ['releaseStream', 'FCPublish']) {
        expect(client.command(name, 2, 0, null, 'camera')).toMatchObject([
          { name: releaseStreamAnswer, transactionId: 2 },
        ]);
      }
    },
  );

  test('leaves releaseStream unanswered when told to', () => {
    const client = new ScriptedClient({ releaseStreamAnswer: 'never' }).connect();
    expect(client.command('releaseStream', 2, 0, null, 'camera')).toEqual([]);
  });

  test.each<[string, (client: ScriptedClient) => unknown, string]>([
    ['deleteStream names it', (c) => c.command('deleteStream', 0, 0, null, 5), 'unpublish 5'],
    ['closeStream comes on it', (c) => c.command('closeStream', 0, 5, null), 'unpublish 5'],
    [
      'FCUnpublish comes on the connection',
      (c) => c.command('FCUnpublish', 0, 0, null, 'camera'),
      'unpublish 5',
    ],
    [
      'all three come',
      (c) => {
        c.command('FCUnpublish', 0, 0, null, 'camera');
        c.command('closeStream', 0, 5, null);
        c.command('deleteStream', 0, 0, null, 5);
      },
      'unpublish 5',
    ],
  ])('ends a stream once when %s', (_, end, event) => {
    const client = new ScriptedClient().publish();
    client.events.length = 0;
    end(client);
    expect(client.events).toEqual([event]);
    expect(client.session.publishing).toBe(false);
  });

  test('takes aggregates apart, and data with the media', () => {
    const client = new ScriptedClient().publish();
    client.events.length = 0;
    const aggregate = hex('08 000001 000064 00 000000 af 0000000c 09 000001 000078 00 000000 27 0000000c');
    client.say(MessageType.aggregate, aggregate, 5);
    client.say(MessageType.dataAmf0, encodeData('onX'), 5);
    expect(client.events).toEqual(['message 5 8 40', 'message 5 9 60', 'message 5 18 40']);
  });

  test('refuses to publish twice on a stream, or on one that was not created', () => {
    const client = new ScriptedClient().publish();
    expect(statusCode(client.command('publish', 0, 5, null, 'camera'))).toBe('NetStream.Publish.BadName');
    expect(statusCode(client.command('publish', 0, 9, null, 'camera'))).toBe('NetStream.Publish.Failed');
  });

  test('plays nothing', () => {
    expect(statusCode(new ScriptedClient().connect().command('play', 0, 1, null, 'x'))).toBe(
      'NetStream.Play.Failed',
    );
  });

  test('refuses in the words that it is given, at every stage', () => {
    const no = { code: 'No', description: 'words' };
    const connect = new ScriptedClient();
    connect.decisions = { connect: { ...no, redirect: 'rtmp://other/live' } };
    expect(connect.command('connect', 1, 0, { app: 'live' }).at(-1)).toMatchObject({
      name: '_error',
      args: [null, { ...no, level: 'error', ex: { code: 302, redirect: 'rtmp://other/live' } }],
    });
    const create = new ScriptedClient().connect();
    create.decisions = { createStream: no };
    expect(create.command('createStream', 4, 0, null)).toMatchObject([{ name: '_error', args: [null, no] }]);
    const publish = new ScriptedClient();
    publish.decisions = { publish: no };
    publish.connect().command('createStream', 4, 0, null);
    expect(statusCode(publish.command('publish', 5, 5, null, 'camera'))).toBe('No');
    expect(publish.events).toEqual(['connect live']);
  });

  test('says nothing, or closes, when that is decided', () => {
    const silent = new ScriptedClient();
    silent.decisions = { connect: 'ignore' };
    expect(silent.command('connect', 1, 0, { app: 'live' })).toEqual([]);
    const closing = new ScriptedClient();
    closing.decisions = { connect: 'close' };
    closing.command('connect', 1, 0, { app: 'live' });
    expect(closing.failures).toEqual([undefined]);
  });

  test('ends clients that do not get on, open too many streams, or speak out of turn', () => {
    const slow = new ScriptedClient().connect();
    slow.clock.time += 100;
    slow.session.expire();
    expect(slow.failures).toMatchObject([{ code: 'ERR_CLOUDPUSH_TIMEOUT' }]);
    const greedy = new ScriptedClient().connect();
    for (let i = 0; i < 3; i++) greedy.command('createStream', i, 0, null);
    expect(greedy.failures).toMatchObject([
      { code: 'ERR_CLOUDPUSH_PEER_LIMIT', details: { actual: 3, permitted: 2 } },
    ]);
    const hasty = new ScriptedClient();
    hasty.command('createStream', 1, 0, null);
    expect(hasty.failures).toMatchObject([{ code: 'ERR_CLOUDPUSH_PROTOCOL', stage: 'connect' }]);
  });

  test('waits for nothing while something is published, and again afterwards', () => {
    const client = new ScriptedClient().publish();
    client.clock.time += 1_000_000;
    client.session.expire();
    expect(client.failures).toEqual([]);
    client.command('deleteStream', 0, 0, null, 5);
    expect(client.session.deadline).toBe(client.clock.time + 100);
  });

  test('waits for nothing while one of two streams is still published', () => {
    const client = new ScriptedClient().publish();
    client.command('createStream', 6, 0, null);
    client.command('publish', 7, 6, null, 'other', 'live');
    client.command('deleteStream', 0, 0, null, 5);
    client.clock.time += 1_000_000;
    client.session.expire();
    expect(client.failures).toEqual([]);
    client.say(MessageType.video, hex('17'), 6);
    expect(client.events.at(-1)).toBe('message 6 9 40');
    client.command('deleteStream', 0, 0, null, 6);
    expect(client.session.deadline).toBe(client.clock.time + 100);
  });
});
