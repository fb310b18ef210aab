// Every event of the compatibility door, by its real cause.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { type CloudPushErrorCode, ErrorCode } from '@cloudpush/engine';
import {
  E_IPC_TIGGER_TYPE,
  E_SV_EVENT_TYPE,
  E_SV_MEDIA_ENCRYPT,
  E_SV_MEDIA_TYPE,
  E_SV_METADATA_TYPE,
  SVPush_API_Close,
  SVPush_API_Connect,
  SVPush_API_Connect_By_DeviceSN,
  SVPush_API_Is_Connect,
  SVPush_API_Live_Connect,
  SVPush_API_Send_Metadata,
  SVPush_API_Send_Packet,
  SVPush_API_Set_Token_Server_Interface,
} from '@cloudpush/engine/compat';
import { MessageType } from '@cloudpush/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '../support/ports.js';
import { waitFor } from '../support/wait.js';
import { type CameraPacket, cameraPackets } from './camera.js';
import { CompatClient } from './compat-client.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';
import { type Fault, FaultyTokenServer, faults } from './token-faults.js';

const { H264, H265, MP3, AAC } = E_SV_MEDIA_TYPE;
const {
  RTMP_CONNECT_SUCCESS: SUCCESS,
  RTMP_CONNECT_CLOSE: CLOSE,
  RTMP_PAUSE_MEDIA_PUSH: PAUSE,
  RTMP_RESUME_MEDIA_PUSH: RESUME,
} = E_SV_EVENT_TYPE;

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const start = '00000001';
const sps = `${start}6764000aacd9457b011000000300100000030320f1225960`;
const pps = `${start}68ebe3cb22c0`;
const idr = `${start}6588840047dae398`;
const adts = 'fff15040013ffc2100';
const pictures = cameraPackets().filter(({ kind }) => kind === 'video');

// A test that fails waits for its connections to close.
vi.setConfig({ testTimeout: 90_000 });

afterEach(() => {
  vi.restoreAllMocks();
});

type EventName = keyof typeof E_SV_EVENT_TYPE;

/** An event that carries an error: by its name, and the name of the error. */
function failure(event: EventName, code: CloudPushErrorCode): [number, number] {
  return [E_SV_EVENT_TYPE[event], ErrorCode[code]];
}

