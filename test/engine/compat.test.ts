// The functions of the compatibility door: what they return, and what arrives at the server.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as compat from '@cloudpush/engine/compat';
import { Mp3Splitter } from '@cloudpush/muxer';
import { decodeAmf0, MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { fixture } from '../support/media.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { cameraPackets } from './camera.js';
import { CompatClient } from './compat-client.js';
import { expectWhole, samples } from './expectations.js';
import { hevcPacket } from './hevc.js';
import { RecordingReceiver } from './recording-receiver.js';
import { FaultyTokenServer } from './token-faults.js';

const { H264, H265, MP3, AAC, PRI_DATA } = compat.E_SV_MEDIA_TYPE;
const { RTMP_CONNECT_SUCCESS: SUCCESS, RTMP_CONNECT_CLOSE: CLOSE } = compat.E_SV_EVENT_TYPE;
const packets = cameraPackets();
const MIB = 1024 * 1024;

// A test that fails waits for its connections to close.
vi.setConfig({ testTimeout: 90_000 });

/** The functions under one prefix. */
function functionsOf(prefix: string): Record<string, (...given: unknown[]) => number> {
  const named = Object.entries(compat).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    named.map(([name, value]) => [name.slice(prefix.length), value as (...given: unknown[]) => number]),
  );
}

function sendPicture(lcid: number, time = 0, data = packets[0]!.data): number {
  return compat.SVPush_API_Send_Packet(lcid, H264, data, data.length, time);
}

describe('the names', () => {
  test('are the same under both prefixes, and each spelling is the same function', () => {
    const functions = functionsOf('SVCloudPush_API_');
    expect(functionsOf('SVPush_API_')).toEqual(functions);
    expect(Object.keys(functions).sort()).toEqual([
      'Close',
      'Connect',
      'Connect_By_DeviceSN',
      'Connect_By_Device_Token',
      'Init_log',
      'Initialize',
      'Is_Connect',
      'Live_Connect',
      'Send_Metadata',
      'Send_Packet',
      'Set_Token_Serve_Interface',
      'Set_Token_Server_Interface',
      'UnInitialize',
      'Uninitialize',
      'Version',
    ]);
    expect(functions['UnInitialize']).toBe(functions['Uninitialize']);
    expect(functions['Set_Token_Serve_Interface']).toBe(functions['Set_Token_Server_Interface']);
  });
});

describe('before Initialize and after Uninitialize', () => {
  const calls: [string, () => number, number][] = [
    ['Uninitialize', () => compat.SVPush_API_Uninitialize(), -1],
    ['Init_log', () => compat.SVPush_API_Init_log(3, 1, null), -1],
    ['Set_Token_Server_Interface', () => compat.SVPush_API_Set_Token_Server_Interface('http://a/'), -1],
    ['Connect', () => compat.SVPush_API_Connect('rtmp://127.0.0.1/live/a', null, null), -1],
    ['Connect_By_DeviceSN', () => compat.SVPush_API_Connect_By_DeviceSN(null, null, 'SN', null), -1],
    ['Connect_By_Device_Token', () => compat.SVPush_API_Connect_By_Device_Token('token', null), -1],
    ['Live_Connect', () => compat.SVPush_API_Live_Connect('http://a/', 'SN', null), -1],
    ['Send_Packet', () => sendPicture(1), -1],
    ['Send_Metadata', () => compat.SVPush_API_Send_Metadata(1, 0, 2, 0), -1],
    ['Is_Connect', () => compat.SVPush_API_Is_Connect(1), 0],
    ['Close', () => compat.SVPush_API_Close(1), -1],
  ];
  for (const [name, call, returned] of calls) {
    test(`${name} returns ${returned}`, async () => {
      expect(call()).toBe(returned);
      await using _ = CompatClient.initialize({ poolSize: 65_536, maxConnections: 1 });
      compat.SVPush_API_Uninitialize();
      expect(call()).toBe(returned);
    });
  }
});

