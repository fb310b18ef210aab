import { describe, expect, test } from 'vitest';
import { EcmaArray } from '../../amf/value.js';
import { RtmpError } from '../../errors.js';
import { ACKNOWLEDGEMENT_WINDOW } from '../../limits.js';
import { encodeCommand } from '../../message/command.js';
import { encodeData } from '../../message/data.js';
import { encodePeerBandwidth, encodeUint32 } from '../../message/protocol-control.js';
import { MessageType } from '../../message/type.js';
import { encodeUserControl } from '../../message/user-control.js';
import { hex, pattern } from '../../testing/bytes.js';
import { publishOptions, ScriptedServer, TestClock, TIMEOUTS } from '../../testing/sessions.js';
import { textsIn } from '../client/own-texts.js';
import { StageTimer } from '../client/stage-timer.js';
import { PublishSession } from './publish-session.js';

function video(size: number): {
  type: number;
  timestamp: number;
  parts: Uint8Array[];
  size: number;
  headroom: number;
} {
  return { type: 9, timestamp: 40, parts: [pattern(size)], size, headroom: 0 };
}

describe('publish session: the way to publishing', () => {
  test('sends Set Chunk Size right before connect, and never again', () => {
    const sent: Buffer[] = [];
    const server = new ScriptedServer({}, (slice) => sent.push(Buffer.from(slice))).accept();
    server.session.publishNext('camera/2');
    const bytes = Buffer.concat(sent).subarray(1 + 1536 + 1536);
    const announcement = hex('02 000000 000004 01 00000000 00010000');
    expect(bytes.subarray(0, 17)).toEqual(Buffer.concat([announcement, hex('03')]));
    expect(bytes.indexOf(announcement, 1)).toBe(-1);
  });

  test('sends its commands in the order that servers want', () => {
    const server = new ScriptedServer().accept();
    expect(server.commands.map(({ name }) => name)).toEqual([
      'connect',
      'releaseStream',
      'FCPublish',
      'createStream',
      'publish',
    ]);
    expect(server.session.state).toBe('publishing');
    expect(server.recorder.published).toBe(1);
  });

  test('uses unique, rising transaction ids, beginning with 1 for connect', () => {
    const ids = new ScriptedServer().accept().commands.map(({ transactionId }) => transactionId);
    expect(ids).toEqual([1, 2, 3, 4, 5]);
  });

  test('publishes on the stream id that the server returned', () => {
    const server = new ScriptedServer().accept(77);
    expect(server.sent.at(-1)!.messageStreamId).toBe(77);
    server.session.send(video(10));
    expect(server.listen().sent.at(-1)).toMatchObject({ type: 9, messageStreamId: 77 });
    expect(server.last('publish').args).toEqual([null, 'camera', 'live']);
  });

  test('times each of its stages, and those of the next stream anew', () => {
    const clock = new TestClock();
    const timer = new StageTimer(clock.now);
    const server = new ScriptedServer({ now: clock.now, timer });
    server.session.start();
    clock.time += 11;
    server.answerHandshake();
    clock.time += 22;
    server.acceptConnect();
    clock.time += 33;
    server.command('_result', 4, null, 1);
    clock.time += 44;
    server.status('NetStream.Publish.Start');
    expect(timer.timings).toEqual({ tcp: 0, handshake: 11, connect: 22, createStream: 33, publish: 44 });
    clock.time += 1_000_000;
    server.session.publishNext('camera/2');
    clock.time += 55;
    server.listen().command('_result', server.last('createStream').transactionId, null, 2);
    clock.time += 66;
    server.status('NetStream.Publish.Start');
    expect(timer.timings).toEqual({ tcp: 0, handshake: 11, connect: 22, createStream: 55, publish: 66 });
  });

  test('does not wait for answers to releaseStream and FCPublish, and takes an _error to them', () => {
    const server = new ScriptedServer().shakeHands().acceptConnect();
    server.command('_error', 2, null, { level: 'error', code: 'NetConnection.Call.Failed' });
    server.command('_error', 3, null, { level: 'error', code: 'NetConnection.Call.Failed' });
    server.command('_result', 4, null, 1).status('NetStream.Publish.Start');
    expect(server.session.state).toBe('publishing');
  });

  test('tolerates transaction id 0, duplicate results and results of nothing', () => {
    const server = new ScriptedServer().shakeHands();
    server.command('_result', 0, {}, { level: 'status', code: 'NetConnection.Connect.Success' });
    server.command('_result', 1, {}, { level: 'status', code: 'NetConnection.Connect.Success' });
    server.command('_result', 99, null, 5);
    server.command('_result', 0, null);
    server.command('_result', 0, null, 1);
    server.command('_result', 4, null, 2);
    server.status('NetStream.Publish.Start').status('NetStream.Publish.Start');
    expect(server.session.messageStreamId).toBe(1);
    expect(server.recorder.published).toBe(1);
    expect(server.recorder.failures).toEqual([]);
  });

  test('takes commands in an AMF3 wrapping', () => {
    const server = new ScriptedServer().shakeHands();
    const payload = hex('00 02 0007 5f726573756c74 00 3ff0000000000000 03 0000 09');
    server.say(MessageType.commandAmf3, payload);
    expect(server.session.state).toBe('creating-stream');
  });

  test.each([Number.NaN, -1, 1.5, 2 ** 32])('fails when createStream brings the id %d', (id) => {
    const server = new ScriptedServer().shakeHands().acceptConnect();
    server.command('_result', server.last('createStream').transactionId, null, id);
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_CREATE_STREAM_FAILED' });
    expect(server.failure.message).toContain(`the stream id ${id}, permitted: 0 to 4294967295`);
  });

  test('fails when createStream brings no id', () => {
    const server = new ScriptedServer().shakeHands().acceptConnect();
    server.command('_result', 4, null, null);
    expect(server.failure).toMatchObject({
      code: 'ERR_CLOUDPUSH_CREATE_STREAM_FAILED',
      stage: 'create-stream',
    });
  });

  test('keeps every command inside one chunk', () => {
    const server = new ScriptedServer({ streamName: `camera?token=${'t'.repeat(5000)}` }).accept();
    expect(server.last('publish').args[1]).toHaveLength(5013);
  });
});