/** A TCP server that is no RTMP server. */
class StrangeServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(onConnection: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
  }

  static async listen(onConnection: (socket: Socket) => void): Promise<StrangeServer> {
    const server = new StrangeServer(onConnection);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('a connection that cannot be made raises one error, then its end:', () => {
  for (const url of ['http://127.0.0.1/live/a', 'rtmp://127.0.0.1/live', 'rtmp://', 'no URL', '']) {
    test(`RTMP_INVALID_URL for '${url}'`, async () => {
      await using client = CompatClient.initialize();
      const lcid = SVPush_API_Connect(url, null, client.callback);
      expect(lcid).toBeGreaterThan(0);
      expect(client.of(lcid)).toEqual([]);
      expect(await client.toItsEnd(lcid)).toEqual([
        failure('RTMP_INVALID_URL', 'ERR_CLOUDPUSH_INVALID_URL'),
        [CLOSE, 0],
      ]);
    });
  }

  test('RTMP_CONNECT_DNS_RESOVLE_FAILED for a host name that does not resolve', async () => {
    await using client = CompatClient.initialize();
    // No name may have so long a label (RFC 1035 §2.3.4): the resolver asks nobody.
    const lcid = SVPush_API_Connect(`rtmp://${'x'.repeat(64)}.invalid/live/a`, null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_CONNECT_DNS_RESOVLE_FAILED', 'ERR_CLOUDPUSH_DNS'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_SOCKET_CONNECT_FAILED where nobody listens', async () => {
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(`rtmp://127.0.0.1:${await freePort()}/live/a`, null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_SOCKET_CONNECT_FAILED', 'ERR_CLOUDPUSH_SOCKET_CONNECT'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_SOCKET_CONNECT_FAILED where TLS is not understood', async () => {
    await using server = await StrangeServer.listen((socket) =>
      socket.once('data', () => socket.end('what?')),
    );
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(`rtmps://127.0.0.1:${server.port}/live/a`, null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_SOCKET_CONNECT_FAILED', 'ERR_CLOUDPUSH_TLS'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_HANDSHAKE_FAILED at a server that talks nonsense', async () => {
    await using server = await StrangeServer.listen((socket) =>
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(`rtmp://127.0.0.1:${server.port}/live/a`, null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_HANDSHAKE_FAILED', 'ERR_CLOUDPUSH_HANDSHAKE'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_CONNECT_APP_FAILED at a server that refuses `connect`', async () => {
    const refusal = { code: 'NetConnection.Connect.InvalidApp', description: 'no such app' };
    await using receiver = await RecordingReceiver.listen({ onConnect: () => refusal });
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_CONNECT_APP_FAILED', 'ERR_CLOUDPUSH_CONNECT_REJECTED'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_PUBLISH_STREAM_FAILED at a server that refuses to publish', async () => {
    const refusal = { code: 'NetStream.Publish.Denied', description: 'not you' };
    await using receiver = await RecordingReceiver.listen({ onPublish: () => refusal });
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_PUBLISH_STREAM_FAILED', 'ERR_CLOUDPUSH_PUBLISH_REJECTED'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_SET_TIMEOUT_FAILED with a time-out that cannot be set', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize({ connection: { connectTimeout: -5 } });
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_SET_TIMEOUT_FAILED', 'ERR_CLOUDPUSH_INVALID_PARAMETER'),
      [CLOSE, 0],
    ]);
  });

  test('RTMP_INVALID_PARAMETER by serial number when nobody has named a token server', async () => {
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect_By_DeviceSN(null, null, 'SN-1', client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_INVALID_PARAMETER'),
      [CLOSE, 0],
    ]);
  });

  const tokenFaults: [EventName, CloudPushErrorCode, string, Fault][] = [
    ['RTMP_CONNECT_APP_FAILED', 'ERR_CLOUDPUSH_TOKEN_REJECTED', 'answers 401', faults.status(401)],
    ['RTMP_CONNECT_APP_FAILED', 'ERR_CLOUDPUSH_TOKEN_SERVER_STATUS', 'answers 404', faults.status(404)],
    ['RTMP_CONNECT_APP_FAILED', 'ERR_CLOUDPUSH_TOKEN_REJECTED', 'refuses', faults.reply({ code: 7 })],
    ['RTMP_INVALID_URL', 'ERR_CLOUDPUSH_TOKEN_REPLY_INVALID', 'talks nonsense', faults.reply('what?')],
  ];
  for (const [event, code, what, fault] of tokenFaults) {
    test(`${event} when the token server ${what}`, async () => {
      await using server = await FaultyTokenServer.listen();
      server.failNext(fault);
      await using client = CompatClient.initialize();
      SVPush_API_Set_Token_Server_Interface(server.url);
      const lcid = SVPush_API_Connect_By_DeviceSN(null, null, 'SN-1', client.callback);
      expect(await client.toItsEnd(lcid)).toEqual([failure(event, code), [CLOSE, 0]]);
    });
  }

  test('RTMP_SOCKET_CONNECT_FAILED when there is no token server', async () => {
    await using client = CompatClient.initialize();
    const url = `http://127.0.0.1:${await freePort()}/live`;
    const lcid = SVPush_API_Live_Connect(url, 'SN-1', client.callback);
    expect(await client.toItsEnd(lcid)).toEqual([
      failure('RTMP_SOCKET_CONNECT_FAILED', 'ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE'),
      [CLOSE, 0],
    ]);
  });
});

describe('a connection that stands', () => {
  test('has raised RTMP_CONNECT_SUCCESS, and raises RTMP_CONNECT_CLOSE when it is closed', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    await client.until(lcid, SUCCESS);
    expect(SVPush_API_Is_Connect(lcid)).toBe(1);
    expect(SVPush_API_Close(lcid)).toBe(0);
    expect(await client.toItsEnd(lcid)).toEqual([
      [SUCCESS, 0],
      [CLOSE, 0],
    ]);
  });

  test('raises RTMP_SEND_THREAD_EXIT_WITH_ERROR when it is lost', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    await client.until(lcid, SUCCESS);
    receiver.stream('a').drop();
    expect(await client.toItsEnd(lcid)).toEqual([
      [SUCCESS, 0],
      failure('RTMP_SEND_THREAD_EXIT_WITH_ERROR', 'ERR_CLOUDPUSH_SOCKET'),
      [CLOSE, 0],
    ]);
  });

  test('raises RTMP_SEND_THREAD_EXIT_WITH_ERROR when its worker thread dies', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize({ engine: { shards: 1 } });
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    await client.until(lcid, SUCCESS);
    await (posted.mock.contexts[0] as unknown as Worker).terminate();
    expect(await client.toItsEnd(lcid)).toEqual([
      [SUCCESS, 0],
      failure('RTMP_SEND_THREAD_EXIT_WITH_ERROR', 'ERR_CLOUDPUSH_SHARD_DIED'),
      [CLOSE, 0],
    ]);
  });

  test('raises RTMP_PAUSE_MEDIA_PUSH when there is no more room, and RTMP_RESUME_MEDIA_PUSH when there is', async () => {
    await using receiver = await RecordingReceiver.listen();
    const { port } = new URL(receiver.url('a').replace('rtmp:', 'http:'));
    const held: Socket[] = [];
    await using network = await StrangeServer.listen((socket) => held.push(socket));
    await using client = CompatClient.initialize({ connection: { highWatermark: { ms: 1000 } } });
    const url = `rtmp://127.0.0.1:${network.port}/live/a`;
    const lcid = SVPush_API_Connect(url, null, client.callback);
    const { data } = pictures[0]!;
    let sent = 0;
    const sendNext = (): number => SVPush_API_Send_Packet(lcid, H264, data, data.length, sent++ * 40);
    const socket = await waitFor('the connection', 60_000, () => held[0]);
    while (client.of(lcid).length === 0) {
      sendNext();
      await new Promise(setImmediate);
    }
    expect(client.of(lcid)).toEqual([[PAUSE, 0]]);
    expect(sendNext()).toBe(-1);
    const onward = connect(Number(port), '127.0.0.1');
    onward.on('error', () => {});
    socket.pipe(onward).pipe(socket);
    await client.until(lcid, RESUME);
    expect(sendNext()).toBe(0);
    SVPush_API_Close(lcid);
    expect(await client.toItsEnd(lcid)).toEqual([
      [PAUSE, 0],
      [SUCCESS, 0],
      [RESUME, 0],
      [CLOSE, 0],
    ]);
  });

  test('raises ECHOSHOW_NOTIFY_LIVE_OPEN and ECHOSHOW_NOTIFY_LIVE_CLOSE for the server’s commands, and nothing for others', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    await client.until(lcid, SUCCESS);
    const stream = receiver.stream('a');
    for (const name of ['onLiveOpen', 'toString', 'onLiveClose', 'onLiveOpen']) stream.command(name, null);
    const { ECHOSHOW_NOTIFY_LIVE_OPEN: opened, ECHOSHOW_NOTIFY_LIVE_CLOSE: closed } = E_SV_EVENT_TYPE;
    await client.until(lcid, opened, 2);
    expect(client.of(lcid).slice(1)).toEqual([
      [opened, 0],
      [closed, 0],
      [opened, 0],
    ]);
  });

  test('raises PUSH_SEGMENT_END for each segment that is pushed to its end, and refuses media in between', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a/$time'), null, client.callback);
    const { PUSH_SEGMENT_END: segmentEnd, RTMP_INVALID_PARAMETER: invalid } = E_SV_EVENT_TYPE;
    const { STREAM_START: begin, STREAM_END: end } = E_SV_METADATA_TYPE;
    const send = ({ data, pts }: CameraPacket): number =>
      SVPush_API_Send_Packet(lcid, H264, data, data.length, pts);
    expect(SVPush_API_Send_Metadata(lcid, begin, E_IPC_TIGGER_TYPE.FACE, 1_700_000_000_000)).toBe(0);
    expect(send(pictures[0]!)).toBe(0);
    expect(SVPush_API_Send_Metadata(lcid, end, 10_000, 1_700_000_010_000n)).toBe(0);
    await client.until(lcid, segmentEnd);
    expect(send(pictures[1]!)).toBe(0);
    await client.until(lcid, invalid);
    expect(SVPush_API_Send_Metadata(lcid, begin, E_IPC_TIGGER_TYPE.LIVE, 1_700_000_020_000)).toBe(0);
    const keyFrame = pictures.findLast((picture) => picture.keyFrame)!;
    expect(send(keyFrame)).toBe(0);
    expect(SVPush_API_Send_Metadata(lcid, end, 0, 1_700_000_030_000)).toBe(0);
    await client.until(lcid, segmentEnd, 2);
    SVPush_API_Close(lcid);
    expect(await client.toItsEnd(lcid)).toEqual([
      [SUCCESS, 0],
      [segmentEnd, 0],
      failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_BETWEEN_SEGMENTS'),
      [segmentEnd, 0],
      [CLOSE, 0],
    ]);
    const segments = receiver.all.map((stream) => samples(stream, MessageType.video).length);
    expect(segments).toEqual([1, 1]);
    expect(new Set(receiver.all.map(({ name }) => name)).size).toBe(2);
  });

  const badPackets: [EventName, CloudPushErrorCode | undefined, string, number, ...string[]][] = [
    ['RTMP_AUDIO_ADTS_DATA_ERROR', 'ERR_CLOUDPUSH_ADTS_SYNC', 'no ADTS sync word', AAC, '00f15040013ffc2100'],
    ['RTMP_AUDIO_ADTS_DATA_ERROR', 'ERR_CLOUDPUSH_ADTS_CUT_OFF', 'half an ADTS frame', AAC, 'fff15040013ffc'],
    ['RTMP_VIDEO_DATA_ERROR', 'ERR_CLOUDPUSH_VIDEO_NO_START_CODE', 'no start code', H264, '6588840047dae398'],
    [
      'RTMP_VIDEO_DATA_ERROR',
      'ERR_CLOUDPUSH_VIDEO_CUT_OFF',
      'a cut-off picture',
      H264,
      sps + pps,
      `${start}65`,
    ],
    [
      'RTMP_VIDEO_DATA_ERROR',
      'ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT',
      'the forbidden bit',
      H264,
      `${start}e58884`,
    ],
    [
      'RTMP_VIDEO_DATA_ERROR',
      'ERR_CLOUDPUSH_VIDEO_START_CODE_LOST',
      'an overwritten start code',
      H264,
      sps + pps,
      `${start}09f05555556588840047dae398`,
    ],
    ['RTMP_AUDIO_DATA_ERROR', 'ERR_CLOUDPUSH_MP3_SYNC', 'no MP3 frame', MP3, '00112233445566'],
    ['RTMP_SEND_VIDEO_NO_SPS_PPS', undefined, 'a picture without parameter sets', H264, idr],
    ['RTMP_SEND_VIDEO_NO_SPS_PPS', undefined, 'an H.265 picture without them', H265, `${start}2601af1d8012`],
    ['RTMP_SEND_ERROR_SPS_PPS', undefined, 'a PPS of another SPS', H264, `${sps}${start}685ae3cb22c0`, idr],
    ['RTMP_SEND_ERROR_SPS', undefined, 'a cut-off SPS', H264, sps.slice(0, 20)],
    ['RTMP_SEND_ERROR_PPS', undefined, 'a cut-off PPS', H264, `${start}68eb`],
    ['RTMP_SEND_ERROR_VPS', 'ERR_CLOUDPUSH_VPS_INVALID', 'a bad VPS', H265, `${start}40010c010001`],
  ];
  for (const [event, code, what, mediaType, ...packets] of badPackets) {
    test(`raises ${event} for ${what}, and goes on`, async () => {
      await using receiver = await RecordingReceiver.listen();
      await using client = CompatClient.initialize();
      const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
      await client.until(lcid, SUCCESS);
      for (const packet of packets)
        SVPush_API_Send_Packet(lcid, mediaType, hex(packet), packet.length / 2, 0);
      await client.until(lcid, E_SV_EVENT_TYPE[event]);
      SVPush_API_Send_Packet(lcid, AAC, hex(adts), adts.length / 2, 0);
      SVPush_API_Close(lcid);
      const number = code === undefined ? 0 : ErrorCode[code];
      expect(await client.toItsEnd(lcid)).toEqual([
        [SUCCESS, 0],
        [E_SV_EVENT_TYPE[event], number],
        [CLOSE, 0],
      ]);
      expect(receiver.stream('a').messages.some(({ type }) => type === 8)).toBe(true);
    });
  }

  test('raises RTMP_INVALID_PARAMETER when a packet’s time steps back, and sends it', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    for (const time of [1000, 960]) SVPush_API_Send_Packet(lcid, AAC, hex(adts), adts.length / 2, time);
    SVPush_API_Close(lcid);
    expect((await client.toItsEnd(lcid)).filter(([type]) => type !== SUCCESS)).toEqual([
      failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK'),
      [CLOSE, 0],
    ]);
    const sounds = receiver
      .stream('a')
      .messages.filter(({ type, payload }) => type === 8 && payload[1] === 1);
    expect(sounds.map(({ timestamp }) => timestamp)).toEqual([0, 1]);
  });

  type Arguments = [type: number, data: Uint8Array, size: number, time: number];
  const refused: [string, Arguments][] = [
    ['an unknown media type', [E_SV_MEDIA_TYPE.UNKNOW, hex(adts), 9, 0]],
    ['no data', [AAC, null as unknown as Uint8Array, 9, 0]],
    ['a size of 0', [AAC, hex(adts), 0, 0]],
    ['a size past the data', [AAC, hex(adts), 10, 0]],
    ['a time that is none', [AAC, hex(adts), 9, Number.NaN]],
  ];
  for (const [what, packet] of refused) {
    test(`raises RTMP_INVALID_PARAMETER for ${what}, after the function has returned -1`, async () => {
      await using receiver = await RecordingReceiver.listen();
      await using client = CompatClient.initialize();
      const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
      await client.until(lcid, SUCCESS);
      expect(SVPush_API_Send_Packet(lcid, ...packet)).toBe(-1);
      expect(client.of(lcid)).toEqual([[SUCCESS, 0]]);
      await client.until(lcid, E_SV_EVENT_TYPE.RTMP_INVALID_PARAMETER);
      expect(client.of(lcid)[1]).toEqual(
        failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_INVALID_PARAMETER'),
      );
    });
  }

  test('raises RTMP_INVALID_PARAMETER for a packet that is larger than the pool could hold', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize({ poolSize: 1024 * 1024 });
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    const size = 2 * 1024 * 1024;
    expect(SVPush_API_Send_Packet(lcid, H264, Buffer.alloc(size, 1), size, 0)).toBe(-1);
    await client.until(lcid, E_SV_EVENT_TYPE.RTMP_INVALID_PARAMETER);
    expect(client.of(lcid)).toContainEqual(
      failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_PACKET_TOO_LARGE'),
    );
  });

  const { STREAM_START, STREAM_END, VIDEO_ENCRYPT, STREAM_BITRATE, TIGGER_TYPE_CHANGE } = E_SV_METADATA_TYPE;
  const badMetadata: [string, number, ...(number | string | bigint | null)[]][] = [
    ['an unknown type', E_SV_METADATA_TYPE.NONE, 0, 0],
    ['an unknown trigger', STREAM_START, 106, 0],
    ['a trigger that is a text', STREAM_START, 'face', 0],
    ['a time that is none', STREAM_END, 0, null],
    ['a negative bit rate', STREAM_BITRATE, -1, 0],
    ['an unknown trigger after', TIGGER_TYPE_CHANGE, 2, -2],
    ['an unknown encryption mode', VIDEO_ENCRYPT, 3, 'key'],
    ['a key that is a number', VIDEO_ENCRYPT, E_SV_MEDIA_ENCRYPT.ALL_FRAME, 5],
    ['encryption without a key', VIDEO_ENCRYPT, E_SV_MEDIA_ENCRYPT.ALL_FRAME, null],
  ];
  for (const [what, ...metadata] of badMetadata) {
    test(`raises RTMP_INVALID_PARAMETER for metadata with ${what}`, async () => {
      await using receiver = await RecordingReceiver.listen();
      await using client = CompatClient.initialize();
      const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
      expect(SVPush_API_Send_Metadata(lcid, ...(metadata as [number]))).toBe(-1);
      SVPush_API_Close(lcid);
      expect((await client.toItsEnd(lcid))[0]).toEqual(
        failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_INVALID_PARAMETER'),
      );
    });
  }

  test('tells each parameter that is wrong, though the error has the same number', async () => {
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect('rtmp://127.0.0.1:1/live/a', null, client.callback);
    const picture = hex(idr);
    for (let i = 0; i < 3; i++) {
      expect(SVPush_API_Send_Packet(lcid, H264, picture, 0, 0)).toBe(-1);
      expect(SVPush_API_Send_Packet(lcid, 9, picture, picture.length, 0)).toBe(-1);
      expect(SVPush_API_Send_Packet(lcid, H264, picture, picture.length, Number.NaN)).toBe(-1);
      expect(SVPush_API_Send_Metadata(lcid, STREAM_START, 106, 0)).toBe(-1);
    }
    SVPush_API_Close(lcid);
    const told = failure('RTMP_INVALID_PARAMETER', 'ERR_CLOUDPUSH_INVALID_PARAMETER');
    expect(await client.toItsEnd(lcid)).toEqual([told, told, told, told, [CLOSE, 0]]);
  });

  test('raises the same error once a second at most, whether the engine finds it or the function', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = SVPush_API_Connect(receiver.url('a'), null, client.callback);
    await client.until(lcid, SUCCESS);
    const began = performance.now();
    for (let i = 0; i < 500; i++) {
      SVPush_API_Send_Packet(lcid, H264, hex(idr), idr.length / 2, i);
      SVPush_API_Send_Packet(lcid, H264, hex(idr), 0, i);
    }
    SVPush_API_Close(lcid);
    const events = await client.toItsEnd(lcid);
    const most = 2 * (1 + Math.ceil((performance.now() - began) / 1000));
    const errors = events.filter(([type]) => type !== SUCCESS && type !== CLOSE);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    expect(errors.length).toBeLessThanOrEqual(most);
  });
});