describe('Initialize', () => {
  test('returns -1 the second time, and 0 again right after Uninitialize', async () => {
    for (let round = 0; round < 3; round++) {
      expect(compat.SVPush_API_Initialize(MIB, 2)).toBe(0);
      expect(compat.SVPush_API_Initialize(MIB, 2)).toBe(-1);
      expect(compat.SVPush_API_Uninitialize()).toBe(0);
      expect(compat.SVPush_API_Uninitialize()).toBe(-1);
    }
    await compat.uninitialized();
  });

  test('returns -1 for a pool or a number of connections that cannot be, with a warning that says why', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const [pool, connections] of [
      [0, 20],
      [-1, 20],
      [2 ** 40, 20],
      [MIB, 0],
      [MIB, 65_536],
      [Number.NaN, 20],
    ]) {
      expect(compat.SVPush_API_Initialize(pool!, connections!)).toBe(-1);
    }
    expect(warned).toHaveBeenCalledTimes(6);
    expect(String(warned.mock.calls[0]?.[0])).toContain('poolSize is 0; permitted');
    warned.mockRestore();
    await using _ = CompatClient.initialize();
  });
});

describe('a connection', () => {
  test('carries what is sent before it is up, in order, bit for bit, and ends whole', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, client.callback);
    expect(compat.SVPush_API_Is_Connect(lcid)).toBe(0);
    for (const { kind, data, pts } of packets) {
      const type = kind === 'video' ? H264 : AAC;
      expect(compat.SVPush_API_Send_Packet(lcid, type, data, data.length, Math.round(pts))).toBe(0);
    }
    await client.until(lcid, SUCCESS);
    expect(compat.SVPush_API_Is_Connect(lcid)).toBe(1);
    expect(compat.SVPush_API_Close(lcid)).toBe(0);
    expect(compat.SVPush_API_Is_Connect(lcid)).toBe(0);
    expect(compat.SVPush_API_Close(lcid)).toBe(-1);
    expect(sendPicture(lcid, 10_000)).toBe(-1);
    await client.toItsEnd(lcid);
    expectWhole(receiver.stream('a'), packets);
    expect(receiver.stream('a').ended).toBe('cleanly');
  });

  test('has an id of its own that is never used again; as many as permitted may be open', async () => {
    await using receiver = await RecordingReceiver.listen();
    const ids: number[] = [];
    for (let round = 0; round < 2; round++) {
      await using client = CompatClient.initialize({ maxConnections: 2 });
      const open = (name: string): number =>
        compat.SVPush_API_Connect(receiver.url(name), null, client.callback);
      ids.push(open('a'), open('b'));
      expect(open('c')).toBe(-1);
      const closed = ids.at(-2)!;
      compat.SVPush_API_Close(closed);
      await client.toItsEnd(closed);
      const next = await waitFor('a free place', 60_000, () => {
        const id = open('d');
        return id > 0 ? id : undefined;
      });
      ids.push(next);
    }
    expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true);
    expect(new Set(ids).size).toBe(6);
  });

  test('gets its end from Uninitialize: what was accepted arrives, and CONNECT_CLOSE comes last', async () => {
    await using receiver = await RecordingReceiver.listen();
    const client = CompatClient.initialize();
    const ids = ['a', 'b'].map((name) =>
      compat.SVPush_API_Connect(receiver.url(name), null, client.callback),
    );
    for (const lcid of ids) expect(sendPicture(lcid)).toBe(0);
    expect(compat.SVPush_API_UnInitialize()).toBe(0);
    for (const lcid of ids) {
      expect(sendPicture(lcid)).toBe(-1);
      expect(compat.SVPush_API_Is_Connect(lcid)).toBe(0);
    }
    await compat.uninitialized();
    for (const lcid of ids) {
      expect(client.of(lcid)).toEqual([
        [SUCCESS, 0],
        [CLOSE, 0],
      ]);
    }
    for (const name of ['a', 'b']) expect(samples(receiver.stream(name), MessageType.video)).toHaveLength(1);
  });

  test('needs no callback, and takes nothing else in its place', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using _ = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, null);
    await waitFor('the connection', 60_000, () => compat.SVPush_API_Is_Connect(lcid) === 1 || undefined);
    const wrong = 'callback' as unknown as null;
    expect(compat.SVPush_API_Connect(receiver.url('b'), null, wrong)).toBe(-1);
    expect(compat.SVPush_API_Connect(null as unknown as string, null, null)).toBe(-1);
    expect(compat.SVPush_API_Connect_By_Device_Token(5 as unknown as string, null)).toBe(-1);
    expect(compat.SVPush_API_Is_Connect(lcid)).toBe(1);
  });

  test('goes on when its callback throws, at once or later; the log has it', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using temp = await TempFolder.create();
    const client = CompatClient.initialize();
    expect(compat.SVPush_API_Init_log(5, 2, temp.path)).toBe(0);
    const throwing = compat.SVPush_API_Connect(receiver.url('a'), null, (...event) => {
      client.callback(...event);
      throw new Error('out of the callback');
    });
    const rejecting = compat.SVPush_API_Connect(receiver.url('b'), null, async (...event) => {
      client.callback(...event);
      throw new Error('out of the promise');
    });
    for (const lcid of [throwing, rejecting]) {
      await client.until(lcid, SUCCESS);
      expect(sendPicture(lcid)).toBe(0);
    }
    await client[Symbol.asyncDispose]();
    const log = readFileSync(temp.file('cloudpush.1.log'), 'utf8');
    expect(log.match(/out of the callback/g)?.length).toBeGreaterThanOrEqual(2);
    expect(log).toContain('out of the promise');
  });
});