describe('publish session: time-outs', () => {
  test.each([
    ['handshake', TIMEOUTS.handshake, (s: ScriptedServer) => s.session.start()],
    ['connect', TIMEOUTS.connect, (s: ScriptedServer) => s.shakeHands()],
    ['create-stream', TIMEOUTS.createStream, (s: ScriptedServer) => s.shakeHands().acceptConnect()],
    [
      'publish',
      TIMEOUTS.publish,
      (s: ScriptedServer) => s.shakeHands().acceptConnect().command('_result', 4, null, 1),
    ],
  ] as const)('ends the wait in %s after %i ms', (stage, timeout, go) => {
    const server = new ScriptedServer();
    go(server);
    expect(server.session.deadline).toBe(1000 + timeout);
    server.clock.time += timeout - 1;
    server.session.expire();
    expect(server.recorder.failures).toEqual([]);
    server.clock.time += 1;
    server.session.expire();
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage, class: 'retryable' });
    expect(server.session.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('waits for nothing while publishing', () => {
    expect(new ScriptedServer().accept().session.deadline).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('publish session: refusals', () => {
  test.each([
    ['NetConnection.Connect.Rejected', '', 'ERR_CLOUDPUSH_CONNECT_REJECTED', 'auth'],
    ['NetConnection.Connect.InvalidApp', '', 'ERR_CLOUDPUSH_CONNECT_REJECTED', 'auth'],
    ['NetConnection.Connect.Failed', 'try later', 'ERR_CLOUDPUSH_CONNECT_FAILED', 'retryable'],
    [
      'NetConnection.Connect.Rejected',
      'code=403 need auth; authmod=adobe',
      'ERR_CLOUDPUSH_AUTH_FAILED',
      'auth',
    ],
  ])('connect answered with %s %s is %s, class %s', (code, description, expected, errorClass) => {
    const server = new ScriptedServer().shakeHands();
    server.command('_error', 1, null, { level: 'error', code, description });
    expect(server.failure).toMatchObject({
      code: expected,
      class: errorClass,
      stage: 'connect',
      details: { serverCode: code, description },
    });
  });

  test('takes a refusal that comes as a _result, as a status, or without a reason', () => {
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected' };
    expect(new ScriptedServer().shakeHands().command('_result', 1, {}, info).failure.class).toBe('auth');
    expect(new ScriptedServer().shakeHands().command('onStatus', 0, null, info).failure.class).toBe('auth');
    expect(new ScriptedServer().shakeHands().command('_error', 1, null).failure.class).toBe('retryable');
  });

  test('keeps where a redirect leads out of the text', () => {
    const info = {
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: 'go to rtmp://other/live?token=s3cret',
      ex: { code: 302, redirect: 'rtmp://other:1936/live?token=s3cret' },
    };
    const { failure } = new ScriptedServer().shakeHands().command('_error', 1, null, info);
    expect(failure.code).toBe('ERR_CLOUDPUSH_REDIRECT');
    expect(failure.details.redirect).toBe(info.ex.redirect);
    expect(failure.message + JSON.stringify(failure.details)).not.toContain('s3cret');
  });

  test.each([
    ['NetStream.Publish.Denied', '', 'ERR_CLOUDPUSH_PUBLISH_REJECTED', 'auth'],
    ['NetStream.Publish.Rejected', '', 'ERR_CLOUDPUSH_PUBLISH_REJECTED', 'auth'],
    ['NetStream.Publish.Unauthorized', '', 'ERR_CLOUDPUSH_PUBLISH_REJECTED', 'auth'],
    ['NetStream.Publish.BadName', 'Already publishing', 'ERR_CLOUDPUSH_STREAM_BUSY', 'busy'],
    ['NetStream.Publish.Failed', 'stream busy', 'ERR_CLOUDPUSH_STREAM_BUSY', 'busy'],
    ['NetStream.Publish.Failed', 'no room', 'ERR_CLOUDPUSH_PUBLISH_FAILED', 'retryable'],
  ])('publish answered with %s %s is %s, class %s', (code, description, expected, errorClass) => {
    const server = new ScriptedServer().shakeHands().acceptConnect().command('_result', 4, null, 1);
    server.status(code, 'error', description);
    expect(server.failure).toMatchObject({ code: expected, class: errorClass, stage: 'publish' });
  });

  test('reports an error status while publishing', () => {
    const server = new ScriptedServer().accept().status('NetStream.Publish.Denied', 'error');
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_PUBLISH_REJECTED', stage: 'publishing' });
  });

  test.each(['NetStream.Unpublish.Success', 'NetConnection.Connect.Closed'])(
    'takes %s for the end',
    (code) => {
      expect(new ScriptedServer().accept().status(code).failure.class).toBe('retryable');
    },
  );

  test.each(['NetStream.Unpublish.Success', 'NetStream.Publish.Denied'])(
    'leaves %s to the message stream that it is about',
    (code) => {
      const server = new ScriptedServer().accept(2);
      const info = { level: 'error', code, description: '' };
      server.say(MessageType.commandAmf0, encodeCommand('onStatus', 0, null, info), 1);
      expect(server.session.state).toBe('publishing');
      server.say(MessageType.commandAmf0, encodeCommand('onStatus', 0, null, info), 2);
      expect(server.session.state).toBe('failed');
    },
  );

  test('takes an _error with transaction id 0 for an answer to connect, and to nothing later', () => {
    const info = { level: 'error', code: 'NetConnection.Call.Failed' };
    const server = new ScriptedServer().shakeHands().acceptConnect().command('_error', 0, null, info);
    expect(server.session.state).toBe('creating-stream');
    expect(new ScriptedServer().shakeHands().command('_error', 0, null, info).failure.stage).toBe('connect');
  });

  test('takes a close command for the end, and after deleteStream for a goodbye', () => {
    const ended = new ScriptedServer().accept();
    ended.session.unpublish();
    expect(ended.command('close', 0, null).recorder).toMatchObject({
      failures: [],
      commands: [['close', [null]]],
    });

    expect(new ScriptedServer().accept().command('close', 0, null).failure.code).toBe(
      'ERR_CLOUDPUSH_PEER_CLOSED',
    );
  });

  test('passes on a status that is no failure', () => {
    const server = new ScriptedServer()
      .accept()
      .status('NetStream.Record.Start')
      .status('NetStream.Buffer.Full', 'warning');
    expect(server.recorder.statuses).toEqual([
      'NetStream.Publish.Start',
      'NetStream.Record.Start',
      'NetStream.Buffer.Full',
    ]);
    expect(server.recorder.failures).toEqual([]);
  });

  test.each([
    ['createStream', hex('02 0007'), encodeCommand('_result', 4, null)],
    ['connect', hex('ff'), encodeCommand('_result', 1)],
  ])('fails, retryably, when the answer to %s cannot be read', (name, garbage, answer) => {
    const server = new ScriptedServer().shakeHands();
    if (name === 'createStream') server.acceptConnect();
    server.say(MessageType.commandAmf0, Buffer.concat([answer, garbage]));
    expect(server.failure).toMatchObject({ class: 'retryable', code: 'ERR_CLOUDPUSH_AMF' });
    expect(server.failure.cause).toBeInstanceOf(RtmpError);
  });

  test('fails, retryably, when what the server says about publish cannot be read', () => {
    const server = new ScriptedServer().shakeHands().acceptConnect().command('_result', 4, null, 1);
    server.say(MessageType.commandAmf0, Buffer.concat([encodeCommand('onStatus', 0, null), hex('ff')]));
    expect(server.failure).toMatchObject({ class: 'retryable', stage: 'publish', code: 'ERR_CLOUDPUSH_AMF' });
  });

  test('does nothing after a failure', () => {
    const server = new ScriptedServer().accept().command('close', 0, null);
    const sent = server.sent.length;
    server.say(MessageType.userControl, encodeUserControl(6, 1)).status('NetStream.Publish.Denied', 'error');
    expect(server.sent.length).toBe(sent);
    expect(server.recorder.failures).toHaveLength(1);
  });
});

describe('publish session: while publishing', () => {
  test('answers pings with their time', () => {
    const server = new ScriptedServer()
      .accept()
      .say(MessageType.userControl, encodeUserControl(6, 0xfedcba98));
    expect(server.sent.at(-1)).toMatchObject({ type: 4, payload: hex('0007 fedcba98') });
  });

  test('leaves other user control events alone', () => {
    const server = new ScriptedServer().accept();
    const sent = server.sent.length;
    for (const event of [hex('0000 00000001'), hex('0001 00000001'), hex('001f 00000001'), hex('0020')]) {
      server.say(MessageType.userControl, event);
    }
    expect(server.sent.length).toBe(sent);
  });

  test('acknowledges what it receives at half of the window, cumulatively', () => {
    const server = new ScriptedServer()
      .accept()
      .say(MessageType.windowAcknowledgementSize, encodeUint32(20_000));
    const acknowledged: number[] = [];
    for (let i = 0; i < 10; i++) {
      server.say(MessageType.dataAmf0, encodeData('onFill', 'x'.repeat(5000)));
      for (const { type, payload } of server.sent.splice(0)) {
        if (type === MessageType.acknowledgement) acknowledged.push(payload.readUInt32BE(0));
      }
    }
    expect(acknowledged).toHaveLength(5);
    expect(acknowledged.every((value, i) => i === 0 || value - acknowledged[i - 1]! >= 10_000)).toBe(true);
  });

  test('asks for frequent acknowledgements once, and answers Set Peer Bandwidth only with less', () => {
    const server = new ScriptedServer().accept();
    const windows = () => server.sent.filter(({ type }) => type === MessageType.windowAcknowledgementSize);
    const announced = (size: number) => ({ type: 5, messageStreamId: 0, payload: encodeUint32(size) });
    expect(windows()).toEqual([announced(ACKNOWLEDGEMENT_WINDOW)]);
    for (let i = 0; i < 3; i++) server.say(MessageType.setPeerBandwidth, encodePeerBandwidth(5_000_000, 2));
    expect(windows()).toHaveLength(1);
    for (let i = 0; i < 3; i++) server.say(MessageType.setPeerBandwidth, encodePeerBandwidth(100_000, 2));
    expect(windows().slice(1)).toEqual([announced(100_000)]);
  });

  test('asks for acknowledgements more often when told to, at most as often as the server wants itself', () => {
    const server = new ScriptedServer();
    const windows = () =>
      server
        .say(MessageType.acknowledgement, encodeUint32(1))
        .sent.filter(({ type }) => type === MessageType.windowAcknowledgementSize)
        .map(({ payload }) => payload.readUInt32BE(0));
    server.session.requestAcknowledgements(65_536);
    server.accept();
    expect(windows()).toEqual([65_536]);
    server.session.requestAcknowledgements(65_536);
    expect(windows()).toEqual([65_536]);
    server.session.requestAcknowledgements(16_384.5);
    server.session.requestAcknowledgements(1e9);
    expect(windows()).toEqual([65_536, 16_384, ACKNOWLEDGEMENT_WINDOW]);
    server.say(MessageType.setPeerBandwidth, encodePeerBandwidth(100_000, 2));
    server.session.requestAcknowledgements(ACKNOWLEDGEMENT_WINDOW);
    expect(windows().slice(3)).toEqual([100_000]);
    server.session.requestAcknowledgements(0);
    expect(windows().slice(4)).toEqual([1]);
  });

  test('takes acknowledgements as they come, above 2^31 and backwards', () => {
    const server = new ScriptedServer().accept();
    for (const value of [1000, 0xf0000001, 0, 5]) {
      server.say(MessageType.acknowledgement, encodeUint32(value));
      expect(server.session.acknowledged).toBe(value);
    }
    expect(server.recorder.failures).toEqual([]);
  });

  test('hands on commands and data messages that are not its own', () => {
    const server = new ScriptedServer().accept().command('onLiveOpen', 0, null, { viewers: 3 });
    server.say(MessageType.dataAmf0, encodeData('onLiveClose', new EcmaArray({})));
    server.say(MessageType.dataAmf3, Buffer.concat([hex('00'), encodeData('wrapped', 1)]));
    expect(server.recorder.commands).toEqual([
      ['onLiveOpen', [null, { viewers: 3 }]],
      ['onLiveClose', [new EcmaArray({})]],
      ['wrapped', [1]],
    ]);
  });

  test('answers _checkbw and has no use for onBWDone, onFCPublish and media', () => {
    const server = new ScriptedServer()
      .accept()
      .command('onBWDone', 0, null, 8192)
      .command('onFCPublish', 0, null);
    server.say(MessageType.video, hex('17')).command('_checkbw', 12, null);
    expect(server.last('_result')).toEqual({ name: '_result', transactionId: 12, args: [null] });
    expect(server.recorder.commands).toEqual([]);
  });

  test('reports a reconnect request and goes on', () => {
    const server = new ScriptedServer().accept();
    const info = {
      level: 'status',
      code: 'NetConnection.Connect.ReconnectRequest',
      tcUrl: '//b/live',
      description: 'd',
    };
    server.command('onStatus', 0, null, info);
    expect(server.recorder.reconnects).toEqual([{ tcUrl: '//b/live', description: 'd' }]);
    expect(server.session.state).toBe('publishing');
  });

  test('sends media of each kind with its type', () => {
    const server = new ScriptedServer().accept();
    for (const type of [8, 9, 18]) server.session.send({ ...video(10), type });
    expect(
      server
        .listen()
        .sent.slice(-3)
        .map(({ type }) => type),
    ).toEqual([8, 9, 18]);
  });

  test('refuses to send before it publishes', () => {
    const server = new ScriptedServer().shakeHands();
    expect(() => server.session.send(video(10))).toThrow('only while publishing');
  });
});

describe('publish session: segments and the end', () => {
  test('ends a stream with FCUnpublish and the numeric deleteStream', () => {
    const server = new ScriptedServer().accept(7);
    server.session.unpublish();
    server.session.unpublish();
    const names = server.listen().commands.map(({ name }) => name);
    expect(names.slice(-2)).toEqual(['FCUnpublish', 'deleteStream']);
    expect(server.last('FCUnpublish').args).toEqual([null, 'camera']);
    expect(server.last('deleteStream').args).toEqual([null, 7]);
    expect(server.session.state).toBe('unpublished');
  });

  test('publishes the next stream on the same connection, on a new message stream', () => {
    const server = new ScriptedServer().accept(1);
    server.session.publishNext('camera/2?token=x');
    server.listen().status('NetStream.Unpublish.Success');
    expect(server.session.state).toBe('creating-stream');
    server
      .command('_result', server.last('createStream').transactionId, null, 2)
      .status('NetStream.Publish.Start');
    expect(server.recorder.published).toBe(2);
    expect(server.last('publish').args).toEqual([null, 'camera/2?token=x', 'live']);
    server.session.send(video(10));
    expect(server.listen().sent.at(-1)!.messageStreamId).toBe(2);
  });

  test('ends the wait for the next stream, too', () => {
    const server = new ScriptedServer().accept();
    server.session.publishNext('camera/2');
    server.clock.time += TIMEOUTS.createStream;
    server.session.expire();
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage: 'create-stream' });
  });

  test('gives a server longer that acknowledges the media before the next stream', () => {
    const server = new ScriptedServer().accept();
    const { clock, session } = server;
    session.send(video(1_000_000));
    server.say(MessageType.acknowledgement, encodeUint32(1000));
    session.publishNext('camera/2');
    for (const bytes of [250_000, 500_000, 750_000]) {
      clock.time += TIMEOUTS.createStream - 1;
      server.say(MessageType.acknowledgement, encodeUint32(bytes));
      session.expire();
      expect(session.state).toBe('creating-stream');
    }
    // The same again, or less, tells of nothing that it has read.
    clock.time += TIMEOUTS.createStream - 1;
    for (const bytes of [750_000, 1]) server.say(MessageType.acknowledgement, encodeUint32(bytes));
    clock.time += 1;
    session.expire();
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage: 'create-stream' });
  });

  test('gives no server longer that has nothing to read', () => {
    const server = new ScriptedServer().shakeHands().acceptConnect();
    server.clock.time += TIMEOUTS.createStream;
    server.say(MessageType.acknowledgement, encodeUint32(1000)).session.expire();
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_TIMEOUT', stage: 'create-stream' });
  });

  test('publishes no next stream before the first', () => {
    const server = new ScriptedServer().shakeHands();
    expect(() => server.session.publishNext('b')).toThrow('only while unpublished');
  });
});

describe('publish session: limits of servers', () => {
  test.each([
    ['app', { connectObject: { app: 'a'.repeat(256), tcUrl: 't' } }],
    ['tcUrl', { connectObject: { app: 'a', tcUrl: 't'.repeat(256) } }],
    ['stream name', { streamName: `camera?token=${'j'.repeat(243)}` }],
  ])('nginx-rtmp would cut a long %s: refused before it is sent', (what, more) => {
    const server = new ScriptedServer({ profile: 'nginx-rtmp', ...more }).shakeHands();
    expect(server.failure).toMatchObject({ code: 'ERR_CLOUDPUSH_MESSAGE_TOO_LARGE', class: 'fatal' });
    expect(server.failure.message).toMatch(`the ${what} has 256 bytes`);
    expect(server.failure.message).not.toContain('jjj');
    expect(server.commands).toEqual([]);
  });

  test('takes the longest name that nginx-rtmp keeps', () => {
    const server = new ScriptedServer({ profile: 'nginx-rtmp', streamName: 'n'.repeat(255) }).accept();
    expect(() => server.session.publishNext('n'.repeat(256))).toThrow('256 bytes');
  });

  test('refuses a message that makes nginx-rtmp disconnect', () => {
    const server = new ScriptedServer({ profile: 'nginx-rtmp' }).accept();
    server.session.send(video(1 << 20));
    expect(() => server.session.send(video((1 << 20) + 1))).toThrow(
      'would make the server (nginx-rtmp) disconnect',
    );
  });

  test('mentions nginx-rtmp’s limit when a server of unknown make closes after a long message', () => {
    const server = new ScriptedServer().accept();
    expect(server.session.connectionLost().message).not.toContain('max_message');
    server.session.send(video((1 << 20) + 1));
    expect(server.session.connectionLost().message).toContain("nginx-rtmp's default max_message is 1048576");
  });

  test('names the size of a message that hardly any server takes, and guesses at nothing else', () => {
    const server = new ScriptedServer().accept();
    server.session.send(video(8 * 2 ** 20));
    expect(server.session.connectionLost().message).toContain('nginx-rtmp');
    server.session.send(video(12_000_000));
    const { message, details } = server.session.connectionLost();
    expect(message).toContain(
      'the largest message had 12000000 bytes, and few servers take more than 8388608',
    );
    expect(message).not.toMatch(/nginx|stream key|token/);
    expect(details).not.toHaveProperty('silent');
  });

  test('recognizes SRS and MediaMTX by their answers', () => {
    const srs = new ScriptedServer().shakeHands();
    srs.command(
      '_result',
      1,
      { fmsVer: 'FMS/3,5,3,888' },
      { code: 'NetConnection.Connect.Success', data: { srs_server: 'SRS/5' } },
    );
    expect(srs.session.profile.name).toBe('srs');
    const mediamtx = new ScriptedServer().shakeHands();
    mediamtx.command('_result', 1, { fmsVer: 'LNX 9,0,124,2' }, { code: 'NetConnection.Connect.Success' });
    expect(mediamtx.session.profile.name).toBe('mediamtx');
  });

  test('reads what the server announces about Enhanced RTMP', () => {
    const server = new ScriptedServer().shakeHands();
    server.command(
      '_result',
      1,
      { capsEx: 1 },
      { level: 'status', fourCcList: ['hvc1'], videoFourCcInfoMap: { av01: 4 } },
    );
    expect(server.session.capabilities).toEqual({
      enhanced: true,
      fourCcs: new Set(['hvc1', 'av01']),
      kinds: new Set(['video']),
      capsEx: 1,
    });
  });
});

describe('publish session: input in pieces', () => {
  test('behaves the same when a server’s bytes come one by one', () => {
    const clock = new TestClock();
    const outputs = [1, 3000].map((size) => {
      const sent: Buffer[] = [];
      const server = new ScriptedServer();
      const session = new PublishSession(
        publishOptions(clock),
        { push: (slice) => sent.push(Buffer.from(slice)) },
        server.recorder,
      );
      session.start();
      const input = Buffer.concat([
        Buffer.from([3]),
        pattern(3072),
        hex('02 000000 000004 05 00000000 002625a0 02 000000 000006 04 00000000 0006 00000001'),
        hex(
          '03 000000 00001c 14 00000000 02 0007 5f726573756c74 00 3ff0000000000000 03 0001 61 05 0000 09 05',
        ),
      ]);
      for (let at = 0; at < input.length; at += size) session.receive(input.subarray(at, at + size));
      expect(session.state).toBe('creating-stream');
      return Buffer.concat(sent);
    });
    expect(outputs[0]).toEqual(outputs[1]);
  });
});

describe('publish session: a server that talks much, or nonsense', () => {
  const vendor = encodeCommand('onVendor', 0);
  test.each([
    ['a command of no AMF0', MessageType.commandAmf0, hex('ff')],
    ['an empty command', MessageType.commandAmf0, hex('')],
    ['a command without a name', MessageType.commandAmf0, hex('05')],
    ['a command that goes on in no AMF0', MessageType.commandAmf0, Buffer.concat([vendor, hex('2b0102')])],
    ['a command that is cut off', MessageType.commandAmf0, Buffer.concat([vendor, hex('02ffff')])],
    ['a transaction id that is a text', MessageType.commandAmf0, hex('02 0001 61 02 0001 62')],
    ['a transaction id that is undefined', MessageType.commandAmf0, hex('02 0001 61 06')],
    [
      'a status that cannot be read',
      MessageType.commandAmf0,
      Buffer.concat([encodeCommand('onStatus', 0), hex('2b')]),
    ],
    ['a data message that begins with a number', MessageType.dataAmf0, hex('00 3ff0000000000000 05')],
    ['a data message of no AMF0', MessageType.dataAmf3, hex('2b')],
    ['an empty data message', MessageType.dataAmf0, hex('')],
    ['an acknowledgement of no bytes', MessageType.acknowledgement, hex('')],
    ['a short acknowledgement', MessageType.acknowledgement, hex('00')],
    ['a short window', MessageType.windowAcknowledgementSize, hex('0000')],
    ['a short peer bandwidth', MessageType.setPeerBandwidth, hex('0000')],
    ['an empty user control message', MessageType.userControl, hex('')],
    ['a short ping', MessageType.userControl, hex('0006')],
    ['an abort of nothing', MessageType.abort, hex('')],
    ['a command longer than any that is read', MessageType.commandAmf0, Buffer.alloc(1 << 19)],
    ['a message of a type that is not known', 99 as MessageType, hex('00')],
    [
      'nesting without an end',
      MessageType.commandAmf0,
      Buffer.concat([vendor, Buffer.alloc(3000, hex('03000161'))]),
    ],
  ])('goes on after %s', (_, type, payload) => {
    const server = new ScriptedServer().accept().say(type, payload);
    expect(server.recorder.failures).toEqual([]);
    server.say(MessageType.userControl, encodeUserControl(6, 7));
    expect(server.sent.at(-1)).toMatchObject({ type: MessageType.userControl });
    server.command('onLiveOpen', 0, null);
    expect(server.recorder.commands.at(-1)).toEqual(['onLiveOpen', [null]]);
  });

  test('counts what it does not understand, and says so once', () => {
    const server = new ScriptedServer().accept();
    for (let i = 0; i < 3; i++) server.say(MessageType.dataAmf0, hex('05'));
    expect(server.session.leftAside).toBe(3);
    expect(server.recorder.warnings).toEqual([expect.stringContaining('could not be read')]);
  });

  test('takes answers with anything behind what matters', () => {
    const server = new ScriptedServer().shakeHands();
    const accepted = encodeCommand('_result', 1, {}, { code: 'NetConnection.Connect.Success' });
    server.say(MessageType.commandAmf0, Buffer.concat([accepted, hex('2b0102')]));
    const { transactionId } = server.last('createStream');
    server.say(
      MessageType.commandAmf0,
      Buffer.concat([encodeCommand('_result', transactionId, null, 5), hex('ff')]),
    );
    const start = encodeCommand('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });
    server.say(MessageType.commandAmf0, Buffer.concat([start, hex('02')]));
    expect(server.session.state).toBe('publishing');
  });

  test.each(['NetStream.Record.Failed', 'NetStream.Record.NoAccess', 'NetStream.Play.StreamNotFound'])(
    'takes the error %s for a warning, because it is not about the publishing',
    (code) => {
      const server = new ScriptedServer().accept().status(code, 'error', 'disk full');
      expect(server.session.state).toBe('publishing');
      expect(server.recorder.warnings).toEqual([expect.stringContaining(`${code}: disk full`)]);
    },
  );

  test('hands on so many commands a second and no more, and counts the rest', () => {
    const server = new ScriptedServer().accept();
    for (let i = 0; i < 1000; i++) server.command('onNoise', 0, i);
    const first = server.recorder.commands.length;
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThanOrEqual(100);
    expect(server.session.leftAside).toBe(1000 - first);
    expect(server.recorder.warnings).toHaveLength(1);
    server.clock.time += 1000;
    for (let i = 0; i < 1000; i++) server.say(MessageType.dataAmf0, encodeData('onNoise', i));
    const second = server.recorder.commands.length - first;
    expect(second).toBeGreaterThan(10);
    expect(second).toBeLessThanOrEqual(50);
    expect(server.recorder.failures).toEqual([]);
  });

  test('hands on so many bytes of commands a second and no more', () => {
    const server = new ScriptedServer().accept();
    const text = 'x'.repeat(60_000);
    for (let i = 0; i < 100; i++) server.command('onNoise', 0, text);
    expect(server.recorder.commands.length).toBeLessThan(10);
  });

  test('hands on the first of many requests to reconnect, and hears a refusal behind them all', () => {
    const server = new ScriptedServer().accept();
    for (let i = 0; i < 1000; i++) server.status('NetConnection.Connect.ReconnectRequest');
    expect(server.recorder.reconnects.length).toBeGreaterThan(0);
    expect(server.recorder.reconnects.length).toBeLessThan(20);
    expect(server.status('NetStream.Publish.Denied', 'error').failure.class).toBe('auth');
  });
});

describe('publish session: what errors and warnings say', () => {
  test.each([
    ['a text', ['s3cr3t-argument']],
    ['a short text', ['abc']],
    ['a text that must be escaped in JSON', ['s3"cr3t\\argument']],
    ['a property', [{ inner: { key: 's3cr3t-argument' } }]],
    ['a list', [['s3cr3t-argument']]],
    ['an ECMA array', [new EcmaArray({ key: 's3cr3t-argument' })]],
    ['a number', [48151623]],
    ['a query', ['x?sign=s3cr3t-argument']],
  ])('never show an argument of connect that the server repeats: %s', (_, connectArguments) => {
    const secret = /s3cr3t|cr3t|48151623|\babc\b/;
    for (const shown of [
      JSON.stringify(connectArguments),
      `no ${textsIn(connectArguments).join(' ')} here`,
    ]) {
      const server = new ScriptedServer({ connectArguments }).shakeHands();
      const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description: shown };
      server.command('_error', 1, null, info);
      expect(server.failure.message).not.toMatch(secret);
      expect(JSON.stringify(server.failure.details)).not.toMatch(secret);
      const refused = new ScriptedServer({ connectArguments })
        .accept()
        .status('NetStream.Publish.Denied', 'error', shown);
      expect(refused.failure.message).not.toMatch(secret);
      const warned = new ScriptedServer({ connectArguments })
        .accept()
        .status('NetStream.Record.Failed', 'error', shown);
      expect(warned.recorder.warnings.join()).not.toMatch(secret);
    }
  });

  test('warn of names that nginx-rtmp would cut, when the server may be one', () => {
    const long = `camera?token=${'j'.repeat(243)}`;
    const server = new ScriptedServer({ streamName: long }).accept();
    expect(server.recorder.warnings).toEqual([expect.stringContaining('the stream name has 256 bytes')]);
    expect(server.recorder.warnings.join()).not.toContain('jjj');
    server.session.publishNext(`next${long}`);
    expect(server.recorder.warnings).toHaveLength(2);
    expect(new ScriptedServer({ streamName: 'n'.repeat(255) }).accept().recorder.warnings).toEqual([]);
    expect(new ScriptedServer({ streamName: long, profile: 'srs' }).accept().recorder.warnings).toEqual([]);
    const app = { app: 'é'.repeat(128), tcUrl: 't' };
    expect(new ScriptedServer({ connectObject: app }).accept().recorder.warnings.join()).toContain(
      'the app has 256',
    );
  });

  test('explain a connection that ends without a word right after publish', () => {
    const asked = new ScriptedServer().shakeHands().acceptConnect().command('_result', 4, null, 1);
    const server = new ScriptedServer().accept();
    for (const { session } of [asked, server]) {
      for (const error of [session.connectionLost(), session.connectionLost(new Error('read ECONNRESET'))]) {
        expect(error.message).toContain('usually refuses the stream');
        expect(error).toMatchObject({ class: 'retryable', details: { silent: true } });
      }
    }
    server.clock.time += 60_000;
    expect(server.session.connectionLost().message).not.toContain('refuses');
    expect(new ScriptedServer().shakeHands().session.connectionLost().details).toEqual({ stage: 'connect' });
  });

  test.each([
    [
      { redirect: 'rtmp://b/live', redirect2: 'rtmp://b/live/cam?vhost=v&token=t' },
      'rtmp://b/live/cam?vhost=v&token=t',
    ],
    [{ redirect: 'rtmp://b/live' }, 'rtmp://b/live'],
    [{ redirect: 'rtmp://b/live', redirect2: 'http://b/' }, 'rtmp://b/live'],
    [{ redirect2: 'rtmp://b/live/cam' }, 'rtmp://b/live/cam'],
  ])('take the whole of where a redirect leads: %j', (ex, expected) => {
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected', ex: { code: 302, ...ex } };
    const { failure } = new ScriptedServer().accept().command('onStatus', 0, null, info);
    expect(failure.details.redirect).toBe(expected);
  });
});