describe('Send_Packet', () => {
  test('takes no more of the data than the size says', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, client.callback);
    const { data } = packets[0]!;
    const larger = Buffer.concat([data, Buffer.alloc(1000, 0xff)]);
    expect(compat.SVPush_API_Send_Packet(lcid, H264, larger, data.length, 0)).toBe(0);
    compat.SVPush_API_Close(lcid);
    await client.toItsEnd(lcid);
    expectWhole(receiver.stream('a'), [packets[0]!]);
  });

  test('lets times wrap at 2^32 ms, and takes the lower 32 bits of larger ones', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, client.callback);
    const times = [2 ** 32 - 40, 0, 40n, 2 ** 32 + 80, 2n ** 40n + 120n, -(2 ** 32) + 160];
    for (const time of times) {
      const { data } = packets[0]!;
      expect(compat.SVPush_API_Send_Packet(lcid, H264, data, data.length, time)).toBe(0);
    }
    compat.SVPush_API_Close(lcid);
    await client.toItsEnd(lcid);
    const stamps = samples(receiver.stream('a'), MessageType.video).map(({ timestamp }) => timestamp);
    expect(stamps).toEqual([0, 40, 80, 120, 160, 200]);
  });

  test('carries H.265, MP3 and private data', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize({ connection: { hevc: 'legacy' } });
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, client.callback);
    const [frame] = new Mp3Splitter().push(readFileSync(fixture('stereo-44k.mp3')));
    const sent: [number, Uint8Array][] = [
      [H265, hevcPacket],
      [MP3, frame!.data],
      [PRI_DATA, Buffer.from('private')],
    ];
    for (const [type, data] of sent)
      expect(compat.SVPush_API_Send_Packet(lcid, type, data, data.length, 0)).toBe(0);
    compat.SVPush_API_Close(lcid);
    await client.toItsEnd(lcid);
    const { messages } = receiver.stream('a');
    const bodies = (type: number): Uint8Array[] =>
      messages.filter((message) => message.type === type).map(({ payload }) => payload);
    // Codec id 12, a sequence header and a picture (FLV E.4.3.1); sound format 2 (E.4.2.1).
    expect(bodies(MessageType.video).map((body) => [body[0]! & 15, body[1]])).toEqual([
      [12, 0],
      [12, 1],
    ]);
    expect(bodies(MessageType.audio).map((body) => body[0]! >> 4)).toEqual([2]);
    const data = bodies(MessageType.dataAmf0).map((body) => decodeAmf0(body));
    expect(data).toContainEqual(['onPrivateData', Buffer.from('private').toString('base64')]);
  });

  test('passes packets on as they are that the caller has encrypted, and says key frame as it is told', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, client.callback);
    const pictures = packets.filter(({ kind }) => kind === 'video').slice(0, 3);
    for (const [i, { data, pts }] of pictures.entries()) {
      const returned = compat.SVPush_API_Send_Packet(lcid, H264, data, data.length, pts, i === 0 ? 1 : 0, 1);
      expect(returned).toBe(0);
    }
    compat.SVPush_API_Close(lcid);
    await client.toItsEnd(lcid);
    expectWhole(receiver.stream('a'), pictures);
    const told = receiver.stream('a').messages.filter(({ type }) => type === MessageType.dataAmf0);
    const encryption = told
      .map(({ payload }) => decodeAmf0(payload))
      .find(([name]) => name === 'onEncryption');
    expect(encryption?.[1]).toMatchObject({ scheme: 'caller' });
  });
});

describe('Send_Metadata', () => {
  const { STREAM_START, STREAM_BITRATE, STREAM_DROP_FRAMES, STREAM_DISCONNECT, TIGGER_TYPE_CHANGE } =
    compat.E_SV_METADATA_TYPE;

  test('tells the server, in order with the media; 64-bit times may be numbers or bigints', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), null, client.callback);
    const time = 1_700_000_000_123;
    const sent: [number, number, (number | bigint)?][] = [
      [STREAM_START, compat.E_IPC_TIGGER_TYPE_FACE, BigInt(time)],
      [STREAM_BITRATE, 64_000, 4_000_000],
      [STREAM_DROP_FRAMES, 1, 2],
      [STREAM_DISCONNECT, -5],
      [TIGGER_TYPE_CHANGE, compat.E_IPC_TIGGER_TYPE_FACE, compat.E_IPC_TIGGER_TYPE_LIVE],
    ];
    sendPicture(lcid);
    for (const metadata of sent) expect(compat.SVPush_API_Send_Metadata(lcid, ...metadata)).toBe(0);
    compat.SVPush_API_Close(lcid);
    await client.toItsEnd(lcid);
    const told = receiver
      .stream('a')
      .messages.filter(({ type }) => type === MessageType.dataAmf0)
      .map(({ payload }) => decodeAmf0(payload))
      .filter(([name]) => name !== '@setDataFrame');
    expect(told).toMatchObject([
      ['onStreamStart', { trigger: 2, time }],
      ['onBitrate', { audio: 64_000, video: 4_000_000 }],
      ['onDropFrames', { audio: 1, video: 2 }],
      ['onDisconnect', { code: -5 }],
      ['onTriggerChange', { from: 2, to: 100 }],
    ]);
  });
});

describe('targets', () => {
  test('a token is shown to the server, in the query of the stream’s name', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    const lcid = compat.SVPush_API_Connect(receiver.url('a'), 'S3CRET', client.callback);
    await client.until(lcid, SUCCESS);
    expect(receiver.stream('a').query).toContain('token=S3CRET');
  });

  test('come from the token server, by serial number, by device token, and live', async () => {
    await using receiver = await RecordingReceiver.listen();
    const url = receiver.url('$streamname/$time').replace('/live/', '/$appname/');
    const clients = new Map([['me', 'hush']]);
    await using server = await FaultyTokenServer.listen({ url, clients });
    await using client = CompatClient.initialize();
    expect(compat.SVPush_API_Set_Token_Serve_Interface(server.url)).toBe(0);
    const byNumber = compat.SVPush_API_Connect_By_DeviceSN('me', 'hush', 'SN-1', client.callback);
    await client.until(byNumber, SUCCESS);
    const live = compat.SVPush_API_Live_Connect(server.liveUrl, 'SN-2', client.callback);
    await client.until(live, SUCCESS);
    const names = receiver.all.map(({ name }) => name.replace(/\d{13}$/, 'TIME'));
    expect(names).toEqual(['SN-1/TIME', 'SN-2/TIME']);
    for (const { query } of receiver.all) expect(query).toContain('token=');
  });

  test('come from another token server from the moment on that it is named', async () => {
    await using receiver = await RecordingReceiver.listen();
    await using client = CompatClient.initialize();
    for (const name of ['first', 'second']) {
      await using server = await FaultyTokenServer.listen({ url: receiver.url(name) });
      expect(compat.SVPush_API_Set_Token_Server_Interface(server.url)).toBe(0);
      const lcid = compat.SVPush_API_Connect_By_DeviceSN(null, null, 'SN-1', client.callback);
      await client.until(lcid, SUCCESS);
      expect(receiver.stream(name)).toBeDefined();
    }
  });

  test('cannot come from what is no HTTP server', async () => {
    await using _ = CompatClient.initialize();
    for (const url of ['rtmp://a/b', 'nonsense', '', null as unknown as string])
      expect(compat.SVPush_API_Set_Token_Server_Interface(url)).toBe(-1);
  });
});

describe('Init_log', () => {
  test.runIf(process.platform === 'linux')(
    'returns -1 for folders that nobody can make, and the caller goes on',
    () => {
      // In a process of its own: one that never came back could not be ended otherwise.
      const program = `
        import * as sv from '@cloudpush/engine/compat';
        sv.SVPush_API_Initialize(65536, 1);
        const results = ['/proc/nope', '/proc/nope/deeper/still', '/dev/null/x'].map(
          (folder) => sv.SVPush_API_Init_log(3, 2, folder),
        );
        console.log(JSON.stringify(results));
        sv.SVPush_API_Uninitialize();`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 50_000 });
      expect(run.stdout.toString()).toBe('[-1,-1,-1]\n');
      expect(run.status).toBe(0);
    },
  );

  test('returns -1 for what cannot be, and leaves the log as it is', async () => {
    await using temp = await TempFolder.create();
    const file = await temp.write('file', Buffer.from('x'));
    const client = CompatClient.initialize();
    expect(compat.SVPush_API_Init_log(2, 2, temp.file('log'))).toBe(0);
    expect(compat.SVPush_API_Init_log(0, 2, temp.path)).toBe(-1);
    expect(compat.SVPush_API_Init_log(7, 2, temp.path)).toBe(-1);
    expect(compat.SVPush_API_Init_log(3, 4, temp.path)).toBe(-1);
    expect(compat.SVPush_API_Init_log(3, 2, null)).toBe(-1);
    expect(compat.SVPush_API_Init_log(3, 2, `${file}/log`)).toBe(-1);
    await client[Symbol.asyncDispose]();
    const lines = readFileSync(temp.file('log/cloudpush.1.log'), 'utf8').trim().split('\n');
    expect(lines.filter((line) => line.includes('Init_log failed'))).toHaveLength(5);
    expect(lines.at(-1)).toContain('engine closed');
  });

  const levels: [number, boolean, boolean][] = [
    [compat.E_LOG_LEVEL_VERB, true, true],
    [compat.E_LOG_LEVEL_INFO, true, true],
    [compat.E_LOG_LEVEL_MAIN, true, true],
    [compat.E_LOG_LEVEL_WARN, false, true],
    [compat.E_LOG_LEVEL_ERROR, false, true],
    [compat.E_LOG_LEVEL_DISABLE, false, false],
  ];
  for (const [level, milestones, failures] of levels) {
    test(`level ${level} has milestones: ${milestones}, failures: ${failures}; no secret ever`, async () => {
      await using temp = await TempFolder.create();
      const client = CompatClient.initialize();
      compat.SVPush_API_Init_log(level, compat.SV_LOG_OUTPUT_MODE_FILE, temp.path);
      const lcid = compat.SVPush_API_Connect('rtmp://me:S3CRET@127.0.0.1:1/a/b', 'S3CRET', client.callback);
      await client.toItsEnd(lcid);
      await client[Symbol.asyncDispose]();
      const log = readFileSync(temp.file('cloudpush.1.log'), 'utf8');
      expect(log.includes('engine closed')).toBe(milestones);
      expect(log.includes('ERR_CLOUDPUSH_SOCKET_CONNECT')).toBe(failures);
      const about = `"label":"lcid ${lcid}","destination":1,"host":"127.0.0.1","stream":"a/b"`;
      expect(log.includes(about)).toBe(failures);
      expect(log).not.toContain('S3CRET');
    });
  }
});
